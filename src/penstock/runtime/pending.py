"""That something has happened since the last revision was built: many notes, one wake-up."""

from __future__ import annotations

import asyncio
import time


class Pending:
    """What happened is looked up by whoever takes it; here is only that it did, and when."""

    def __init__(self) -> None:
        self._since: float | None = None
        """When the oldest of it was noticed."""
        self._wake = asyncio.Event()

    def note(self) -> None:
        """Something has happened."""
        if self._since is None:
            self._since = time.perf_counter()
        self._wake.set()

    async def take(self) -> float:
        """Wait for it; when the oldest was noticed, by `time.perf_counter`."""
        await self._wake.wait()
        self._wake.clear()
        since, self._since = self._since, None
        return since if since is not None else time.perf_counter()
