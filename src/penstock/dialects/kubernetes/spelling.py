"""Near names among thousands, cheap enough to ask thousands of times.

For small vocabularies `penstock.objects.suggest` is better.
"""

from __future__ import annotations

from collections.abc import Iterable


class Speller:
    """Near names among many objects' names.

    Names one typing error away are found by comparing deletions, so a question
    costs the length of the word and not the number of names.
    """

    __slots__ = ("_names", "_near")

    def __init__(self, names: Iterable[str]) -> None:
        self._names = tuple(sorted(names))
        self._near: dict[str, list[str]] | None = None

    def near(self, word: str, limit: int = 3) -> tuple[str, ...]:
        """Up to `limit` names like `word`."""
        if self._near is None:
            self._near = _index(self._names)
        found: dict[str, None] = {}
        for form in _forms(word):
            found.update(dict.fromkeys(self._near.get(form, ())))
        return tuple(sorted(found)[:limit])


def _forms(word: str) -> tuple[str, ...]:
    cut = tuple(word[:i] + word[i + 1 :] for i in range(min(len(word), 64)))
    return (word, word.split("-")[0], *cut)


def _index(names: tuple[str, ...]) -> dict[str, list[str]]:
    table: dict[str, list[str]] = {}
    for name in names:
        for form in dict.fromkeys(_forms(name)):
            table.setdefault(form, []).append(name)
    return table


def listed(names: Iterable[str]) -> str:
    """``a, b and c`` for messages."""
    items = list(names)
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
