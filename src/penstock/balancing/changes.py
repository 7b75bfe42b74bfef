"""What differs between two mappings, at the cost of comparing identities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


def changed_keys(old: Mapping[K, V], new: Mapping[K, V]) -> Iterator[K]:
    """Keys whose values are not equal, or that only one of the two has."""
    if old is new or old == new:  # Mappings compare their values by identity first.
        return
    for key, value in new.items():
        before = old.get(key)
        if before is not value and before != value:
            yield key
    for key in old:
        if key not in new:
            yield key
