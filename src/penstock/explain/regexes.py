"""Regular expressions as the proxy has them: RE2 that reads bytes as Latin-1, compiled once.

A pattern reaches the proxy in UTF-8; text stands for bytes as in `Request`.
"""

from __future__ import annotations

import functools
from typing import Final

import re2

_OPTIONS: Final = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.encoding = re2.Options.Encoding.LATIN1


class Regex:
    """One compiled expression."""

    __slots__ = ("_compiled",)

    def __init__(self, pattern: bytes) -> None:
        self._compiled = re2.compile(pattern, _OPTIONS)

    def groups(self, text: str) -> tuple[str, ...] | None:
        """The whole text and its groups (empty where not taken); None if it does not match."""
        return _texts(self._compiled.fullmatch(_bytes(text)))

    def matches(self, text: str) -> bool:
        """Whether it matches the whole text."""
        return self._compiled.fullmatch(_bytes(text)) is not None

    def beginning(self, text: str) -> str | None:
        """What it matches at the beginning of the text."""
        found = _texts(self._compiled.match(_bytes(text)))
        return None if found is None else found[0]


@functools.lru_cache(maxsize=4096)
def compiled(pattern: str) -> Regex | None:
    """RE2 as Envoy compiles it; None if it cannot."""
    try:
        return Regex(pattern.encode())
    except (re2.error, UnicodeError):
        return None


def _bytes(text: str) -> bytes:
    """Characters that no byte stands for come from URLs of tests only."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode(errors="replace")


def _texts(match: re2._Match | None) -> tuple[str, ...] | None:
    if match is None:
        return None
    groups = (match.group(), *match.groups())
    return tuple((group or b"").decode("latin-1") for group in groups)
