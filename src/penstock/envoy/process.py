"""The supervisor: starts Envoy or takes a running one over, restarts it, drains it when we stop.

Envoy is nobody's child and writes to files, so it serves on when the control
plane is killed.  The next control plane with the same state directory finds it
and takes it over as it is; if it was started with another bootstrap, program or
options than are wanted now, it is hot-restarted: a new process takes the
listening sockets from the old one, which finishes its connections and ends.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Final

from penstock.envoy.admin import AdminClient, AdminError
from penstock.envoy.bootstrap import BootstrapSettings, bootstrap, write_bootstrap
from penstock.envoy.child import Child
from penstock.envoy.drain import drain
from penstock.envoy.envoy_log import LogFollower, last_lines
from penstock.envoy.launch import (
    EnvoyError,
    EnvoySettings,
    arguments,
    only_one,
    restart_options,
    rotate,
)
from penstock.envoy.limits import raise_file_limit
from penstock.envoy.paths import ProxyPaths
from penstock.envoy.record import Running, find_running, fingerprint

__all__ = [
    "EnvoyError",
    "EnvoyProcess",
    "EnvoySettings",
    "ProcessPhase",
    "ProcessState",
    "run_envoy",
]

_log = logging.getLogger(__name__)

_POLL_READY: Final = 0.005
_HOT_RESTART_WITHIN: Final = 60.0
"""Seconds that a new process may take to serve: it may have to wait for its configuration."""


class ProcessPhase(Enum):
    """What the supervisor is doing."""

    STARTING = "starting"
    RUNNING = "running"
    RENEWING = "hot-restarting"
    WAITING = "waiting to restart"
    DRAINING = "draining"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ProcessState:
    """One proxy's process, for people and metrics."""

    phase: ProcessPhase
    pid: int | None
    restarts: int
    """Times it died and was started anew."""
    last_exit: int | None
    """Exit code of the last Envoy that ended by itself; negative: the signal; None: unknown."""
    epoch: int = 0
    """Hot restarts since the first start."""
    adopted: bool = False
    """Whether a former control plane had started it."""
    former: int | None = None
    """The process before the last hot restart, while it finishes its connections."""


class EnvoyProcess:
    """A supervised Envoy; made by `run_envoy`."""

    def __init__(
        self,
        paths: ProxyPaths,
        settings: EnvoySettings,
        tasks: asyncio.TaskGroup,
        on_change: Callable[[ProcessState], None] | None = None,
    ) -> None:
        self.paths = paths
        self.admin = AdminClient(paths.admin_socket)
        self._settings = settings
        self._on_change = on_change
        self._bootstrap = bootstrap(
            BootstrapSettings(
                settings.node_id, settings.cluster, paths.xds_socket, paths.admin_socket
            )
        )
        self._tasks = tasks
        self._watches: set[asyncio.Task[None]] = set()
        self._changing = asyncio.Lock()
        """Held while one process takes another's place."""
        self._child: Child | None = None
        self._former: Child | None = None
        self._epoch = 0
        self._adopted = False
        self._phase = ProcessPhase.STOPPED
        self._restarts = 0
        self._pause = settings.first_back_off
        self._last_exit: int | None = None
        self._stopping = asyncio.Event()

    def state(self) -> ProcessState:
        """What is going on now."""
        return ProcessState(
            self._phase,
            _pid(self._child),
            self._restarts,
            self._last_exit,
            self._epoch,
            self._adopted,
            _pid(self._former),
        )

    async def wait_ready(self, within: float = 30.0) -> None:
        """Return when Envoy is live: it has its first listeners and serves.

        Raises EnvoyError after `within` seconds.
        """
        with _no_timeout("Envoy got no configuration in time", self.paths.log):
            async with asyncio.timeout(within):
                while True:
                    with suppress(AdminError):
                        if await self.admin.ready():
                            return
                    await asyncio.sleep(_POLL_READY)

    async def hot_restart(self, within: float = _HOT_RESTART_WITHIN) -> None:
        """Let a new process take over without a gap; returns when it serves.

        The old one finishes its connections, for `EnvoySettings.handover` seconds at
        most; a process that is still busy with that from the time before is ended.
        Raises EnvoyError when the new process does not come up: the old one serves on.
        """
        async with self._changing:
            old = self._child
            if old is None or old.ended or self._stopping.is_set():
                return
            self._enter(ProcessPhase.RENEWING)
            epoch = self._epoch + 1
            try:
                fresh = await self._spawn(epoch)
                self._save(others=fresh)
                try:
                    await self._until_serving(fresh, epoch, within)
                except BaseException:
                    fresh.send(signal.SIGKILL)
                    raise
            except OSError as error:
                raise EnvoyError(str(error)) from error
            finally:
                self._enter(ProcessPhase.RUNNING)
            _log.info("envoy hot-restarted epoch=%d pid=%d", epoch, fresh.identity.pid)
            self._former, self._adopted = old, False
            self._take(fresh, epoch)
            self._watch(self._see_off(old))

    async def stop(self) -> None:
        """Drain, then end every process of ours; at once when none runs."""
        self._stopping.set()
        child = self._child
        if child is not None and not child.ended:
            self._enter(ProcessPhase.DRAINING)
            self._save(draining=True)
            try:
                if not await drain(self.admin, self._settings.drain):
                    _log.warning("envoy drain incomplete pid=%d", child.identity.pid)
                await child.terminate(patience=self._settings.terminate_patience)
            except asyncio.CancelledError:
                child.send(signal.SIGTERM)  # Whoever is impatient shall not leave it behind.
                raise
        if self._former is not None:
            await self._former.terminate(patience=self._settings.terminate_patience)
        if child is not None:
            self.paths.sweep()
        self._enter(ProcessPhase.STOPPED)

    def hurry(self) -> None:
        """End every process now; whoever waits for `stop` is done soon."""
        for child in (self._child, self._former):
            if child is not None:
                child.send(signal.SIGTERM)

    def leave(self) -> None:
        """Watch no more; what runs goes on running, for the next control plane."""
        self._stopping.set()
        self._end_watches()

    # Beginning

    async def _begin(self) -> None:
        """Take a running Envoy over, or start one; return once its admin interface answers."""
        found = await find_running(self.paths)
        if found is None or not await self._take_over(found):
            self.paths.sweep()
            try:
                self._take(await self._spawn(0), 0)
            except OSError as error:
                raise EnvoyError(str(error)) from error
            await self._until_answering()
        elif found.fingerprint != self._fingerprint():
            _log.warning("envoy was started with other options, hot-restarting")
            self._watch(self._renew())

    async def _take_over(self, found: Running) -> bool:
        """Make `found` ours; False, with everything of it ended, when it cannot go on serving."""
        child = Child.adopt(found.identity)
        former = Child.adopt(found.former) if found.former is not None else None
        if child is not None and not found.draining and await self._serves(found):
            _log.info("envoy adopted epoch=%d pid=%d", found.epoch, found.identity.pid)
            self._adopted, self._former = True, former
            self._take(child, found.epoch)
            if former is not None:
                self._watch(self._see_off(former))
            return True
        patience = self._settings.terminate_patience
        if child is not None:
            _log.warning("envoy left over, cannot be taken over pid=%d", found.identity.pid)
            await drain(self.admin, self._settings.drain)
            await child.terminate(patience=patience)
        if former is not None:
            await former.terminate(patience=patience)
        return False

    async def _serves(self, found: Running) -> bool:
        try:
            info = await self.admin.server_info()
        except AdminError:
            return False
        return info.state != "DRAINING" and info.epoch == found.epoch

    async def _renew(self) -> None:
        try:
            await self.hot_restart()
        except EnvoyError as error:
            _log.error("envoy hot restart failed, the old process serves on: %s", error)

    def _take(self, child: Child, epoch: int) -> None:
        """From now on `child` is the one that serves."""
        self._child, self._epoch = child, epoch
        self._save()
        self._watch(self._keep_alive(child))
        self._enter(ProcessPhase.RUNNING)

    # Watching

    async def _keep_alive(self, child: Child) -> None:
        """Start another Envoy when this one dies by itself."""
        clock = asyncio.get_running_loop().time
        started = clock()
        await child.wait()
        async with self._changing:
            if self._child is not child or self._stopping.is_set():
                return
            if clock() - started >= self._settings.stable_after:
                self._pause = self._settings.first_back_off
            self._restarts += 1
            self._last_exit = child.return_code
            self._adopted = False
            while not self._stopping.is_set():
                self._note_death(child)
                await self._back_off()
                if self._stopping.is_set():
                    return
                self.paths.sweep()
                try:
                    self._take(await self._spawn(0), 0)
                except OSError as error:
                    _log.error("envoy cannot be started error=%r", str(error))
                    continue
                return

    def _note_death(self, child: Child) -> None:
        _log.error(
            "envoy died node=%s pid=%d exit=%s restarts=%d next_start_in=%.2fs",
            self._settings.node_id,
            child.identity.pid,
            self._last_exit,
            self._restarts,
            self._pause,
        )
        self._enter(ProcessPhase.WAITING)

    async def _back_off(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pause):
                await self._stopping.wait()
        self._pause = min(self._pause * 2, self._settings.longest_back_off)

    async def _see_off(self, former: Child) -> None:
        """Wait for the end of a process that was replaced.

        Its successor ends it, after `handover` at the latest, and must be the one to
        do so: an Envoy whose parent is gone unexpectedly blocks for seconds in asking
        it for statistics.  Only an orphan has to be ended by us.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.handover + _HOT_RESTART_WITHIN):
                await former.wait()
        await former.terminate(patience=self._settings.terminate_patience)
        if self._former is former:
            self._former = None
            if not self._stopping.is_set():
                self._save()

    def _watch(self, watching: Coroutine[None, None, None]) -> None:
        task = self._tasks.create_task(watching)
        self._watches.add(task)
        task.add_done_callback(self._watches.discard)

    def _end_watches(self) -> None:
        for task in self._watches:
            task.cancel()

    # Starting

    async def _spawn(self, epoch: int) -> Child:
        """Start a process; raises OSError, or EnvoyError when its parent is not known."""
        if epoch == 0:
            self._enter(ProcessPhase.STARTING)
            rotate(self.paths.log)
        write_bootstrap(self._bootstrap, self.paths.bootstrap)
        options = restart_options(self.paths, epoch)
        started = Child.launch([*arguments(self.paths, self._settings), *options], self.paths.log)
        raise_file_limit(started.identity.pid)
        _log.info("envoy started node=%s pid=%d", self._settings.node_id, started.identity.pid)
        return started

    def _fingerprint(self) -> str:
        message = self._bootstrap.SerializeToString(deterministic=True)
        return fingerprint(arguments(self.paths, self._settings), message)

    def _save(self, *, draining: bool = False, others: Child | None = None) -> None:
        """Write the pid file; without it the admin socket leads the next control plane here."""
        assert self._child is not None
        other = others or self._former
        record = Running(
            self._child.identity,
            self._epoch,
            "" if self._adopted else self._fingerprint(),
            draining,
            other.identity if other is not None else None,
        )
        if self._adopted and (known := Running.load(self.paths.pid_file)) is not None:
            record = replace(record, fingerprint=known.fingerprint)
        try:
            record.save(self.paths.pid_file)
        except OSError as error:
            _log.warning("pid file not written path=%s error=%s", self.paths.pid_file, error)

    async def _until_answering(self) -> None:
        """Return once the admin interface answers; raise if Envoy dies before."""
        with _no_timeout("Envoy's admin interface did not answer", self.paths.log):
            async with asyncio.timeout(30):
                while True:
                    if self._restarts:
                        raise EnvoyError(_with_log("Envoy ended at once", self.paths.log))
                    with suppress(AdminError):
                        await self.admin.ready()
                        return
                    await asyncio.sleep(_POLL_READY)

    async def _until_serving(self, fresh: Child, epoch: int, within: float) -> None:
        with _no_timeout("The new Envoy did not come up", self.paths.log):
            async with asyncio.timeout(within):
                while not fresh.ended:
                    with suppress(AdminError):
                        info = await self.admin.server_info()
                        if info.epoch == epoch and info.state == "LIVE":
                            return
                    await asyncio.sleep(_POLL_READY)
        raise EnvoyError(_with_log("The new Envoy ended at once", self.paths.log))

    def _enter(self, phase: ProcessPhase) -> None:
        if phase is not self._phase:
            self._phase = phase
            if self._on_change is not None:
                self._on_change(self.state())


@asynccontextmanager
async def run_envoy(
    paths: ProxyPaths,
    settings: EnvoySettings,
    on_change: Callable[[ProcessState], None] | None = None,
) -> AsyncIterator[EnvoyProcess]:
    """A supervised Envoy for the time of the block; it is drained and ended at its end.

    Entering returns when the admin interface answers (`wait_ready` waits for
    configuration).  Raises EnvoyError when Envoy does not start, or when
    another control plane uses the same directory.
    """
    failure: BaseException | None = None
    with only_one(paths.lock):
        async with asyncio.TaskGroup() as tasks:
            envoy = EnvoyProcess(paths, settings, tasks, on_change)
            follower = LogFollower(paths.log, settings.node_id)
            following = tasks.create_task(follower.run())
            try:
                await envoy._begin()
                yield envoy
            except Exception as error:
                failure = error  # Raised below as itself, not as a group of one.
            finally:
                follower.poll()
                follower.expected = True
                if not envoy._stopping.is_set():
                    await envoy.stop()
                envoy._end_watches()
                following.cancel()
                follower.poll()
    if failure is not None:
        raise failure


def _pid(child: Child | None) -> int | None:
    return child.identity.pid if child is not None and not child.ended else None


@contextmanager
def _no_timeout(what: str, log: Path) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise EnvoyError(_with_log(what, log)) from None


def _with_log(what: str, log: Path) -> str:
    return "\n".join([f"{what}; the end of {log}:", *last_lines(log)])
