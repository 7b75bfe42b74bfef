"""Explains YAML errors of lines: tabs, indentation, colons, dashes."""

from __future__ import annotations

import re

from penstock.objects import codes
from penstock.objects.yaml.place import Place
from penstock.objects.yaml.problem import BadYamlError


def tab(place: Place) -> BadYamlError | None:
    """A tab in the indentation, or as a value."""
    for index in (place.index, place.context_index):
        line = place.line_at(index)
        lead = line[: len(line) - len(line.lstrip())]
        if "\t" in lead:
            return BadYamlError(
                codes.TAB,
                place.line_start(index) + lead.index("\t"),
                "This line is indented with a tab; YAML allows only spaces there.",
                "Replace the tab by spaces, as many as the neighbouring lines have.",
            )
    if place.character == "\t":
        return BadYamlError(
            codes.TAB, place.index, "A tab cannot begin a value.", "Replace the tab by a space."
        )
    return None


_KEY_VALUE_GLUED = re.compile(r"^[ -]*[A-Za-z][\w./-]*:[^\s/]")


def missing_colon(place: Place) -> BadYamlError | None:
    """A line without a colon, or without a space behind it."""
    if "could not find expected ':'" not in place.problem:
        return None
    line = place.line_at(place.context_index)
    if _KEY_VALUE_GLUED.match(line):
        message = "There is no space after the colon, so this line has no key."
        return BadYamlError(
            codes.SYNTAX, place.context_index, message, "Put a space after the colon."
        )
    return BadYamlError(
        codes.SYNTAX,
        place.context_index,
        "This line should be a key with a value, but it has no colon.",
        "Write it as `key: value`, or indent it if it continues the line above.",
    )


def two_colons(place: Place) -> BadYamlError | None:
    """Two colons on a line, or a line that is too deep."""
    if "mapping values are not allowed" not in place.problem:
        return None
    before = place.before
    if re.search(r":(\s|$)", before) or re.match(r"^[ ]*-?[ ]*[\"']", before):
        return BadYamlError(
            codes.SYNTAX,
            place.index,
            "A second `: ` on this line: an unquoted value cannot hold a colon and a space.",
            "Put the value in quotes, or the inner key on a line of its own.",
        )
    return _deeper(place)


def _deeper(place: Place) -> BadYamlError:
    start = place.first_of_line(place.index)
    above = _line_above(place, start)
    if ":" not in above:
        return BadYamlError(
            codes.SYNTAX,
            place.first_of_line(place.line_start(start) - 1) if start else start,
            "This line should be a key with a value, but it has no colon.",
            "Write it as `key: value`.",
        )
    return BadYamlError(
        codes.INDENTATION,
        start,
        "This line is indented deeper than the line above it, which already has a value and so "
        "cannot hold more keys.",
        "Give it the same indentation as the key it stands beside.",
    )


def _line_above(place: Place, start: int) -> str:
    lines = place.text[: place.line_start(start)].split("\n")
    filled = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return filled[-1] if filled else ""


def dash_on_line(place: Place) -> BadYamlError | None:
    """A dash behind a colon."""
    if "block sequence entries are not allowed" not in place.problem:
        return None
    return BadYamlError(
        codes.SYNTAX,
        place.index,
        "A list item cannot start on the same line as its key.",
        "Put the `- ` on the next line, or write the list in brackets: [a, b].",
    )


def indentation(place: Place) -> BadYamlError | None:
    """A line whose indentation fits nowhere."""
    if "block" not in place.context or "did not find expected" not in place.problem:
        return None
    start = place.first_of_line(place.index)
    line = place.line_at(start).lstrip()
    own = start - place.line_start(start)
    if start < place.index and not line.startswith("-"):
        return None
    open_at = sorted(_open_indents(place.text[: place.line_start(start)]))
    if own in open_at:
        return _mixed(start, line)
    fits = " or ".join(str(indent) for indent in open_at) or "0"
    return BadYamlError(
        codes.INDENTATION,
        start,
        f"This line is indented by {_spaces(own)}, which fits none of the lines above it ({fits}).",
        "Give it the same indentation as the lines it belongs with.",
    )


def _mixed(start: int, line: str) -> BadYamlError:
    if line.startswith("-"):
        message = "A list item stands where a key was expected."
        hint = "Indent it under the key whose list it belongs to, or remove the dash."
    else:
        message = "A key stands where another item of the list was expected."
        hint = "Start it with `- ` if it is an item, or give it the indentation of the key above."
    return BadYamlError(codes.INDENTATION, start, message, hint)


def _spaces(count: int) -> str:
    return "1 space" if count == 1 else f"{count} spaces"


def _open_indents(text: str) -> set[int]:
    """Columns at which blocks are still open at the end of a text."""
    indents: list[int] = []
    for line in text.split("\n"):
        content = line.lstrip(" ")
        if not content or content.startswith(("#", "---")):
            continue
        own = len(line) - len(content)
        indents = [indent for indent in indents if indent < own]
        indents.append(own)
        while content.startswith("- "):
            inner = content[1:].lstrip(" ")
            own += len(content) - len(inner)
            content = inner
            indents.append(own)
    return set(indents)
