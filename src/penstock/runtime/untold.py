"""Changes that are on their way to proxies, until somebody is told that they are live.

A newer revision may overtake an older one's rollout; what the older one brought is
live together with the newer one, and is told with it.  The older rollout may even end
later (fleets answer in their own time), and then has nothing left to tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace


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

    def join(self, changes: Sequence[str]) -> bool:
        """Tell these with the latest rollout, which brings them; False if none is under way."""
        if not self._entries:
            return False
        latest = self._entries[-1]
        self._entries[-1] = replace(latest, changes=(*latest.changes, *changes))
        return True

    def take(self, number: int) -> tuple[list[str], float] | None:
        """All that is live once this rollout is, each once, and when the oldest was noticed.

        None if it has all been told with a newer rollout.
        """
        live = [entry for entry in self._entries if entry.number <= number]
        if not live:
            return None
        self._entries = [entry for entry in self._entries if entry.number > number]
        changes = dict.fromkeys(change for entry in live for change in entry.changes)
        return list(changes), min(entry.since for entry in live)
