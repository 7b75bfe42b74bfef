"""All fleets of an instance: home, and one for each region of cross-region load balancers.

Home runs as long as the instance.  Regions' fleets come and go with the model; what
moves between fleets is served all the while (see `handover`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Self

from penstock.envoy.admin import ClusterStatus
from penstock.envoy.drain import DrainPolicy
from penstock.envoy.load_reports import LoadReports
from penstock.envoy.process import EnvoyError, end_left_over
from penstock.envoy.xds import Nack, Outcome, ProxyState, Rollout
from penstock.model import Finding, Origin, Severity, code
from penstock.runtime.configuration import Configuration
from penstock.runtime.fleet import Fleet
from penstock.runtime.handover import Handover
from penstock.runtime.nodes import HOME, paths_of, recorded
from penstock.runtime.regional import FleetState, Regional
from penstock.runtime.settings import Settings
from penstock.runtime.state import StateDir

_log = logging.getLogger(__name__)
_LOOK_AGAIN_SECONDS = 1.0
_MARGIN_SECONDS = 2.0

FAILED = code(
    "runtime/fleet-not-running", Severity.ERROR, "The proxies of a region cannot be started"
)


class UnknownRegionError(Exception):
    """No fleet of that region; the message says which there are."""


class Fleets:
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
        self._settings = settings
        self._state = state
        self._changed = changed
        self._load_reports = load_reports
        self.home = self._fleet(HOME)
        self._regions: dict[str, Regional] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._number = 0
        self._wanted: Mapping[str, Configuration] = {}
        self._home_published = 0
        self._home_applied = 0
        # Envoy closes what is left of a listener's connections after its drain time.
        self._handover = Handover(settings.drain_seconds + _MARGIN_SECONDS)
        self._look = asyncio.Event()
        self._left = False
        self._has_left_over = True
        self._stack = contextlib.AsyncExitStack()

    # Life

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            self._tasks = await stack.enter_async_context(asyncio.TaskGroup())
            stack.push_async_callback(self._end_regions)
            await stack.enter_async_context(self.home)
            stack.callback(self._dismiss)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        return await self._stack.__aexit__(kind, error, trace)

    def _dismiss(self) -> None:
        """Let the regions' fleets drain while home does."""
        for regional in self._regions.values():
            regional.want(wanted=False)

    async def _end_regions(self) -> None:
        if self._running:
            await asyncio.wait(self._running)
        if self._has_left_over and not self._left:
            self._wanted = {}
            await self._end_left_over()

    def leave(self) -> bool:
        """Leave proxies running that another control plane had started; whether that is so."""
        self._left = self.home.leave()
        return self._left

    def hurry(self) -> None:
        """End all processes now, while they drain."""
        for fleet in self.running():
            fleet.hurry()

    # Configuration

    async def publish(self, wanted: Mapping[str, Configuration]) -> Rollout:
        """Roll out by region; returns when all proxies that are connected have answered.

        A fleet that is new comes up first, and what it takes over from another one
        stays there until it has.
        """
        self._number += 1
        number, self._wanted = self._number, wanted
        running = self._handover.take(number, wanted)
        if not self._regions and running.keys() <= {HOME}:
            rollout = await self._publish_home(number, running[HOME])
        else:
            self._want(running)
            rollout = await self._publish_all(number, running)
            self._look.set()
        if self._has_left_over:
            self._look.set()
        return rollout

    async def _publish_all(self, number: int, running: Mapping[str, Configuration]) -> Rollout:
        async with asyncio.TaskGroup() as tasks:
            home = tasks.create_task(self._publish_home(number, running[HOME]))
            regions = [
                tasks.create_task(self._publish_regional(self._regions[region], number, each))
                for region, each in running.items()
                if region != HOME
            ]
        return _whole(home.result(), [r for task in regions if (r := task.result()) is not None])

    async def _publish_home(self, number: int, configuration: Configuration) -> Rollout:
        self._home_published = number
        rollout = await self.home.publish(configuration)
        if Outcome.TIMED_OUT not in rollout.outcomes.values():
            self._home_applied = max(self._home_applied, number)
        return rollout

    async def _publish_regional(
        self, regional: Regional, number: int, configuration: Configuration
    ) -> Rollout | None:
        rollout = await regional.publish(number, configuration)
        await regional.settled()
        return rollout

    async def wait_live(self) -> None:
        """Wait until all proxies that can be had take connections.

        Raises:
            TimeoutError: one of home's does not connect.
            EnvoyError: one of home's does not come up.
        """
        await self.home.wait_live()
        for regional in list(self._regions.values()):
            await regional.settled()

    def _want(self, running: Mapping[str, Configuration]) -> None:
        """Let there be a fleet for each of these regions; others go when they may."""
        for region in running.keys() - {HOME}:
            if region not in self._regions:
                self._begin(region)
            self._regions[region].want(wanted=True)

    def _fleet(self, region: str) -> Fleet:
        reports = self._load_reports(region)
        return Fleet(region, self._settings, self._state, self._changed, reports)

    def _begin(self, region: str) -> None:
        assert self._tasks is not None
        regional = Regional(region, partial(self._fleet, region), self._note)
        self._regions[region] = regional
        task = self._tasks.create_task(self._run(regional), name=f"fleet-{region}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run(self, regional: Regional) -> None:
        try:
            await regional.run()
        finally:
            del self._regions[regional.region]

    def _note(self) -> None:
        self._look.set()
        self._changed()

    # After a publication

    async def run(self) -> None:
        """Take away what has moved, and end fleets that nobody needs; never returns."""
        while True:
            await self._look.wait()
            self._look.clear()
            await self._release()
            for region, regional in self._regions.items():
                if region not in self._wanted and not self._handover.keeps(region):
                    regional.want(wanted=False)
            if self._has_left_over:
                await self._end_left_over()
            if self._handover.is_open:
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)
                self._look.set()

    async def _release(self) -> None:
        self._note_late_answers()
        given_up = self._handover.taken_over(self._serves)
        for fleet in list(self.running()):
            if fleet.region in given_up:
                await fleet.let_queues_move()
        freed = self._handover.release(
            self._wanted, given_up, self._serves, asyncio.get_running_loop().time()
        )
        async with asyncio.TaskGroup() as tasks:
            for region, configuration in freed.items():
                if region == HOME:
                    tasks.create_task(self._publish_home(self._number, configuration))
                elif (regional := self._regions.get(region)) is not None:
                    tasks.create_task(regional.publish(self._number, configuration))

    def _serves(self, region: str, number: int) -> bool:
        """Whether a fleet has taken a publication over, or is not meant to."""
        if region == HOME:
            return self._home_applied >= number
        regional = self._regions.get(region)
        return regional is None or regional.is_stopped or regional.applied >= number

    def _note_late_answers(self) -> None:
        if self.home.is_current:
            self._home_applied = self._home_published
        for regional in self._regions.values():
            regional.note_late_answers()

    async def _end_left_over(self) -> None:
        """End proxies of an earlier run that this one has no use for."""
        self._has_left_over = False
        used = {HOME, *self._wanted, *self._regions}
        count = self._settings.proxies
        kept = {p.state for region in used for p in paths_of(self._state, region, count).values()}
        policy = DrainPolicy(timeout=max(0.1, self._settings.drain_seconds))
        for paths in recorded(self._state):
            if paths.state not in kept:
                try:
                    await end_left_over(paths, policy)
                except (EnvoyError, OSError) as error:
                    _log.error("event=left-over path=%s error=%r", paths.state, str(error))

    # What people do

    def hold_down(self, region: str, *, stopped: bool) -> None:
        """End a region's proxies at once and keep them down, or let them come back.

        Raises UnknownRegionError when there is no fleet of that region.
        """
        regional = self._regions.get(region)
        if regional is None:
            there = ", ".join(sorted(self._regions)) or "none; no load balancer has several regions"
            raise UnknownRegionError(f"no proxies of region {region!r} here; regions: {there}")
        regional.hold_down(stopped=stopped)

    async def settled(self, region: str) -> None:
        """Wait until what `hold_down` asked for is so."""
        if (regional := self._regions.get(region)) is not None:
            await regional.settled()

    async def hot_restart(self) -> None:
        """Let new Envoy processes take over everywhere, without a gap."""
        async with asyncio.TaskGroup() as tasks:
            for fleet in self.running():
                tasks.create_task(fleet.hot_restart())

    async def reopen_logs(self) -> None:
        """Let all proxies open their access log anew."""
        for fleet in list(self.running()):
            await fleet.reopen_logs()

    def retry(self) -> None:
        """Offer once more the listeners whose port could not be had."""
        for fleet in self.running():
            fleet.retry()

    # Telling

    def running(self) -> Iterator[Fleet]:
        """Home, then the regions' fleets that have processes now, by name."""
        yield self.home
        for _, regional in sorted(self._regions.items()):
            if regional.fleet is not None:
                yield regional.fleet

    @property
    def regions(self) -> tuple[Regional, ...]:
        """The regions' fleets, whether they run or not, by name."""
        return tuple(regional for _, regional in sorted(self._regions.items()))

    @property
    def nacks(self) -> tuple[Nack, ...]:
        """What proxies refuse now."""
        return tuple(nack for fleet in self.running() for nack in fleet.nacks)

    @property
    def states(self) -> tuple[tuple[str, ProxyState], ...]:
        """Connected proxies with their regions."""
        return tuple((fleet.region, state) for fleet in self.running() for state in fleet.states)

    def serves(self, region: str) -> bool:
        """Whether a proxy runs and is connected that serves what is in a region."""
        fleet = region if region in self._regions else HOME
        return any(own == fleet for own, _ in self.states)

    @property
    def restarts(self) -> int:
        """How often a proxy that runs now was started anew after it had died."""
        processes = (p for fleet in self.running() for p in fleet.processes.values())
        return sum(process.restarts for process in processes)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Fleets that do not come up."""
        return tuple(_failed(r) for r in self.regions if r.state is FleetState.FAILED)

    async def health(self) -> Mapping[str, ClusterStatus]:
        """Endpoints as proxies see them, by backend service; those of all fleets together."""
        found: dict[str, ClusterStatus] = {}
        for fleet in list(self.running()):
            for name, status in (await fleet.health()).items():
                found[name] = _joined(found[name], status) if name in found else status
        return found

    async def metrics(self) -> Mapping[str, bytes]:
        """Node → statistics in Prometheus' text format."""
        found: dict[str, bytes] = {}
        for fleet in list(self.running()):
            found.update(await fleet.metrics())
        return found

    def statistics(self) -> Mapping[str, int]:
        """Counters of the xDS servers that run now, added up."""
        total: dict[str, int] = {}
        for fleet in self.running():
            for name, value in fleet.statistics().items():
                total[name] = total.get(name, 0) + value
        return total


def _whole(home: Rollout, others: list[Rollout]) -> Rollout:
    """One rollout of several fleets."""
    if not others:
        return home
    outcomes = {
        node: outcome for each in (home, *others) for node, outcome in each.outcomes.items()
    }
    return Rollout(
        home.revision,
        outcomes,
        tuple(nack for each in (home, *others) for nack in each.nacks),
        max(each.seconds for each in (home, *others)),
        any(each.superseded for each in (home, *others)),
    )


def _joined(one: ClusterStatus, other: ClusterStatus) -> ClusterStatus:
    known = {endpoint.address for endpoint in one.endpoints}
    more = tuple(e for e in other.endpoints if e.address not in known)
    return replace(one, endpoints=(*one.endpoints, *more)) if more else one


def _failed(regional: Regional) -> Finding:
    return FAILED.at(
        Origin(""),
        f"The proxies of region {regional.region} do not run: {regional.problem}",
        "Everything else is served; it is tried again every few seconds.",
    )
