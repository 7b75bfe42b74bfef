"""Asks every target again and again, and says when its health turns over.

Targets are given as a whole (`Prober.set_targets`), as often as they change.  One
that is there already keeps what is known of it and its place in time, also when
the parameters of its health check change; a new one is asked at once.  Afterwards
probes are spread over the interval, which is counted from start to start.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from penstock.health.patience import attentive
from penstock.health.probes import Source, probe
from penstock.health.state import Result, State, Thresholds, after
from penstock.health.target import Key, Target, phase
from penstock.model import EndpointHealth, HealthCheck, HealthView

AT_ONCE: Final = 256
"""Probes under way; each holds a file descriptor, of which processes often have 1,024."""

Ask: TypeAlias = Callable[[HealthCheck, Key, str | None], Awaitable[Result]]


class Change(NamedTuple):
    """A target whose health turned over, or is known for the first time."""

    check: HealthCheck
    address: str
    ports: tuple[int, ...]
    """That serve; more than one share a probed port."""
    before: bool | None
    """None if it was not known."""
    health: EndpointHealth


@dataclass(slots=True)
class Counters:
    """What the prober has done so far."""

    probes: int = 0
    failures: int = 0
    """Of these, probes of endpoints that were not as the health check wants them."""


class _Watched:
    """One key with its state."""

    __slots__ = ("check", "ports", "state", "task", "wake")

    def __init__(self, check: HealthCheck) -> None:
        self.check = check
        self.ports: tuple[int, ...] = ()
        self.state: State | None = None
        self.task: asyncio.Task[None] | None = None
        self.wake = asyncio.Event()
        """The health check has other parameters."""


class Prober:
    """Probes as long as `run` runs; everything else may be called at any time."""

    def __init__(
        self,
        changed: Callable[[Change], None],
        source: Source = lambda _address: None,
        ask: Ask = probe,
        at_once: int = AT_ONCE,
    ) -> None:
        """`changed` is called for the first result of a target and whenever its health turns."""
        self.counters = Counters()
        self._changed = changed
        self._source = source
        self._ask = ask
        self._slots = asyncio.Semaphore(at_once)
        self._watched: dict[Key, _Watched] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._view: HealthView | None = None
        self._unknown: set[Key] = set()
        self._known = asyncio.Event()
        self._known.set()

    @property
    def view(self) -> HealthView:
        """Health of all targets with results; the same object until some health turns."""
        if self._view is None:
            self._view = self.latest()
        return self._view

    def latest(self) -> HealthView:
        """As `view`, with the reasons of the last probes."""
        return {
            (key.check, key.address, port): watched.state.health
            for key, watched in self._watched.items()
            if watched.state is not None
            for port in watched.ports
        }

    async def run(self) -> None:
        """Probe; never returns."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                for key, watched in self._watched.items():
                    self._start(key, watched)
                await asyncio.Event().wait()
        finally:
            self._tasks = None

    async def known(self) -> None:
        """Return when every target has had a result."""
        await self._known.wait()

    def set_targets(self, targets: Iterable[Target]) -> None:
        """Probe these, each key once, and nothing else."""
        wanted: dict[Key, tuple[HealthCheck, set[int]]] = {}
        for target in targets:
            wanted.setdefault(target.key, (target.check, set()))[1].add(target.port)
        for key in self._watched.keys() - wanted.keys():
            self._remove(key)
        for key, (check, ports) in wanted.items():
            self._put(key, check, tuple(sorted(ports)))
        self._note_unknown()

    def _put(self, key: Key, check: HealthCheck, ports: tuple[int, ...]) -> None:
        watched = self._watched.get(key)
        if watched is None:
            watched = self._watched[key] = _Watched(check)
            self._unknown.add(key)
            self._start(key, watched)
        if watched.ports != ports:
            watched.ports = ports
            self._view = None
        if watched.check is not check:
            if watched.check.interval.value != check.interval.value:
                watched.wake.set()
            watched.check = check

    def _remove(self, key: Key) -> None:
        watched = self._watched.pop(key)
        self._unknown.discard(key)
        if watched.task is not None:
            watched.task.cancel()
        self._view = None

    def _start(self, key: Key, watched: _Watched) -> None:
        if self._tasks is not None:
            name = f"probe {key.check} {key.address}:{key.port}"
            watched.task = self._tasks.create_task(self._watch(key, watched), name=name)

    async def _watch(self, key: Key, watched: _Watched) -> None:
        """Probe one key for ever."""
        clock = asyncio.get_running_loop().time
        start = clock()
        await self._probe(key, watched)
        is_first = True
        while True:
            interval = watched.check.interval.value * (phase(key) if is_first else 1.0)
            now = clock()
            if not await _pause(max(0.0, start + interval - now), watched.wake):
                continue  # The interval is another one now; count it from the same start.
            # Without a slot a start may be late; those after it are not for that.
            start = max(start + interval, now - interval)
            is_first = False
            await self._probe(key, watched)

    async def _probe(self, key: Key, watched: _Watched) -> None:
        async with self._slots:
            check = watched.check
            self.counters.probes += 1
            try:
                async with attentive(check.timeout.value):
                    result = await self._ask(check, key, self._source(key.address))
            except TimeoutError:
                result = Result(False, f"no answer within {check.timeout.value:g} s")
        if not result.ok:
            self.counters.failures += 1
        self._note(key, watched, result)

    def _note(self, key: Key, watched: _Watched, result: Result) -> None:
        check = watched.check  # Of now: the thresholds may have changed.
        thresholds = Thresholds(check.healthy_threshold.value, check.unhealthy_threshold.value)
        before = watched.state
        watched.state = state = after(before, result, time.time(), thresholds)
        if before is not None and before.healthy is state.healthy:
            return
        self._view = None
        self._unknown.discard(key)
        self._note_unknown()
        was = before.healthy if before else None
        self._changed(Change(check, key.address, watched.ports, was, state.health))

    def _note_unknown(self) -> None:
        if self._unknown:
            self._known.clear()
        else:
            self._known.set()


async def _pause(seconds: float, wake: asyncio.Event) -> bool:
    """Wait; False if woken up before that."""
    wake.clear()
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        return True
    return False
