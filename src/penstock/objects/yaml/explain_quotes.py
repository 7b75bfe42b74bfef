"""Explains YAML errors around quotes."""

from __future__ import annotations

import re

from penstock.objects import codes
from penstock.objects.yaml.place import Place
from penstock.objects.yaml.problem import BadYamlError


def never_closed(place: Place) -> BadYamlError | None:
    """A quote that is open at the end of the text."""
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


def closed_too_late(place: Place) -> BadYamlError | None:
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


def after_quote(place: Place) -> BadYamlError | None:
    """Text behind a closing quote."""
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


def escape(place: Place) -> BadYamlError | None:
    """A backslash escape that does not exist."""
    if "quoted scalar" not in place.context:
        return None
    return BadYamlError(
        codes.SYNTAX,
        place.index,
        "A backslash in double quotes starts an escape, and this one does not exist.",
        "Use single quotes, in which a backslash is just a backslash, or write it twice.",
    )
