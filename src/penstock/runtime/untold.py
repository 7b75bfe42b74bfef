"""Changes that are on their way to proxies, until somebody is told that they are live.

A newer revision may overtake an older one's rollout; what the older one brought is
live together with the newer one, and is told with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Entry:
    number: int
    changes: tuple[str, ...]
    since: float


class Untold:
    """Changes in the order of their rollouts."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._number = 0

    def add(self, changes: Sequence[str], since: float) -> int:
        """Note what a rollout brings, noticed at `since`; the rollout's number."""
        self._number += 1
        self._entries.append(_Entry(self._number, tuple(changes), since))
        return self._number

    def take(self, number: int) -> tuple[list[str], float]:
        """All that is live once this rollout is, each once, and when the oldest was noticed."""
        live = [entry for entry in self._entries if entry.number <= number]
        self._entries = [entry for entry in self._entries if entry.number > number]
        changes = dict.fromkeys(change for entry in live for change in entry.changes)
        return list(changes), min(entry.since for entry in live)
