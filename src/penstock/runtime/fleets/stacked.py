"""What fleets have in common as context managers: they leave what they have entered, in turn."""

from __future__ import annotations

import contextlib
from types import TracebackType


class Stacked:
    """Its `__aenter__` fills `_stack`; leaving it unwinds that."""

    def __init__(self) -> None:
        self._stack = contextlib.AsyncExitStack()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        return await self._stack.__aexit__(kind, error, trace)
