"""The delta ADS server on a Unix socket: publish a snapshot, learn who runs it."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Final, Self

import grpc.aio
from envoy.service.discovery.v3.ads_pb2_grpc import (
    add_AggregatedDiscoveryServiceServicer_to_server as add_ads_to_server,
)
from envoy.service.load_stats.v3.lrs_pb2_grpc import (
    add_LoadReportingServiceServicer_to_server as add_lrs_to_server,
)

from penstock.envoy.load_reports import LoadReports
from penstock.envoy.resources import Snapshot
from penstock.envoy.xds.overlay import Overlay
from penstock.envoy.xds.report import Nack, Outcome, ProxyState, Rollout, Statistics, Warm
from penstock.envoy.xds.rollout import Pace
from penstock.envoy.xds.service import DeltaAds
from penstock.envoy.xds.session import Session
from penstock.envoy.xds.signal import Signal
from penstock.envoy.xds.target import Target, follow
from penstock.envoy.xds.view import Key

_log = logging.getLogger(__name__)

_MESSAGE_LIMIT: Final = 64 << 20
_CHUNK_BYTES: Final = 16 << 20
"""Responses are split above this; well below any limit, above any ordinary configuration."""

_SOCKET_PATH_LIMIT: Final = 107
"""`sun_path` has 108 bytes, the last is NUL."""


class XdsServer:
    """Serves the newest published snapshot to every proxy that connects.

    Until the first `publish` requests stay unanswered, so that a proxy that
    outlived the control plane never sees an empty configuration.
    """

    def __init__(
        self,
        socket: Path,
        *,
        warm: Warm | None = None,
        ack_timeout: float = 5.0,
        removal_grace: float = 1.0,
        warm_timeout: float = 4.0,
        on_nack: Callable[[Nack], None] | None = None,
        chunk_bytes: int = _CHUNK_BYTES,
        load_reports: LoadReports | None = None,
    ) -> None:
        if len(os.fsencode(socket)) > _SOCKET_PATH_LIMIT:
            raise ValueError(f"socket path is longer than {_SOCKET_PATH_LIMIT} bytes: {socket}")
        self.socket = socket
        self._warm = warm
        self._ack_timeout = ack_timeout
        self._pace = Pace(warm_timeout=warm_timeout, removal_grace=removal_grace)
        self.on_nack = on_nack
        """Told of every refused resource, once."""
        self._chunk_bytes = chunk_bytes
        self._load_reports = load_reports
        self._server: grpc.aio.Server | None = None
        self._target: Target | None = None
        self._sessions: dict[int, Session] = {}
        self._connections = 0
        self._connected = Signal()
        self._withheld: frozenset[Key] = frozenset()
        self._statistics = Statistics()
        self._told: dict[tuple[str, str, str], tuple[str, str]] = {}
        """By node, type and name: version and message of the last refusal that was told."""

    # Life

    async def start(self) -> None:
        """Listen; raises OSError when the socket cannot be bound."""
        server = grpc.aio.server(
            options=[
                ("grpc.max_receive_message_length", _MESSAGE_LIMIT),
                ("grpc.max_send_message_length", _MESSAGE_LIMIT),
            ]
        )
        add_ads_to_server(DeltaAds(self._connect, self._warm, self._pace), server)
        if self._load_reports is not None:
            add_lrs_to_server(self._load_reports, server)
        mask = os.umask(0o177)  # The socket must never be open to others, not for a moment.
        try:
            server.add_insecure_port(f"unix:{self.socket.absolute()}")
        except RuntimeError as error:
            raise OSError(f"cannot bind {self.socket}: {error}") from error
        finally:
            os.umask(mask)
        await server.start()
        self._server = server

    async def stop(self) -> None:
        """Close all streams; proxies go on serving what they have."""
        if self._server is not None:
            for session in self._sessions.values():
                session.close()
            if self._load_reports is not None:
                self._load_reports.close()
            await self._server.stop(grace=0.5)
            self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    # Publishing

    async def publish(self, snapshot: Snapshot, overlay: Overlay | None = None) -> Rollout:
        """Make `snapshot` what every proxy shall run; an equal one sends nothing.

        With `overlay` single proxies get load assignments of their own.

        Additions are under way when this coroutine first yields.  Returns when
        every proxy that is connected now has answered listeners and routes, or
        after `ack_timeout`; removals follow later.
        """
        self._statistics.publishes += 1
        before = self._target
        if before is None or before.revision != snapshot.revision or before.overlay is not overlay:
            known, sequence = (before.snapshot, before.sequence) if before else (None, 0)
            self._target = follow(known, snapshot, sequence + 1, overlay)
            for session in list(self._sessions.values()):
                session.offer(self._target)
        assert self._target is not None
        return await self._outcome(self._target)

    async def applied(self, *, within: float | None = None) -> Rollout:
        """Wait until some proxy is connected and all have answered what is published now.

        Raises TimeoutError when no proxy connects in time (seconds).
        """
        async with asyncio.timeout(within):
            await self._connected.until(
                lambda: self._target is not None and any(s.node_id for s in self._sessions.values())
            )
        assert self._target is not None
        return await self._outcome(self._target, within)

    async def _outcome(self, target: Target, within: float | None = None) -> Rollout:
        clock = asyncio.get_running_loop().time
        start, sessions = clock(), [s for s in self._sessions.values() if s.node_id]
        deadline = start + (self._ack_timeout if within is None else within)
        for session in sessions:
            try:
                async with asyncio.timeout_at(deadline):
                    await session.changed.until(lambda s=session: _done(s, target))  # type: ignore[misc]
            except TimeoutError:
                _log.warning(
                    "xds not answered in time node=%s revision=%s", session.node_id, target.revision
                )
        outcomes = {session.node_id: _judge(session, target) for session in sessions}
        nacks = tuple(nack for session in sessions for nack in session.nacks)
        return Rollout(
            target.revision,
            MappingProxyType(outcomes),
            nacks,
            clock() - start,
            superseded=self._target is not target,
        )

    def withhold(self, keys: Collection[Key]) -> None:
        """From now on send nothing of these (type URL, name); proxies keep what they have.

        Replaces what was withheld before; what is released is sent where needed.
        """
        self._withheld = frozenset(keys)
        for session in self._sessions.values():
            session.withhold(self._withheld)

    def retry(self, keys: Collection[Key] | None = None) -> None:
        """Offer refused resources once more, all or these (a port may be free by now)."""
        for session in self._sessions.values():
            session.retry(keys)

    # Telling

    @property
    def published(self) -> Snapshot | None:
        """The newest snapshot."""
        return self._target.snapshot if self._target else None

    @property
    def proxies(self) -> tuple[ProxyState, ...]:
        """Every connected proxy that has said who it is."""
        return tuple(s.state() for s in self._sessions.values() if s.node_id)

    async def until(self, condition: Callable[[tuple[ProxyState, ...]], bool]) -> None:
        """Wait for a condition over `proxies`; it is checked after every change."""
        await self._connected.until(lambda: condition(self.proxies))

    def statistics(self) -> Mapping[str, int]:
        """Counters since the start."""
        return self._statistics.frozen()

    # Streams

    @contextmanager
    def _connect(self) -> Iterator[Session]:
        self._connections += 1
        self._statistics.streams += 1
        number = self._connections
        session = Session(
            statistics=self._statistics,
            on_nack=self._nacked,
            max_bytes=self._chunk_bytes,
            watcher=self._connected.notify,
        )
        session.withhold(self._withheld)
        if self._target is not None:
            session.offer(self._target)
        self._sessions[number] = session
        try:
            yield session
        finally:
            del self._sessions[number]
            session.close()

    def _nacked(self, nack: Nack) -> None:
        place = (nack.node_id, nack.type_url, nack.name)
        if self._told.get(place) == (nack.version, nack.message):
            return  # Offered again, and refused again.
        self._told[place] = (nack.version, nack.message)
        _log.warning(
            "xds refused node=%s type=%s name=%s version=%s message=%r",
            nack.node_id,
            nack.type_url.rsplit(".", 1)[-1],
            nack.name,
            nack.version,
            nack.message,
        )
        if self.on_nack is not None:
            self.on_nack(nack)


def _done(session: Session, target: Target) -> bool:
    answered = session.answered
    return session.closed or (answered is not None and answered.sequence >= target.sequence)


def _judge(session: Session, target: Target) -> Outcome:
    if session.closed:
        return Outcome.DISCONNECTED
    if not _done(session, target):
        return Outcome.TIMED_OUT
    return Outcome.REJECTED if session.nacks else Outcome.ACKNOWLEDGED
