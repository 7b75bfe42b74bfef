"""Cuts a file's text into documents, each of which is read by itself.

A line that starts with ``---`` or ``...`` ends a document wherever it stands,
even inside quotes and block scalars (YAML 1.2, 9.1.2), so cutting there before
parsing is exact, and a broken document cannot take its neighbours down.
"""

from __future__ import annotations

import bisect
import functools
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from penstock.model import Position

_MARKER = re.compile(r"^(?:---|\.\.\.)(?=[ \t\n]|\Z)", re.MULTILINE)
_LINE_END = re.compile("\n")
_DIRECTIVES = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n|%[^\n]*\n)*")


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file; its text starts at the start of a line."""

    file: str
    text: str = field(repr=False)
    first_line: int
    """Counted from one."""

    def position(self, index: int) -> Position:
        """Line and column, in the file, of a character of the document."""
        starts = _line_starts(self.text)
        line = bisect.bisect_right(starts, index) - 1
        return Position(self.first_line + line, index - starts[line] + 1)


@functools.lru_cache(maxsize=8)
def _line_starts(text: str) -> array[int]:
    """Where the lines of a text start; thousands of findings may point into one document."""
    return array("Q", [0, *(found.end() for found in _LINE_END.finditer(text))])


def normalise(text: str) -> str:
    """Line ends as ``\\n``, and no byte order marks at the start of lines."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\ufeff" in text:
        text = text.removeprefix("\ufeff").replace("\n\ufeff", "\n")
    return text


def split(text: str) -> Iterator[tuple[int, str]]:
    """The documents of a normalised text, with their first lines; blank ones may be among them."""
    line, counted = 1, 0
    for start, end in _spans(text):
        line += text.count("\n", counted, start)
        counted = start
        yield line, text[start:end]


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for marker in _MARKER.finditer(text):
        if marker.group() == "...":
            yield start, marker.start()
            start = text.find("\n", marker.start()) + 1 or len(text)
        elif not _only_directives(text, start, marker.start()):
            yield start, marker.start()
            start = marker.start()
    yield start, len(text)


def _only_directives(text: str, start: int, end: int) -> bool:
    """Whether a piece holds nothing but directives (and comments), which belong to the next."""
    if text.startswith("---", start):
        return False
    return text.find("%", start, end) >= 0 and bool(_DIRECTIVES.fullmatch(text, start, end))
