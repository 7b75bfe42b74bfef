"""Near names among thousands, cheap enough to ask thousands of times.

For small vocabularies `penstock.objects.suggest` is better.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from penstock.objects.suggest import by_likeness

_BETWEEN: Final = re.compile(r"[-.]")
_COMMON: Final = 20
"""A part that more names than this share says nothing about which one is meant."""


class Speller:
    """Near names among many objects' names.

    Names one typing error away are found by comparing deletions, and names that share a part
    by that part, so a question costs the length of the word and not the number of names.
    """

    __slots__ = ("_names", "_parts", "_slips")

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(sorted(names))
        self._slips: dict[str, list[str]] | None = None
        self._parts: dict[str, list[str]] = {}

    def near(self, word: str, limit: int = 3) -> tuple[str, ...]:
        """Up to `limit` names like `word`, the nearest first."""
        if self._slips is None:
            self._slips = _index(self._names, _cuts)
            self._parts = _index(self._names, _BETWEEN.split)
        found: dict[str, None] = {}
        for form in _cuts(word):
            found.update(dict.fromkeys(self._slips.get(form, ())))
        for part in _BETWEEN.split(word):
            sharing = self._parts.get(part, ())
            found.update(dict.fromkeys(sharing if len(sharing) <= _COMMON else ()))
        return tuple(by_likeness(word, found)[:limit])


def _cuts(word: str) -> list[str]:
    """The word, and all that are left when one letter is missing."""
    return [word, *(word[:i] + word[i + 1 :] for i in range(min(len(word), 64)))]


def _index(names: Iterable[str], forms: Callable[[str], list[str]]) -> dict[str, list[str]]:
    table: dict[str, list[str]] = {}
    for name in names:
        for form in dict.fromkeys(forms(name)):
            table.setdefault(form, []).append(name)
    return table


def listed(names: Iterable[str]) -> str:
    """``a, b and c`` for messages."""
    items = list(names)
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
