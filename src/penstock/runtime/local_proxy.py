"""The proxy of a local instance: one Envoy of our own, with the server that feeds it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from penstock.envoy.admin import AdminClient, AdminError, ClusterStatus
from penstock.envoy.drain import DrainPolicy, current_load
from penstock.envoy.load_reports import LoadReports
from penstock.envoy.paths import ProxyPaths
from penstock.envoy.process import EnvoyProcess, EnvoySettings, ProcessState, run_envoy
from penstock.envoy.record import serving_pid
from penstock.envoy.resources import Snapshot
from penstock.envoy.warm import AdminWarm
from penstock.envoy.xds import Nack, ProxyState, Rollout
from penstock.envoy.xds.server import XdsServer
from penstock.runtime.own_listeners import own_listeners
from penstock.runtime.settings import Settings
from penstock.runtime.state import StateDir

_log = logging.getLogger(__name__)
NODE_ID = "local"
_FIRST_ANSWER_SECONDS = 30.0
_CANNOT_BIND = "cannot bind"
"""In Envoy's words for a port that another program has."""


class LocalProxy:
    """Envoy and its xDS server as one thing: enter it, publish to it, leave it drained."""

    def __init__(
        self,
        settings: Settings,
        state: StateDir,
        changed: Callable[[], None],
        load_reports: LoadReports | None = None,
    ) -> None:
        """`changed` is called when the proxy starts or stops refusing something."""
        self._paths = ProxyPaths(state.path, state.sockets)
        self._settings = EnvoySettings(
            NODE_ID, drain=DrainPolicy(timeout=max(0.1, settings.drain_seconds))
        )
        self.admin = AdminClient(self._paths.admin_socket)
        self._changed = changed
        self._server = XdsServer(
            self._paths.xds_socket,
            warm=AdminWarm({NODE_ID: self.admin}),
            on_nack=lambda _nack: changed(),
            load_reports=load_reports,
        )
        self._envoy: EnvoyProcess | None = None
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._server)
        self._envoy = await self._stack.enter_async_context(run_envoy(self._paths, self._settings))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        return await self._stack.__aexit__(kind, error, trace)

    async def publish(self, snapshot: Snapshot) -> Rollout:
        """Roll a snapshot out; returns when the proxy has answered all of it."""
        refused = self.nacks
        rollout = await self._server.publish(snapshot)
        if self.nacks != refused:
            self._changed()
        return rollout

    async def wait_live(self) -> Rollout:
        """Wait until the proxy has answered what is published and takes connections.

        Raises:
            TimeoutError: it does not connect.
            EnvoyError: it does not come up.
        """
        rollout = await self._server.applied(within=_FIRST_ANSWER_SECONDS)
        if self._envoy is not None:
            await self._envoy.wait_ready()
        return rollout

    async def hot_restart(self) -> None:
        """Let a new Envoy process take over without a gap; raises EnvoyError if it does not."""
        if self._envoy is not None:
            await self._envoy.hot_restart()

    async def reopen_logs(self) -> None:
        """Let the proxy open its access log anew, after the file was moved away."""
        with contextlib.suppress(AdminError):
            await self.admin.reopen_logs()

    def hurry(self) -> None:
        """End the proxy's process now, while it drains."""
        if self._envoy is not None:
            self._envoy.hurry()

    def leave(self) -> bool:
        """Leave the proxy running if another control plane had started it; whether that is so."""
        if self._envoy is None or not self._envoy.state().adopted:
            return False
        self._envoy.leave()
        return True

    def retry(self) -> None:
        """Offer the proxy once more the listeners whose port it could not have."""
        taken = [(n.type_url, n.name) for n in self.nacks if _CANNOT_BIND in n.message]
        if taken:
            self._server.retry(taken)

    def own_listeners(self) -> frozenset[tuple[str, int]]:
        """Where processes of ours listen now: the one that serves, and one on its way out."""
        state = self.process
        known = (state.pid, state.former) if state else ()
        pids = {pid for pid in (*known, serving_pid(self._paths)) if pid is not None}
        return frozenset[tuple[str, int]]().union(*(own_listeners(pid) for pid in pids))

    @property
    def nacks(self) -> tuple[Nack, ...]:
        """What the proxy refuses now."""
        return tuple(nack for proxy in self._server.proxies for nack in proxy.nacks)

    @property
    def states(self) -> tuple[ProxyState, ...]:
        """Connected proxies."""
        return self._server.proxies

    @property
    def process(self) -> ProcessState | None:
        """The proxy's process."""
        return self._envoy.state() if self._envoy else None

    async def health(self) -> Mapping[str, ClusterStatus]:
        """Endpoints as the proxy sees them, by backend service; empty if it does not answer."""
        try:
            return await self.admin.clusters()
        except AdminError:
            return {}

    async def active_requests(self) -> int:
        """Requests under way; 0 if the proxy does not answer."""
        try:
            return (await current_load(self.admin)).requests
        except AdminError:
            return 0

    async def metrics(self) -> bytes:
        """Statistics in Prometheus' text format; empty if the proxy does not answer."""
        try:
            return await self.admin.prometheus()
        except AdminError:
            return b""

    def statistics(self) -> Mapping[str, int]:
        """Counters of the xDS server since the start."""
        return self._server.statistics()
