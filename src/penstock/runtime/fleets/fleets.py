"""All fleets of an instance: home, and one for each region of cross-region load balancers.

Home runs as long as the instance.  Regions' fleets come and go with the model; what
moves between fleets is served all the while (see `moves`).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Self

from penstock.envoy.load_reports import LoadReports
from penstock.envoy.xds import Nack, ProxyState, Rollout
from penstock.model import Finding, Origin, Severity, code
from penstock.runtime.configuration import Configuration
from penstock.runtime.fleets import together
from penstock.runtime.fleets.fleet import Fleet
from penstock.runtime.fleets.home import Home
from penstock.runtime.fleets.left_over import LeftOver
from penstock.runtime.fleets.moves import Moves
from penstock.runtime.fleets.regional import FleetState, Regional
from penstock.runtime.fleets.regions import RegionalFleets
from penstock.runtime.fleets.stacked import Stacked
from penstock.runtime.nodes import HOME
from penstock.runtime.settings import Settings
from penstock.runtime.state import StateDir

_MARGIN_SECONDS = 2.0

FAILED = code(
    "runtime/fleet-not-running", Severity.ERROR, "The proxies of a region cannot be started"
)


class UnknownRegionError(Exception):
    """No fleet of that region; the message says which there are."""


class Fleets(Stacked):
    """Enter it, publish to it, leave it drained."""

    def __init__(
        self,
        settings: Settings,
        state: StateDir,
        changed: Callable[[], None],
        load_reports: Callable[[str], LoadReports],
    ) -> None:
        """`changed` is called when a proxy refuses something, or a fleet fails or recovers.

        `load_reports` gives the service that a region's proxies report load to.
        """
        super().__init__()
        self._settings = settings
        self._state = state
        self._changed = changed
        self._load_reports = load_reports
        self._home = Home(self._fleet(HOME))
        self._regions = RegionalFleets(self._fleet, self._note)
        self._left_over = LeftOver(settings, state)
        # Envoy closes what is left of a listener's connections after its drain time.
        drain_seconds = settings.drain_seconds + _MARGIN_SECONDS
        self._moves = Moves(self._home, self._regions, self._left_over, drain_seconds)
        self._left = False

    def _fleet(self, region: str) -> Fleet:
        reports = self._load_reports(region)
        return Fleet(region, self._settings, self._state, self._changed, reports)

    def _note(self) -> None:
        self._moves.look()
        self._changed()

    # Life

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self._end_left_over)
            await stack.enter_async_context(self._regions)
            await stack.enter_async_context(self._home.fleet)
            stack.callback(self._regions.dismiss)  # They drain while home does.
            self._stack = stack.pop_all()
        return self

    async def run(self) -> None:
        """Take away what has moved, and end fleets that nobody needs; never returns."""
        await self._moves.run()

    async def _end_left_over(self) -> None:
        if not self._left:
            await self._left_over.end_all_but({HOME})

    def leave(self) -> bool:
        """Leave proxies running that another control plane had started; whether that is so."""
        self._left = self._home.fleet.leave()
        return self._left

    def hurry(self) -> None:
        """End all processes now, while they drain."""
        for fleet in self.running:
            fleet.hurry()

    # Configuration

    async def publish(self, wanted: Mapping[str, Configuration]) -> Rollout:
        """Roll out by region; returns when all proxies that are connected have answered.

        A fleet that is new comes up first, and what it takes over from another one
        stays there until it has.
        """
        number, running = self._moves.take(wanted)
        is_home_alone = not self._regions and running.keys() <= {HOME}
        if is_home_alone:
            rollout = await self._home.publish(number, running[HOME])
        else:
            self._regions.want(running.keys() - {HOME})
            rollout = await self._publish_all(number, running)
        if not is_home_alone or self._left_over.is_pending:
            self._moves.look()
        return rollout

    async def _publish_all(self, number: int, running: Mapping[str, Configuration]) -> Rollout:
        async with asyncio.TaskGroup() as tasks:
            home = tasks.create_task(self._home.publish(number, running[HOME]))
            regions = [
                tasks.create_task(_publish(self._regions[region], number, each))
                for region, each in running.items()
                if region != HOME
            ]
        others = [rollout for task in regions if (rollout := task.result()) is not None]
        return together.one_rollout(home.result(), others)

    async def wait_live(self) -> None:
        """Wait until all proxies that can be had take connections.

        Raises:
            TimeoutError: one of home's does not connect.
            EnvoyError: one of home's does not come up.
        """
        await self._home.fleet.wait_live()
        for regional in self.regions:
            await regional.settled()

    # What people do

    def hold_down(self, region: str, *, stopped: bool) -> None:
        """End a region's proxies at once and keep them down, or let them come back.

        Raises UnknownRegionError when there is no fleet of that region.
        """
        regional = self._regions.get(region)
        if regional is None:
            there = ", ".join(self._regions) or "none; no load balancer has several regions"
            raise UnknownRegionError(f"no proxies of region {region!r} here; regions: {there}")
        regional.hold_down(stopped=stopped)

    async def settled(self, region: str) -> None:
        """Wait until what `hold_down` asked for is so."""
        if (regional := self._regions.get(region)) is not None:
            await regional.settled()

    async def hot_restart(self) -> None:
        """Let new Envoy processes take over everywhere, without a gap."""
        async with asyncio.TaskGroup() as tasks:
            for fleet in self.running:
                tasks.create_task(fleet.hot_restart())

    async def reopen_logs(self) -> None:
        """Let all proxies open their access log anew."""
        for fleet in self.running:
            await fleet.reopen_logs()

    def retry(self) -> None:
        """Offer once more the listeners whose port could not be had."""
        for fleet in self.running:
            fleet.retry()

    # Telling

    @property
    def running(self) -> tuple[Fleet, ...]:
        """Home, then the regions' fleets that have processes now, by name."""
        regional = (r.fleet for r in self._regions.values() if r.fleet is not None)
        return (self._home.fleet, *regional)

    @property
    def regions(self) -> tuple[Regional, ...]:
        """The regions' fleets, whether they run or not, by name."""
        return tuple(self._regions.values())

    @property
    def nacks(self) -> tuple[Nack, ...]:
        """What proxies refuse now."""
        return tuple(nack for fleet in self.running for nack in fleet.nacks)

    @property
    def states(self) -> tuple[tuple[str, ProxyState], ...]:
        """Connected proxies with their regions."""
        return tuple((fleet.region, state) for fleet in self.running for state in fleet.states)

    def serves(self, region: str) -> bool:
        """Whether a proxy runs and is connected that serves what is in a region."""
        fleet = region if region in self._regions else HOME
        return any(own == fleet for own, _ in self.states)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Fleets that do not come up."""
        return tuple(_failed(r) for r in self.regions if r.state is FleetState.FAILED)


async def _publish(regional: Regional, number: int, configuration: Configuration) -> Rollout | None:
    rollout = await regional.publish(number, configuration)
    await regional.settled()
    return rollout


def _failed(regional: Regional) -> Finding:
    return FAILED.at(
        Origin(""),
        f"The proxies of region {regional.region} do not run: {regional.problem}",
        "Everything else is served; it is tried again every few seconds.",
    )
