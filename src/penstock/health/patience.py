"""A timeout that runs only while we could have noticed the answer.

A control plane that computes for a second, or that a busy machine does not let run, reads
no answers meanwhile.  They are there, but an ordinary timeout expires before anybody
looks, and endpoints that are well would stop serving.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

_PARTS: Final = 10
"""The time is counted in so many parts, without those at whose end the event loop was
late by more than a part."""
_PUNCTUAL: Final = 0.01
"""Seconds; as late every event loop may be.  If it was later in the end, it gets as much
time again to read what came meanwhile."""
_MOST_LATE: Final = 30
"""Parts that are not counted; a loop that is late for ever shall not wait for ever."""


@asynccontextmanager
async def attentive(seconds: float) -> AsyncIterator[None]:
    """Cancel what is inside after so many seconds of a punctual event loop.

    Raises:
        TimeoutError: it was cancelled for that.
    """
    async with asyncio.timeout(None) as limit:
        count = _Count(limit, seconds)
        try:
            yield
        finally:
            count.stop()


class _Count:
    def __init__(self, limit: asyncio.Timeout, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._limit = limit
        self._seconds = seconds
        self._start = self._loop.time()
        self._passed = self._late = 0
        self._next = self._wait()

    def _wait(self) -> asyncio.TimerHandle:
        due = self._start + self._seconds * (self._passed + 1) / _PARTS
        return self._loop.call_at(due, self._count)

    def _count(self) -> None:
        now, part = self._loop.time(), self._seconds / _PARTS
        late = now - self._next.when()
        if late > part:
            self._late += 1
            self._start = now - part * self._passed
        else:
            self._passed += 1
        if self._passed < _PARTS and self._late < _MOST_LATE:
            self._next = self._wait()
        elif late > _PUNCTUAL:
            self._next = self._loop.call_later(_PUNCTUAL, self._expire)
        else:
            self._expire()

    def _expire(self) -> None:
        self._limit.reschedule(self._loop.time())

    def stop(self) -> None:
        self._next.cancel()
