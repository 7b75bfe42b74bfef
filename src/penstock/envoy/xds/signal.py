"""Waiting for a condition over plain state, without losing a change.

State changes and checks both happen on the event loop, so a list of futures
that every change resolves is enough.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Signal:
    """Whoever changes state calls `notify`; whoever depends on it waits with `until`."""

    def __init__(self, watcher: Callable[[], None] | None = None) -> None:
        self._watcher = watcher
        self._waiting: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        """Let every waiter look again."""
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)
        if self._watcher is not None:
            self._watcher()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return once the condition holds; it is checked now and after every change."""
        while not condition():
            future = asyncio.get_running_loop().create_future()
            self._waiting.add(future)
            try:
                await future
            finally:
                self._waiting.discard(future)
