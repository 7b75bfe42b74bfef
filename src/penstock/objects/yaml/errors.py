"""Says in plain words what libyaml found wrong: what, where, why, how to mend it.

libyaml's words are about its own state machine ("did not find expected key");
the text around the place tells far more, so each explanation looks at it.
Values are never quoted, because they may be secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import yaml

from penstock.objects import codes
from penstock.objects.yaml.problem import BadYamlError


class _Place:
    """Where libyaml stopped, and the lines around it."""

    def __init__(self, error: yaml.MarkedYAMLError, text: str) -> None:
        self.text = text
        self.problem = str(error.problem or "")
        self.context = str(error.context or "")
        mark, context_mark = error.problem_mark, error.context_mark
        self.index = min(mark.index if mark else 0, len(text))
        self.context_index = context_mark.index if context_mark else self.index

    def line_start(self, index: int) -> int:
        return self.text.rfind("\n", 0, index) + 1

    def line_at(self, index: int) -> str:
        start = self.line_start(index)
        end = self.text.find("\n", start)
        return self.text[start : end if end >= 0 else len(self.text)]

    def first_of_line(self, index: int) -> int:
        """The first character of a line that is no space."""
        line = self.line_at(index)
        return self.line_start(index) + len(line) - len(line.lstrip(" "))

    @property
    def before(self) -> str:
        """The text before the place, on its line."""
        return self.text[self.line_start(self.index) : self.index]

    @property
    def character(self) -> str:
        return self.text[self.index : self.index + 1]


_Explainer = Callable[[_Place], BadYamlError | None]


def explain(error: yaml.MarkedYAMLError, text: str) -> BadYamlError:
    """The problem behind an error of the parser."""
    place = _Place(error, text)
    for explainer in _EXPLAINERS:
        problem = explainer(place)
        if problem is not None:
            return problem
    return BadYamlError(
        codes.SYNTAX,
        place.index,
        f"This is not valid YAML: {place.problem or 'the parser gave up here'}.",
        "Compare this line and the one above it with a manifest that works.",
    )


def _tab(place: _Place) -> BadYamlError | None:
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


def _never_closed(place: _Place) -> BadYamlError | None:
    if "quoted scalar" not in place.context or "escape" in place.problem:
        return None
    if not place.problem.startswith("found unexpected"):
        return None
    return _unclosed(place.text, place.context_index)


def _unclosed(text: str, index: int) -> BadYamlError:
    quote = text[index]
    name = "double" if quote == '"' else "single"
    return BadYamlError(
        codes.UNCLOSED_QUOTE,
        index,
        f"The {name} quote ({quote}) that opens here is never closed on its line.",
        f"Add the closing {quote} at the value's end.",
    )


_OPENS_QUOTE = re.compile(r"""^[ ]*(?:-[ ]+)*(?:[^\s"'#:][^"'#:]*:[ ]+)?(["'])""")


def _closed_too_late(place: _Place) -> BadYamlError | None:
    """A quote without an end swallows lines up to the next quote; the error comes after that."""
    start = 0
    for line in place.text[: place.index].split("\n"):
        opening = _OPENS_QUOTE.match(line)
        if opening:
            index = start + opening.end() - 1
            end = _closing(place.text, index)
            on_this_line = end <= start + len(line)
            if not on_this_line and end <= place.index <= end + 2:
                return _unclosed(place.text, index)
        start += len(line) + 1
    return None


def _closing(text: str, index: int) -> int:
    """Just behind the quote that closes the one at `index`."""
    pattern = r'"(?:[^"\\]|\\.)*"' if text[index] == '"' else r"'(?:[^']|'')*'"
    match = re.compile(pattern, re.DOTALL).match(text, index)
    return match.end() if match else len(text) + 1


def _after_quote(place: _Place) -> BadYamlError | None:
    before = place.before.rstrip()
    if before[-1:] not in ('"', "'") or "did not find expected" not in place.problem:
        return None
    return BadYamlError(
        codes.SYNTAX,
        place.index,
        "There is text after the closing quote.",
        "Put the whole value between one pair of quotes; a quote inside it is written "
        "\\\" in double quotes and '' in single ones.",
    )


def _escape(place: _Place) -> BadYamlError | None:
    if "quoted scalar" not in place.context:
        return None
    return BadYamlError(
        codes.SYNTAX,
        place.index,
        "A backslash in double quotes starts an escape, and this one does not exist.",
        "Use single quotes, in which a backslash is just a backslash, or write it twice.",
    )


def _star_or_ampersand(place: _Place) -> BadYamlError | None:
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


def _undefined_alias(place: _Place) -> BadYamlError | None:
    if "undefined alias" not in place.problem:
        return None
    return BadYamlError(
        codes.UNDEFINED_ALIAS,
        place.index,
        "An unquoted value that starts with * refers to an anchor, and no anchor of this name "
        "is defined above it in this document.",
        "If it is text, quote it; if an anchor is meant, define it with & first.",
    )


def _duplicate_anchor(place: _Place) -> BadYamlError | None:
    if "duplicate anchor" not in place.context:
        return None
    return BadYamlError(
        codes.SYNTAX,
        place.index,
        "This anchor's name is already taken in this document.",
        "Give every anchor a name of its own.",
    )


def _forbidden_start(place: _Place) -> BadYamlError | None:
    if "cannot start any token" not in place.problem:
        return None
    return BadYamlError(
        codes.SYNTAX,
        place.index,
        f"A value cannot start with {place.character} unless it is quoted.",
        "Put the value in quotes.",
    )


_KEY_VALUE_GLUED = re.compile(r"^[ -]*[A-Za-z][\w./-]*:[^\s/]")


def _missing_colon(place: _Place) -> BadYamlError | None:
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


def _two_colons(place: _Place) -> BadYamlError | None:
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


def _deeper(place: _Place) -> BadYamlError:
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


def _line_above(place: _Place, start: int) -> str:
    lines = place.text[: place.line_start(start)].split("\n")
    filled = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return filled[-1] if filled else ""


def _dash_on_line(place: _Place) -> BadYamlError | None:
    if "block sequence entries are not allowed" not in place.problem:
        return None
    return BadYamlError(
        codes.SYNTAX,
        place.index,
        "A list item cannot start on the same line as its key.",
        "Put the `- ` on the next line, or write the list in brackets: [a, b].",
    )


_CLOSING = {"[": "]", "{": "}"}


def _bracket(place: _Place) -> BadYamlError | None:
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


def _stray(place: _Place) -> BadYamlError | None:
    if "did not find expected node content" not in place.problem:
        return None
    return BadYamlError(
        codes.SYNTAX,
        place.index,
        f"A value cannot start with {place.character or 'nothing'} here.",
        "Quote the value if it is text; otherwise look for a bracket or comma too many.",
    )


def _indentation(place: _Place) -> BadYamlError | None:
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


def _block_text(place: _Place) -> BadYamlError | None:
    if "block scalar" not in place.context:
        return None
    return BadYamlError(
        codes.SYNTAX,
        place.index,
        "After | or > the line must end; the text starts on the next line.",
        "Put the text on the next line, indented, or quote the value.",
    )


def _tag(place: _Place) -> BadYamlError | None:
    if "tag" not in place.context and "tag" not in place.problem:
        return None
    return BadYamlError(
        codes.SYNTAX,
        place.context_index,
        "An unquoted value that starts with ! is a YAML tag, and this one is not valid.",
        "If it is text, quote it.",
    )


def _directive(place: _Place) -> BadYamlError | None:
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


_EXPLAINERS: tuple[_Explainer, ...] = (
    _tab,
    _never_closed,
    _closed_too_late,
    _escape,
    _after_quote,
    _duplicate_anchor,
    _star_or_ampersand,
    _undefined_alias,
    _forbidden_start,
    _missing_colon,
    _two_colons,
    _dash_on_line,
    _bracket,
    _block_text,
    _stray,
    _indentation,
    _tag,
    _directive,
)
