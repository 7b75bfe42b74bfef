"""The supervisor: holds the process that serves, and sees its predecessor off."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Final

from penstock.envoy.admin import AdminClient
from penstock.envoy.child import Child, Identity
from penstock.envoy.drain import drain
from penstock.envoy.launch import EnvoyError, EnvoySettings
from penstock.envoy.paths import ProxyPaths
from penstock.envoy.process.adoption import adopt
from penstock.envoy.process.back_off import BackOff
from penstock.envoy.process.starter import Starter
from penstock.envoy.process.state import ProcessPhase, ProcessState
from penstock.envoy.process.waiting import until_answering, until_live, until_serving
from penstock.envoy.record import Running, find_running

_log = logging.getLogger(__name__)

_HOT_RESTART_WITHIN: Final = 60.0
"""Seconds that a new process may take to serve: it may have to wait for its configuration."""


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
        self._starter = Starter(paths, settings)
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
        self._back_off = BackOff(settings)
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
        await until_live(self.admin, self.paths.log, within)

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
                fresh = self._starter.start(epoch, lambda identity: self._save(other=identity))
                try:
                    await until_serving(self.admin, self.paths.log, fresh, epoch, within)
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
                if not await drain(child.identity.pid, self.admin, self._settings.drain):
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

    async def cut(self) -> None:
        """End every process at once, as a power cut does: nothing is drained, none comes back."""
        self._stopping.set()
        children = [c for c in (self._child, self._former) if c is not None and not c.ended]
        for child in children:
            child.send(signal.SIGKILL)
        for child in children:
            await child.wait()
        self.paths.sweep()
        self._enter(ProcessPhase.STOPPED)

    def hurry(self) -> None:
        """End every process now; whoever waits for `stop` is done soon."""
        for child in (self._child, self._former):
            if child is not None:
                child.send(signal.SIGTERM)

    @property
    def is_stopping(self) -> bool:
        """Whether nothing is to be started any more."""
        return self._stopping.is_set()

    def leave(self) -> None:
        """Watch no more; what runs goes on running, for the next control plane."""
        self._stopping.set()
        self.end_watches()

    # Beginning

    async def begin(self) -> None:
        """Take a running Envoy over, or start one; return once its admin interface answers."""
        found = await find_running(self.paths)
        if found is None or not await self._take_over(found):
            self.paths.sweep()
            try:
                self._start()
            except OSError as error:
                raise EnvoyError(str(error)) from error
            await until_answering(self.admin, self.paths.log, lambda: bool(self._restarts))
        elif found.fingerprint != self._starter.fingerprint():
            _log.warning("envoy was started with other options, hot-restarting")
            self._watch(self._renew())

    async def _take_over(self, found: Running) -> bool:
        adopted = await adopt(found, self.admin, self._settings)
        if adopted is None:
            return False
        self._adopted, self._former = True, adopted.former
        self._take(adopted.child, found.epoch)
        if adopted.former is not None:
            self._watch(self._see_off(adopted.former))
        return True

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
            self._back_off.note_life(clock() - started)
            self._restarts += 1
            self._last_exit = child.return_code
            self._adopted = False
            while not self._stopping.is_set():
                self._note_death(child)
                await self._back_off.wait(self._stopping)
                if self._stopping.is_set():
                    return
                self.paths.sweep()
                try:
                    self._start()
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
            self._back_off.pause,
        )
        self._enter(ProcessPhase.WAITING)

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

    def end_watches(self) -> None:
        """Watch no process any more."""
        for task in self._watches:
            task.cancel()

    # Starting

    def _start(self) -> None:
        """The first process, or the next after a death; raises OSError."""
        self._enter(ProcessPhase.STARTING)
        self._take(self._starter.start(0, self._save_first), 0)

    def _save_first(self, identity: Identity) -> None:
        """Write the pid file of a process that is about to become Envoy."""
        former = self._former.identity if self._former is not None else None
        self._write(Running(identity, 0, self._starter.fingerprint(), former=former))

    def _save(self, *, draining: bool = False, other: Identity | None = None) -> None:
        """Write the pid file; `other` is a process beside the one that serves."""
        assert self._child is not None
        if other is None and self._former is not None:
            other = self._former.identity
        fingerprint = "" if self._adopted else self._starter.fingerprint()
        record = Running(self._child.identity, self._epoch, fingerprint, draining, other)
        if self._adopted and (known := Running.load(self.paths.pid_file)) is not None:
            record = replace(record, fingerprint=known.fingerprint)
        self._write(record)

    def _write(self, record: Running) -> None:
        """Without the pid file the admin socket leads the next control plane here."""
        try:
            record.save(self.paths.pid_file)
        except OSError as error:
            _log.warning("pid file not written path=%s error=%s", self.paths.pid_file, error)

    def _enter(self, phase: ProcessPhase) -> None:
        if phase is not self._phase:
            self._phase = phase
            if self._on_change is not None:
                self._on_change(self.state())


def _pid(child: Child | None) -> int | None:
    return child.identity.pid if child is not None and not child.ended else None
