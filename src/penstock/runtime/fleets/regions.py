"""The fleets of regions that there are now: each has a task, from when it is wanted to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Self

from penstock.runtime.fleets.fleet import Fleet
from penstock.runtime.fleets.regional import Regional
from penstock.runtime.fleets.stacked import Stacked


class RegionalFleets(Stacked, Mapping[str, Regional]):
    """By region, in order.  Leaving it waits until all of them have ended; see `dismiss`."""

    def __init__(self, make: Callable[[str], Fleet], changed: Callable[[], None]) -> None:
        """`changed` is called when the state of one is no longer what it was."""
        super().__init__()
        self._make = make
        self._changed = changed
        self._by_region: dict[str, Regional] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._running: set[asyncio.Task[None]] = set()

    def __getitem__(self, region: str) -> Regional:
        return self._by_region[region]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._by_region))

    def __len__(self) -> int:
        return len(self._by_region)

    async def __aenter__(self) -> Self:
        self._tasks = await self._stack.enter_async_context(asyncio.TaskGroup())
        self._stack.push_async_callback(self._ended)
        return self

    async def _ended(self) -> None:
        """Before the group of tasks ends, which would cut them short if there is an error."""
        if self._running:
            await asyncio.wait(self._running)

    def want(self, regions: Iterable[str]) -> None:
        """Let there be a fleet for each of these regions; others stay as they are."""
        for region in regions:
            if region not in self._by_region:
                self._begin(region)
            self._by_region[region].want(wanted=True)

    def dismiss(self) -> None:
        """Let all of them drain and end."""
        for regional in self._by_region.values():
            regional.want(wanted=False)

    def _begin(self, region: str) -> None:
        assert self._tasks is not None
        regional = Regional(region, partial(self._make, region), self._changed)
        self._by_region[region] = regional
        task = self._tasks.create_task(self._run(regional), name=f"fleet-{region}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run(self, regional: Regional) -> None:
        try:
            await regional.run()
        finally:
            del self._by_region[regional.region]
