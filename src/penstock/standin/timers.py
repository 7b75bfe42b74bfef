"""Delayed callbacks that die with the connection that wanted them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Timers:
    """A set of pending calls."""

    __slots__ = ("_pending",)

    def __init__(self) -> None:
        self._pending: set[asyncio.TimerHandle] = set()

    def after(self, delay: float, callback: Callable[[], None]) -> None:
        """Call `callback` in `delay` seconds, or now if that is none."""
        if delay <= 0:
            callback()
            return

        def fire() -> None:
            self._pending.discard(handle)
            callback()

        handle = asyncio.get_running_loop().call_later(delay, fire)
        self._pending.add(handle)

    def cancel(self) -> None:
        """Forget all pending calls."""
        for handle in self._pending:
            handle.cancel()
        self._pending.clear()
