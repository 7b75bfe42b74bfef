"""The fleet of one region: it comes when it is wanted, is held down on demand, and goes drained.

One task a region (`run`) owns the fleet; everything else only says what is wanted
and wakes it.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import logging
from collections.abc import Callable

from penstock.envoy.process import EnvoyError
from penstock.envoy.xds import Outcome, Rollout
from penstock.runtime.configuration import Configuration
from penstock.runtime.fleets.fleet import Fleet

_log = logging.getLogger(__name__)
_RETRY_SECONDS = 5.0
"""How soon a fleet that did not come up is tried again."""


class FleetState(enum.StrEnum):
    """What a region's fleet is doing."""

    STARTING = "starting"
    SERVING = "serving"
    STOPPED = "stopped"
    """Somebody holds it down."""
    FAILED = "failed"
    """It did not come up, and is tried again."""
    DRAINING = "draining"
    """Nothing is left for it to serve."""


class Regional:
    """One region's fleet through all its lives."""

    def __init__(self, region: str, make: Callable[[], Fleet], changed: Callable[[], None]) -> None:
        """`changed` is called when `state` is no longer what it was."""
        self.region = region
        self._make = make
        self._changed = changed
        self._wake = asyncio.Event()
        self._settled = asyncio.Event()
        self._configuration: tuple[int, Configuration] | None = None
        self.fleet: Fleet | None = None
        """While it runs."""
        self.state = FleetState.STARTING
        self.problem = ""
        """Why it failed."""
        self.is_wanted = True
        self.is_stopped = False
        self._cut = False
        """Whether this life is to end at once."""
        self.applied = 0
        """The number of the newest configuration that its proxies have answered."""
        self._published = 0

    # What is wanted

    async def publish(self, number: int, configuration: Configuration) -> Rollout | None:
        """Roll it out, or have it ready for when the fleet is up; None if it is not now."""
        self._configuration = (number, configuration)
        if self.fleet is None:
            return None
        self._published = number
        rollout = await self.fleet.publish(configuration)
        if all(outcome in _ANSWERED for outcome in rollout.outcomes.values()):
            self.applied = max(self.applied, number)
        return rollout

    def note_late_answers(self) -> None:
        """Proxies that took longer than a rollout waits may have answered since."""
        if self.fleet is not None and self.fleet.is_current:
            self.applied = max(self.applied, self._published)

    async def settled(self) -> None:
        """Wait until it serves, has failed, or is held down."""
        await self._settled.wait()

    def want(self, *, wanted: bool) -> None:
        """Whether there is anything to serve; without, it drains and ends."""
        self.is_wanted = wanted
        self._wake.set()

    def hold_down(self, *, stopped: bool) -> None:
        """End it at once and keep it down, or let it come back."""
        if stopped != self.is_stopped:
            self._settled.clear()
        self.is_stopped = stopped
        self._cut = self._cut or stopped
        self._wake.set()

    # Its life

    async def run(self) -> None:
        """Return when it is not wanted any more, and has ended."""
        while self.is_wanted:
            self._cut = False
            if self.is_stopped:
                self._enter(FleetState.STOPPED)
                await self._until(lambda: not self.is_stopped or not self.is_wanted)
                continue
            self._enter(FleetState.STARTING)
            await self._live()
        self._settled.set()

    async def _live(self) -> None:
        """One life, from the start of its proxies to their end."""
        try:
            async with self._make() as fleet:
                self.fleet = fleet
                try:
                    await self._serve(fleet)
                finally:
                    self.fleet = None
        except* Exception as group:
            # Whatever it is, also a defect of ours: other regions go on.
            error = _first(group)
            self.problem = str(error) or type(error).__name__
            unexpected = not isinstance(error, EnvoyError | OSError)
            _log.error(
                "event=fleet-failed region=%s error=%r", self.region, self.problem,
                exc_info=error if unexpected else None,
            )  # fmt: skip
            self._enter(FleetState.FAILED)
        if self.state is FleetState.FAILED:
            await self._until(lambda: self.is_stopped or not self.is_wanted, _RETRY_SECONDS)

    async def _serve(self, fleet: Fleet) -> None:
        if self._configuration is not None:
            await self.publish(*self._configuration)
            if not self._must_end():
                await fleet.wait_live()
                self.note_late_answers()
        self.problem = ""
        if not self._must_end():
            self._enter(FleetState.SERVING)
        await self._until(self._must_end)
        if self._cut:
            await fleet.cut()
        else:
            self._enter(FleetState.DRAINING)
            await fleet.let_queues_move()

    def _must_end(self) -> bool:
        return self._cut or not self.is_wanted

    async def _until(self, condition: Callable[[], bool], within: float | None = None) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not condition():
                    self._wake.clear()
                    await self._wake.wait()

    def _enter(self, state: FleetState) -> None:
        if state in (FleetState.SERVING, FleetState.STOPPED, FleetState.FAILED):
            self._settled.set()
        else:
            self._settled.clear()
        if state is not self.state:
            self.state = state
            self._changed()


_ANSWERED = (Outcome.ACKNOWLEDGED, Outcome.REJECTED)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    found: BaseException = group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found
