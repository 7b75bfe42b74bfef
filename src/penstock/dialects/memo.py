"""Memory between translations: what was made from the same objects is the same object.

A source hands over unchanged objects by identity, so "the same inputs" is a
comparison of identities, never of contents.  That is what keeps the cost of a
translation proportional to the change (DESIGN.md, invariant 10) and lets later
stages compare with ``is``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Memo:
    """Remembers one value per key for as long as its inputs stay the same objects."""

    __slots__ = ("_current", "_previous")

    def __init__(self) -> None:
        self._current: dict[Hashable, tuple[tuple[Any, ...], Any]] = {}
        self._previous: dict[Hashable, tuple[tuple[Any, ...], Any]] = {}

    def get(self, key: Hashable, inputs: tuple[object, ...], make: Callable[[], T]) -> T:
        """The remembered value if `inputs` are the same objects as then, else a new one."""
        entry = self._current.get(key)
        if entry is None:
            entry = self._previous.get(key)
        if entry is None or not _same(entry[0], inputs):
            entry = (inputs, make())
        self._current[key] = entry
        return cast("T", entry[1])

    def turn(self) -> None:
        """End a translation: forget what it did not ask for."""
        self._previous, self._current = self._current, {}


def _same(left: tuple[object, ...], right: tuple[object, ...]) -> bool:
    if len(left) == 1 == len(right):  # by far the most
        return left[0] is right[0]
    return len(left) == len(right) and all(map(operator.is_, left, right))
