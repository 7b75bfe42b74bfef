"""An instance: everything between `penstock up` and its end.

Changes arrive from the file watcher and from the stand-ins; each only notes what
is new and wakes the reconcile loop, which builds a revision from the latest of
everything and hands it to the proxies.  A burst is therefore one revision, and
a slow rollout holds up nothing but its own report.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from penstock.envoy.xds import Nack
from penstock.model import Finding, Severity
from penstock.runtime.access_log import AccessLog
from penstock.runtime.addresses import AddressAssigner, Claims, PodAddresses
from penstock.runtime.authority import Authority
from penstock.runtime.dns import Names
from penstock.runtime.fleets import Fleets
from penstock.runtime.health import HealthWatch
from penstock.runtime.keeper import Keeper
from penstock.runtime.last_good import LastGood
from penstock.runtime.loads import Loads
from penstock.runtime.nodes import listening
from penstock.runtime.observer import Observer, StartRefusedError
from penstock.runtime.pending import Pending
from penstock.runtime.pipeline import Inputs, Pipeline, compile_options
from penstock.runtime.placer import NO_ADDRESS, PORT_TAKEN
from penstock.runtime.privileges import default_port_offset, first_bindable_port
from penstock.runtime.region_control import RegionControl
from penstock.runtime.remembered import Remembered
from penstock.runtime.revision import Revision, changed_objects, changed_shares
from penstock.runtime.served_before import served_before
from penstock.runtime.settings import UNPRIVILEGED_PORT_OFFSET, Settings
from penstock.runtime.stages import StageTimes, note_all
from penstock.runtime.stand_ins import StandIns
from penstock.runtime.state import StateDir, register
from penstock.runtime.telling import Telling
from penstock.sources.files import Batch, FileSource
from penstock.standin.plan import Planner

_log = logging.getLogger(__name__)
_RETRY_SECONDS = 2.0
"""How soon an address or port that was taken is tried again."""


@dataclass(slots=True)
class Counters:
    """What the instance has done so far."""

    reconciles: int = 0
    revisions: int = 0
    failures: int = 0


class Instance:
    """One running Penstock on one state directory."""

    def __init__(self, settings: Settings, state: StateDir, observer: Observer) -> None:
        self.settings = settings
        self.state = state
        self.revision: Revision | None = None
        """The latest built; `is_ready` says whether proxies have ever had one."""
        self.counters = Counters()
        self.stages: dict[str, StageTimes] = {}
        """What building revisions has taken so far, by stage."""
        self.started = time.time()
        self._observer = observer
        self._stop = asyncio.Event()
        self.access_log = AccessLog(settings.access_log, state.path)
        self._renew = asyncio.Event()
        self._refused = False
        self._pending = Pending()
        self._claims = Claims()
        self.keeper = Keeper(state, self._pending.note)
        self._remembered = Remembered(state, self.keeper)
        self._last_good = LastGood(state, self.keeper)
        self._source = FileSource(settings.sources, sys.stdin.buffer, self._last_good)
        self._batch = Batch((), (), ())
        self._nacks: Sequence[Nack] = ()
        """Those that the latest revision was built with."""
        self.authority = Authority(state)
        self.stand_ins = StandIns(state, self._pending.note)
        self.loads = Loads(self._pending.note)
        self.fleets = Fleets(settings, state, self._pending.note, self.loads.receiver)
        self.regions = RegionControl(self.fleets, self.stand_ins)
        self.names = Names(settings.dns, self.fleets.serves, self._pending.note)
        self._telling = Telling(observer, self.names.show)
        self.health = HealthWatch(self._pending.note, self._telling.health_changed)
        self._assigner = AddressAssigner(
            settings.address_pool,
            self._claims,
            self._remembered.load_balancers(),
            partial(listening, state),
        )
        self._planner = self._make_planner()
        self._pipeline = self._make_pipeline()
        self.loads.differs = self._pipeline.differs

    def _make_planner(self) -> Planner:
        floor = UNPRIVILEGED_PORT_OFFSET if first_bindable_port() > 1 else 0
        addresses = PodAddresses(self._claims)
        known = self._remembered.pods(addresses)
        return Planner(self.settings.stand_ins, addresses, floor, known)

    def _make_pipeline(self) -> Pipeline:
        offset = self.settings.port_offset
        return Pipeline(
            self.settings,
            self._planner,
            self._assigner,
            self.authority,
            default_port_offset() if offset is None else offset,
            compile_options(str(self.access_log.path) if self.access_log.path else None),
        )

    @property
    def is_ready(self) -> bool:
        """Whether proxies have ever had a revision."""
        return self._telling.is_live

    @property
    def is_stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Drain and end; `run` returns when that is done."""
        self._stop.set()

    def hurry(self) -> None:
        """End now: what is still under way is cut."""
        self.fleets.hurry()

    async def run(self) -> None:
        """Run until `stop`.

        Raises:
            StartRefusedError: strict mode, and the input has errors.
            OSError: a proxy or the stand-ins cannot be started.
        """
        begin = time.perf_counter()
        with contextlib.suppress(OSError):  # Only `penstock status` needs it.
            register(self.state)
        try:
            async with asyncio.TaskGroup() as tasks:
                work = tasks.create_task(self._work(begin), name="instance")
                await self._stop.wait()
                work.cancel()
        finally:
            if not self._refused:
                await self.stand_ins.stop()
            self._claims.close()

    async def _work(self, begin: float) -> None:
        async with self.fleets, asyncio.TaskGroup() as tasks:
            tasks.create_task(self.stand_ins.watch(), name="stand-ins")
            tasks.create_task(self.keeper.run(), name="keeper")
            tasks.create_task(self.fleets.run(), name="fleets")
            tasks.create_task(self.health.run(), name="health")
            copying = self.access_log.run(self.fleets.reopen_logs, sys.stdout.buffer)
            tasks.create_task(copying, name="access-log")
            await self.names.open()
            tasks.create_task(self.names.run(), name="dns")
            await self._start(begin)
            if self.settings.watch:
                tasks.create_task(self._watch(), name="watch")
            tasks.create_task(self._retry_places(), name="retry-places")
            tasks.create_task(self._renew_forever(), name="renew")
            tasks.create_task(self._pipeline.leavers.run(self._pending.note), name="leavers")
            await self._reconcile_forever(tasks)

    async def _start(self, begin: float) -> None:
        if self.settings.forget:
            self._last_good.forget()
        self._batch = batch = self._source.load()
        revision = await self._build()
        self._refuse_errors(revision)
        if await self.health.first_results():
            if self.health.waits:
                self.health.keep(await served_before(self.state))
            revision = await self._build()
        await self.fleets.publish(revision.configurations)
        await self.fleets.wait_live()
        self._last_good.sweep(batch.views)
        self._last_good.note(batch)
        self._telling.ready(revision, time.perf_counter() - begin)
        self.health.take_turned()
        _settle_memory()

    def _refuse_errors(self, revision: Revision) -> None:
        errors = [f for f in revision.findings if f.severity is Severity.ERROR]
        if self.settings.strict and errors:
            self._refused = self.fleets.leave()
            self._observer.refused(revision.findings)
            raise StartRefusedError(revision.findings)

    async def _watch(self) -> None:
        async for batch in self._source.changes():
            self._batch = batch
            self._pending.note()

    async def _retry_places(self) -> None:
        """What could not be listened on is tried again: whoever had it may have gone."""
        while True:
            await asyncio.sleep(_RETRY_SECONDS)
            codes = {f.code for f in self.revision.findings} if self.revision else set()
            if codes & {NO_ADDRESS.name, PORT_TAKEN.name} or self.fleets.nacks != self._nacks:
                self._pending.note()
            self.fleets.retry()

    def renew(self) -> None:
        """Let a new proxy process take the running one's place soon, without a gap."""
        self._renew.set()

    async def _renew_forever(self) -> None:
        while True:
            await self._renew.wait()
            self._renew.clear()
            await self.fleets.hot_restart()

    async def _reconcile_forever(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            since = await self._pending.take()
            try:
                await self._reconcile(since, tasks)
            except Exception:
                # A defect of ours must not take down what serves: the last revision stays.
                self.counters.failures += 1
                _log.exception("event=reconcile-failed")

    async def _reconcile(self, since: float, tasks: asyncio.TaskGroup) -> None:
        previous = self.revision
        assert previous is not None
        batch = self._batch
        revision = await self._build()
        changes = changed_objects(previous.world, revision.world)
        changes = changes or changed_shares(previous, revision)
        changes += [f"~health of {service}" for service in self.health.take_turned()]
        self._last_good.note(batch)
        self._telling.built(revision, previous)
        if revision.id == previous.id:
            self._telling.unchanged(revision, previous, changes, since)
        else:
            number = self._telling.rolling_out(changes, since)
            tasks.create_task(self._roll_out(revision, number), name="rollout")

    async def _build(self) -> Revision:
        self.counters.reconciles += 1
        batch = self._batch
        plan = self._pipeline.plan_stand_ins(batch.objects)
        bind_findings = await self.stand_ins.apply(plan)
        findings = (
            *(*batch.findings, *bind_findings, *self.names.findings),
            *(*self.keeper.findings, *self.fleets.findings),
        )
        self._nacks = self.fleets.nacks
        built = self._pipeline.build(self._inputs(findings))
        if self.health.follow(built.model):
            built = self._pipeline.build(self._inputs(findings))
        self.loads.follow(built.model)
        self._remembered.note(self._assigner.memory, self._planner.addresses)
        self.revision = built
        self.names.note(built)
        note_all(self.stages, built.stages)
        return built

    def _inputs(self, findings: Sequence[Finding]) -> Inputs:
        return Inputs(
            self._batch.objects,
            findings,
            self.stand_ins.states,
            self._nacks,
            self.health.view,
            self.loads.view,
        )

    async def _roll_out(self, revision: Revision, number: int) -> None:
        self.counters.revisions += 1
        try:
            rollout = await self.fleets.publish(revision.configurations)
            note_all(self.stages, {"roll out": rollout.seconds})
            if not rollout.superseded:
                self._telling.rolled_out(number, revision, self.revision or revision)
        except Exception:
            # As in reconciling: other rollouts go on, and so does what serves.
            self.counters.failures += 1
            _log.exception("event=roll-out-failed")


def _settle_memory() -> None:
    """Keep the cycle collector away from what the start has made, which is to stay.

    It holds no cycles, and walking hundreds of thousands of objects now and then
    would hold up whatever change comes at that moment.
    """
    gc.collect()
    gc.freeze()
