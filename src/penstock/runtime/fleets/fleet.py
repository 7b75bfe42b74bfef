"""A fleet: proxies with one configuration, each an Envoy of our own, and their xDS server.

All of them listen on the same addresses (`SO_REUSEPORT`); the kernel spreads
connections over them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Mapping
from typing import Self

from penstock.envoy import accept_queue
from penstock.envoy.admin import AdminClient, AdminError, ClusterStatus
from penstock.envoy.drain import DrainPolicy, current_load
from penstock.envoy.load_reports import LoadReports
from penstock.envoy.paths import discard_socket_directory
from penstock.envoy.process import (
    EnvoyError,
    EnvoyProcess,
    EnvoySettings,
    ProcessState,
    run_envoy,
)
from penstock.envoy.resources import LISTENER
from penstock.envoy.warm import AdminWarm
from penstock.envoy.xds import Nack, ProxyState, Rollout
from penstock.envoy.xds.server import XdsServer
from penstock.runtime.configuration import Configuration
from penstock.runtime.fleets.stacked import Stacked
from penstock.runtime.nodes import paths_of
from penstock.runtime.settings import Settings
from penstock.runtime.state import StateDir

_log = logging.getLogger(__name__)
_FIRST_ANSWER_SECONDS = 30.0
_CANNOT_BIND = "cannot bind"
"""In Envoy's words for a port that another program has."""


class Fleet(Stacked):
    """Envoys and their xDS server as one thing: enter it, publish to it, leave it drained."""

    def __init__(
        self,
        region: str,
        settings: Settings,
        state: StateDir,
        changed: Callable[[], None],
        load_reports: LoadReports,
    ) -> None:
        """`changed` is called when a proxy starts or stops refusing something."""
        super().__init__()
        self.region = region
        self._state = state
        self._paths = paths_of(state, region, settings.proxies)
        self._drain = DrainPolicy(timeout=max(0.1, settings.drain_seconds))
        self.admins = {node: AdminClient(p.admin_socket) for node, p in self._paths.items()}
        self._changed = changed
        self._server = XdsServer(
            next(iter(self._paths.values())).xds_socket,
            warm=AdminWarm(self.admins),
            on_nack=lambda _nack: changed(),
            load_reports=load_reports,
        )
        self._envoys: dict[str, EnvoyProcess] = {}
        self._running: list[asyncio.Task[None]] = []
        self._ending = asyncio.Event()

    # Life

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(self._server)
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            stack.push_async_callback(self._end)
            problems = await self._start(tasks)
            if not problems:
                self._stack = stack.pop_all()
                return self
        raise problems[0]

    async def _start(self, tasks: asyncio.TaskGroup) -> list[Exception]:
        """Start every proxy, or take it over; why those did not that did not."""
        loop = asyncio.get_running_loop()
        started: dict[str, asyncio.Future[EnvoyProcess | Exception]] = {
            node: loop.create_future() for node in self._paths
        }
        self._running = [
            tasks.create_task(self._hold(node, future), name=f"proxy-{node}")
            for node, future in started.items()
        ]
        problems = []
        for node, future in started.items():
            envoy = await future
            if isinstance(envoy, Exception):
                problems.append(envoy)
            else:
                self._envoys[node] = envoy
        return problems

    async def _hold(self, node: str, started: asyncio.Future[EnvoyProcess | Exception]) -> None:
        settings = EnvoySettings(node, fellows=len(self._paths), drain=self._drain)
        try:
            async with run_envoy(self._paths[node], settings) as envoy:
                if not started.cancelled():  # Else nobody waits for it any more: it ends.
                    started.set_result(envoy)
                await self._ending.wait()
        except (EnvoyError, OSError) as error:
            if started.cancelled():
                return
            if started.done():
                raise
            started.set_result(error)

    async def _end(self) -> None:
        """Drain all proxies at once, and wait until their processes have ended."""
        self._ending.set()
        if self._running:
            await asyncio.wait(self._running)
        for paths in self._paths.values():
            if paths.state != self._state.path and not paths.pid_file.exists():
                discard_socket_directory(paths.state)

    async def let_queues_move(self) -> None:
        """Before it stops listening: what waits to be accepted shall go to who listens as well.

        Where that is not permitted, a connection that is being made at that very moment
        may be reset.
        """
        for state in self.processes.values():
            if state.pid is not None:
                try:
                    await asyncio.to_thread(accept_queue.let_move, state.pid)
                except OSError as error:
                    why = accept_queue.obstacle() or str(error)
                    _log.info("event=queue-stays region=%s why=%r", self.region, why)

    async def cut(self) -> None:
        """End every process at once, as a power cut does; then leave the block."""
        async with asyncio.TaskGroup() as tasks:
            for envoy in self._envoys.values():
                tasks.create_task(envoy.cut())

    def hurry(self) -> None:
        """End the processes now, while they drain."""
        for envoy in self._envoys.values():
            envoy.hurry()

    def leave(self) -> bool:
        """Leave proxies running that another control plane had started; whether all are such."""
        states = [envoy.state() for envoy in self._envoys.values()]
        if not states or not all(state.adopted for state in states):
            return False
        for envoy in self._envoys.values():
            envoy.leave()
        return True

    async def hot_restart(self) -> None:
        """Let new Envoy processes take over without a gap; one that does not is only logged."""
        for node, envoy in self._envoys.items():
            try:
                await envoy.hot_restart()
            except EnvoyError as error:
                _log.error("event=hot-restart-failed node=%s error=%r", node, str(error))

    # Configuration

    async def publish(self, configuration: Configuration) -> Rollout:
        """Roll it out; returns when every connected proxy has answered all of it."""
        refused = self.nacks
        rollout = await self._server.publish(configuration.snapshot, configuration.overlay)
        if self.nacks != refused:
            self._changed()
        return rollout

    def has_answered(self, rollout: Rollout) -> bool:
        """Whether every proxy has, with or without refusals."""
        return rollout.answered_by(self._paths)

    async def listens(self, names: Collection[str]) -> bool:
        """Whether every proxy takes connections at those of the listeners that it shall have.

        A listener that a proxy refuses is none of them.
        """
        published = self._server.published
        if published is None:
            return False
        shall = set(names) & published.resources[LISTENER].keys()
        shall -= {nack.name for nack in self.nacks if nack.type_url == LISTENER}
        try:
            return all([await admin.are_listening(shall) for admin in self.admins.values()])
        except AdminError:
            return False

    async def wait_live(self) -> Rollout:
        """Wait until all proxies have answered what is published and take connections.

        Raises:
            TimeoutError: one does not connect.
            EnvoyError: one does not come up.
        """
        async with asyncio.timeout(_FIRST_ANSWER_SECONDS):
            await self._server.until(
                lambda proxies: self._paths.keys() <= {proxy.node_id for proxy in proxies}
            )
        rollout = await self._server.applied(within=_FIRST_ANSWER_SECONDS)
        for envoy in self._envoys.values():
            await envoy.wait_ready()
        return rollout

    def retry(self) -> None:
        """Offer once more the listeners whose port could not be had."""
        taken = [(n.type_url, n.name) for n in self.nacks if _CANNOT_BIND in n.message]
        if taken:
            self._server.retry(taken)

    # Telling

    @property
    def nodes(self) -> tuple[str, ...]:
        """Ids of its proxies, whether they run or not."""
        return tuple(self._paths)

    @property
    def nacks(self) -> tuple[Nack, ...]:
        """What proxies refuse now."""
        return tuple(nack for proxy in self._server.proxies for nack in proxy.nacks)

    @property
    def states(self) -> tuple[ProxyState, ...]:
        """Connected proxies."""
        return self._server.proxies

    @property
    def is_current(self) -> bool:
        """Whether every proxy is connected and has answered what is published."""
        published = self._server.published
        current = {p.node_id for p in self.states if published and p.revision == published.revision}
        return self._paths.keys() <= current

    @property
    def processes(self) -> Mapping[str, ProcessState]:
        """Node → the proxy's process."""
        return {node: envoy.state() for node, envoy in self._envoys.items()}

    async def reopen_logs(self) -> None:
        """Let the proxies open their access log anew, after the file was moved away."""
        for admin in self.admins.values():
            with contextlib.suppress(AdminError):
                await admin.reopen_logs()

    async def health(self) -> Mapping[str, ClusterStatus]:
        """Endpoints as the first proxy that answers sees them, by backend service."""
        for admin in self.admins.values():
            with contextlib.suppress(AdminError):
                return await admin.clusters()
        return {}

    async def active_requests(self, node: str) -> int:
        """Requests under way; 0 if the proxy does not answer."""
        try:
            return (await current_load(self.admins[node])).requests
        except (AdminError, KeyError):
            return 0

    async def metrics(self) -> Mapping[str, bytes]:
        """Node → statistics in Prometheus' text format, of proxies that answer."""
        found = {}
        for node, admin in self.admins.items():
            with contextlib.suppress(AdminError):
                found[node] = await admin.prometheus()
        return found

    def statistics(self) -> Mapping[str, int]:
        """Counters of the xDS server since the start."""
        return self._server.statistics()
