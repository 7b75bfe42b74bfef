"""How long to wait before a process that died is started anew: longer with each death in a row."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from penstock.envoy.launch import EnvoySettings


class BackOff:
    """Doubles the pause up to a limit, and begins anew after a life that was long enough."""

    def __init__(self, settings: EnvoySettings) -> None:
        self._settings = settings
        self.pause = settings.first_back_off
        """Seconds that the next `wait` takes."""

    def note_life(self, seconds: float) -> None:
        """A process has died that had lived so long."""
        if seconds >= self._settings.stable_after:
            self.pause = self._settings.first_back_off

    async def wait(self, stopping: asyncio.Event) -> None:
        """Wait for the pause, or until `stopping` is set."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.pause):
                await stopping.wait()
        self.pause = min(self.pause * 2, self._settings.longest_back_off)
