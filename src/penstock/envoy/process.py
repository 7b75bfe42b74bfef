"""The supervisor: starts Envoy, restarts it when it dies, drains it when we stop.

Envoy runs in a session of its own and writes to files, so it serves on when
the control plane is killed.  The next control plane with the same state
directory finds it by its pid file and ends it, drained, before it starts its
own.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from penstock.envoy.admin import AdminClient, AdminError
from penstock.envoy.bootstrap import BootstrapSettings, bootstrap, write_bootstrap
from penstock.envoy.child import Child, Identity
from penstock.envoy.drain import drain
from penstock.envoy.envoy_log import LogFollower, last_lines
from penstock.envoy.launch import EnvoyError, EnvoySettings, arguments, only_one, rotate
from penstock.envoy.limits import raise_file_limit
from penstock.envoy.paths import ProxyPaths

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


class ProcessPhase(Enum):
    """What the supervisor is doing."""

    STARTING = "starting"
    RUNNING = "running"
    WAITING = "waiting to restart"
    DRAINING = "draining"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ProcessState:
    """One proxy's process, for people and metrics."""

    phase: ProcessPhase
    pid: int | None
    restarts: int
    last_exit: int | None
    """Exit code of the last Envoy that ended by itself; negative: the signal."""


class EnvoyProcess:
    """A supervised Envoy; made by `run_envoy`."""

    def __init__(
        self,
        paths: ProxyPaths,
        settings: EnvoySettings,
        on_change: Callable[[ProcessState], None] | None = None,
    ) -> None:
        self.paths = paths
        self.admin = AdminClient(paths.admin_socket)
        self._settings = settings
        self._on_change = on_change
        self._child: Child | None = None
        self._phase = ProcessPhase.STOPPED
        self._restarts = 0
        self._last_exit: int | None = None
        self._stopping = asyncio.Event()

    def state(self) -> ProcessState:
        """What is going on now."""
        child = self._child
        pid = child.identity.pid if child is not None and not child.ended else None
        return ProcessState(self._phase, pid, self._restarts, self._last_exit)

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

    async def stop(self) -> None:
        """Drain, then end the process; at once when it does not run."""
        self._stopping.set()
        if self._child is None or self._child.ended:
            return
        self._enter(ProcessPhase.DRAINING)
        try:
            await _end(self._child, self.admin, self._settings)
        except asyncio.CancelledError:
            self._child.send(signal.SIGTERM)  # Whoever is impatient shall not leave it behind.
            raise

    async def _supervise(self) -> None:
        """Until `stop`: keep an Envoy running."""
        clock = asyncio.get_running_loop().time
        pause = self._settings.first_back_off
        while not self._stopping.is_set():
            started = clock()
            self._child = self._spawn()
            self._enter(ProcessPhase.RUNNING)
            await self._child.wait()
            self.paths.pid_file.unlink(missing_ok=True)
            self.paths.admin_socket.unlink(missing_ok=True)
            if self._stopping.is_set():
                break
            if clock() - started >= self._settings.stable_after:
                pause = self._settings.first_back_off
            self._note_death(pause)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._stopping.wait()
            pause = min(pause * 2, self._settings.longest_back_off)
        self._enter(ProcessPhase.STOPPED)

    def _note_death(self, pause: float) -> None:
        assert self._child is not None
        self._restarts += 1
        self._last_exit = self._child.return_code
        _log.error(
            "envoy died node=%s pid=%d exit=%s restarts=%d next_start_in=%.2fs",
            self._settings.node_id,
            self._child.identity.pid,
            self._last_exit,
            self._restarts,
            pause,
        )
        self._enter(ProcessPhase.WAITING)

    def _spawn(self) -> Child:
        self._enter(ProcessPhase.STARTING)
        rotate(self.paths.log)
        child = Child.spawn(arguments(self.paths, self._settings), self.paths.log)
        raise_file_limit(child.identity.pid)
        child.identity.save(self.paths.pid_file)
        _log.info("envoy started node=%s pid=%d", self._settings.node_id, child.identity.pid)
        return child

    def _enter(self, phase: ProcessPhase) -> None:
        if phase is not self._phase:
            self._phase = phase
            if self._on_change is not None:
                self._on_change(self.state())

    async def _first_start(self) -> None:
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
        await _end_leftover(paths, settings)
        message = bootstrap(
            BootstrapSettings(
                settings.node_id, settings.cluster, paths.xds_socket, paths.admin_socket
            )
        )
        write_bootstrap(message, paths.bootstrap)
        envoy = EnvoyProcess(paths, settings, on_change)
        follower = LogFollower(paths.log, settings.node_id)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(envoy._supervise())
            following = tasks.create_task(follower.run())
            try:
                await envoy._first_start()
                yield envoy
            except Exception as error:
                failure = error  # Raised below as itself, not as a group of one.
            finally:
                follower.poll()
                follower.expected = True
                await envoy.stop()
                following.cancel()
                follower.poll()
    if failure is not None:
        raise failure


async def _end(child: Child, admin: AdminClient, settings: EnvoySettings) -> None:
    if not await drain(admin, settings.drain):
        _log.warning("envoy drain incomplete pid=%d", child.identity.pid)
    await child.terminate(patience=settings.terminate_patience)


async def _end_leftover(paths: ProxyPaths, settings: EnvoySettings) -> None:
    """End an Envoy that a former control plane left running in this directory."""
    identity = Identity.load(paths.pid_file)
    child = Child.adopt(identity) if identity is not None and identity.alive else None
    if child is not None:
        _log.warning("envoy left over by a former control plane pid=%d", child.identity.pid)
        await _end(child, AdminClient(paths.admin_socket), settings)
    paths.pid_file.unlink(missing_ok=True)


@contextmanager
def _no_timeout(what: str, log: Path) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise EnvoyError(_with_log(what, log)) from None


def _with_log(what: str, log: Path) -> str:
    return "\n".join([f"{what}; the end of {log}:", *last_lines(log)])
