"""How long each stage of building a revision takes, over the life of an instance."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass


class Stopwatch:
    """Seconds per named stage of one run."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure the block as (a part of) stage `name`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


@dataclass(slots=True)
class StageTimes:
    """One stage over all runs; in seconds."""

    runs: int = 0
    last: float = 0.0
    total: float = 0.0
    longest: float = 0.0

    def note(self, seconds: float) -> None:
        """One more run."""
        self.runs += 1
        self.last = seconds
        self.total += seconds
        self.longest = max(self.longest, seconds)


def note_all(times: dict[str, StageTimes], run: Mapping[str, float]) -> None:
    """Add one run's stages."""
    for name, seconds in run.items():
        times.setdefault(name, StageTimes()).note(seconds)
