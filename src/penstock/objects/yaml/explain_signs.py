"""Explains YAML errors of characters that mean something: * & @ [ { | ! %."""

from __future__ import annotations

import re

from penstock.objects import codes
from penstock.objects.yaml.place import Place
from penstock.objects.yaml.problem import BadYamlError


def star_or_ampersand(place: Place) -> BadYamlError | None:
    """An unquoted * or & that was meant as text."""
    if "alias" not in place.context and "anchor" not in place.context:
        return None
    sign = place.text[place.context_index : place.context_index + 1]
    meaning = "a reference to an anchor" if sign == "*" else "an anchor"
    return BadYamlError(
        codes.SYNTAX,
        place.context_index,
        f"An unquoted value that starts with {sign} is {meaning} in YAML, and what follows is no "
        "name for one.",
        f'If it is text, quote it, for example "{sign}.example.com".'
        if sign == "*"
        else "If it is text, quote it.",
    )


def undefined_alias(place: Place) -> BadYamlError | None:
    """An alias without an anchor."""
    if "undefined alias" not in place.problem:
        return None
    return BadYamlError(
        codes.UNDEFINED_ALIAS,
        place.index,
        "An unquoted value that starts with * refers to an anchor, and no anchor of this name "
        "is defined above it in this document.",
        "If it is text, quote it; if an anchor is meant, define it with & first.",
    )


def duplicate_anchor(place: Place) -> BadYamlError | None:
    """An anchor that is defined twice."""
    if "duplicate anchor" not in place.context:
        return None
    return BadYamlError(
        codes.SYNTAX,
        place.index,
        "This anchor's name is already taken in this document.",
        "Give every anchor a name of its own.",
    )


def forbidden_start(place: Place) -> BadYamlError | None:
    """A character that cannot start a value."""
    if "cannot start any token" not in place.problem:
        return None
    return BadYamlError(
        codes.SYNTAX,
        place.index,
        f"A value cannot start with {place.character} unless it is quoted.",
        "Put the value in quotes.",
    )


_CLOSING = {"[": "]", "{": "}"}


def bracket(place: Place) -> BadYamlError | None:
    """A bracket that is not closed, or a comma that is missing."""
    if "flow" not in place.context:
        return None
    if not place.text[place.index :].strip():
        return _unclosed_bracket(place.text)
    opening = "[" if "sequence" in place.context else "{"
    if "node" in place.context:
        return None
    closing = _CLOSING[opening]
    return BadYamlError(
        codes.SYNTAX,
        place.index,
        f"Inside {opening} {closing} a comma or the closing {closing} was expected here.",
        f"Separate the values by commas and close with {closing}; quote a value that holds "
        "one of , [ ] { }.",
    )


def _unclosed_bracket(text: str) -> BadYamlError:
    """The text ended inside brackets; the innermost one that is open is the likeliest."""
    open_at: list[int] = []
    for match in re.finditer(
        r""""(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|(?<!\S)\#[^\n]*|[\[\]{}]""", text
    ):
        if match.group() in "[{":
            open_at.append(match.start())
        elif match.group() in "]}" and open_at:
            open_at.pop()
    index = open_at[-1] if open_at else len(text.rstrip())
    opening = text[index] if open_at else "["
    return BadYamlError(
        codes.SYNTAX,
        index,
        f"The {opening} that opens here is never closed.",
        f"Add the closing {_CLOSING[opening]}; perhaps the file is cut off.",
    )


def stray(place: Place) -> BadYamlError | None:
    """A bracket or comma too many."""
    if "did not find expected node content" not in place.problem:
        return None
    return BadYamlError(
        codes.SYNTAX,
        place.index,
        f"A value cannot start with {place.character or 'nothing'} here.",
        "Quote the value if it is text; otherwise look for a bracket or comma too many.",
    )


def block_text(place: Place) -> BadYamlError | None:
    """Text behind | or >."""
    if "block scalar" not in place.context:
        return None
    return BadYamlError(
        codes.SYNTAX,
        place.index,
        "After | or > the line must end; the text starts on the next line.",
        "Put the text on the next line, indented, or quote the value.",
    )


def tag(place: Place) -> BadYamlError | None:
    """A tag that was meant as text."""
    if "tag" not in place.context and "tag" not in place.problem:
        return None
    return BadYamlError(
        codes.SYNTAX,
        place.context_index,
        "An unquoted value that starts with ! is a YAML tag, and this one is not valid.",
        "If it is text, quote it.",
    )


def directive(place: Place) -> BadYamlError | None:
    """A directive, or a second value in one document."""
    if "document" not in place.problem and "directive" not in place.context:
        return None
    if "incompatible" in place.problem or "directive" in place.problem + place.context:
        message = "This %YAML or %TAG directive is not understood."
        return BadYamlError(codes.SYNTAX, place.index, message, "Remove the line.")
    return BadYamlError(
        codes.SYNTAX,
        place.index,
        "The value above has ended, and something else follows in the same document.",
        "Separate documents by a line with ---, or indent what belongs to the value.",
    )
