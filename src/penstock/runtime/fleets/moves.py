"""After a publication: what has moved to another fleet is taken away where it was.

`handover` knows what that is and until when it stays; this waits for the fleets that
take it over, and lets fleets that nobody needs any more end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from functools import partial

from penstock.runtime.configuration import Configuration
from penstock.runtime.fleets.fleet import Fleet
from penstock.runtime.fleets.handover import Handover
from penstock.runtime.fleets.home import Home
from penstock.runtime.fleets.left_over import LeftOver
from penstock.runtime.fleets.regional import FleetState
from penstock.runtime.fleets.regions import RegionalFleets
from penstock.runtime.nodes import HOME

_LOOK_AGAIN_SECONDS = 1.0


class Moves:
    """Numbers publications, and follows the fleets until all that has moved has arrived."""

    def __init__(
        self, home: Home, regions: RegionalFleets, left_over: LeftOver, drain_seconds: float
    ) -> None:
        """Connections of a listener that was taken away may last for `drain_seconds`."""
        self._home = home
        self._regions = regions
        self._left_over = left_over
        self._handover = Handover(drain_seconds)
        self._number = 0
        self._wanted: Mapping[str, Configuration] = {}
        self._look = asyncio.Event()

    def take(self, wanted: Mapping[str, Configuration]) -> tuple[int, Mapping[str, Configuration]]:
        """The number of this publication, and what fleets shall run until all have taken over."""
        self._number += 1
        self._wanted = wanted
        return self._number, self._handover.take(self._number, wanted)

    def look(self) -> None:
        """Something has changed that may allow to take away more."""
        self._look.set()

    async def run(self) -> None:
        """Take away what has moved, and end fleets that nobody needs; never returns."""
        while True:
            await self._look.wait()
            self._look.clear()
            await self._release()
            for region, regional in self._regions.items():
                if region not in self._wanted and not self._handover.keeps(region):
                    regional.want(wanted=False)
            await self._left_over.end_all_but({HOME, *self._wanted, *self._regions})
            if self._handover.is_open:
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)
                self._look.set()

    async def _release(self) -> None:
        self._home.note_late_answers()
        for each in self._regions.values():
            each.note_late_answers()
        serves = partial(self._serves, await self._listening())
        given_up = self._handover.taken_over(serves)
        await self._let_queues_move(given_up)
        now = asyncio.get_running_loop().time()
        freed = self._handover.release(self._wanted, given_up, now)
        async with asyncio.TaskGroup() as tasks:
            for region in freed:
                tasks.create_task(self._publish_again(region))

    async def _publish_again(self, region: str) -> None:
        """Without what it gave up.  More may have been published since, which must stay."""
        configuration = self._handover.running.get(region)
        if configuration is None:
            return
        if region == HOME:
            await self._home.publish(self._number, configuration)
        elif (regional := self._regions.get(region)) is not None:
            await regional.publish(self._number, configuration)

    async def _let_queues_move(self, given_up: Iterable[str]) -> None:
        for region in given_up:
            if (fleet := self._fleet(region)) is not None:
                await fleet.let_queues_move()

    async def _listening(self) -> frozenset[str]:
        """Fleets that take connections at what moves to them.

        That they have answered is not enough: Envoy does so before it listens.
        """
        found = set()
        for region, names in self._handover.arriving.items():
            fleet = self._fleet(region)
            if fleet is not None and await fleet.listens(names):
                found.add(region)
        return frozenset(found)

    def _fleet(self, region: str) -> Fleet | None:
        if region == HOME:
            return self._home.fleet
        regional = self._regions.get(region)
        return regional.fleet if regional is not None else None

    def _serves(self, listening: frozenset[str], region: str, number: int) -> bool:
        """Whether a fleet has taken a publication over, or is not meant to."""
        if region == HOME:
            return region in listening and self._home.applied >= number
        regional = self._regions.get(region)
        if regional is None or regional.is_stopped:
            return True
        if regional.state is FleetState.DRAINING:
            return False  # It listens a moment longer; its next life will take over.
        return region in listening and regional.applied >= number
