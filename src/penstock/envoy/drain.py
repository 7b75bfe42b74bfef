"""Taking a proxy out of service without losing a request.

The order matters.  First whoever is in the middle of connecting is let in, and nobody
else (`quiesce`).  Then the listening sockets close, while clients still use their open
connections.  Only when they are closed every response asks its client to leave
(`connection: close`, GOAWAY), and whoever comes back is refused cleanly.  Any sooner,
and clients come back to a socket that still listens but from which no worker accepts
any more: Envoy's main thread closes it when the last worker has stopped.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from penstock.envoy.accept_queue import let_move
from penstock.envoy.admin import AdminClient, AdminError
from penstock.envoy.quiesce import closed, quiesce

_log = logging.getLogger(__name__)

_PATTERN: Final = (
    r"^(listener\..*\.downstream_(pre_)?cx_active|http\..*\.downstream_(cx|rq)_active)$"
)
_OURS: Final = re.compile(r"^(?:listener|http)\.admin\.|\.worker_\d+\.")
"""The admin interface's own connections, and each worker's share of what is counted anyway."""

_POLL: Final = 0.02

_LET_IN: Final = 1.0
"""Seconds for handshakes under way; one that has lost a packet takes about one second."""
_CLOSE: Final = 2.0
"""Seconds for workers to stop accepting, which they do between two requests."""


@dataclass(frozen=True, slots=True)
class DrainPolicy:
    """How patient to be, in seconds."""

    timeout: float = 20.0
    """Requests and raw connections that last longer are cut."""
    idle: float = 0.5
    """How long HTTP connections may stay open without a request before they are closed."""
    announce: float = 0.0
    """How long to go on accepting while telling clients to leave, for a balancer before us."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a proxy is busy with."""

    connections: int
    """HTTP and raw, those included of which the protocol is not known yet."""
    http_connections: int
    requests: int

    @property
    def idle(self) -> bool:
        """Whether only HTTP connections without a request are left."""
        return self.requests == 0 and self.connections <= self.http_connections


async def current_load(admin: AdminClient) -> Load:
    """Ask the proxy; raises AdminError when it does not answer."""
    stats = {n: v for n, v in (await admin.stats(_PATTERN)).items() if not _OURS.search(n)}
    return Load(
        connections=_sum(stats, "listener.", "cx_active"),
        http_connections=_sum(stats, "http.", ".downstream_cx_active"),
        requests=_sum(stats, "http.", ".downstream_rq_active"),
    )


def _sum(stats: Mapping[str, int], prefix: str, suffix: str) -> int:
    return sum(v for name, v in stats.items() if name.startswith(prefix) and name.endswith(suffix))


async def drain(pid: int, admin: AdminClient, policy: DrainPolicy, *, alone: bool = True) -> bool:
    """Stop accepting and wait for what is under way; False when some of it had to be left.

    A proxy that no longer answers has nothing to drain.  One that is not `alone` shares
    its addresses with others that go on.
    """
    try:
        async with asyncio.timeout(policy.announce + policy.timeout):
            if policy.announce:
                await admin.fail_health_check()
                await asyncio.sleep(policy.announce)
            await _empty_queue(pid, alone, min(_LET_IN, policy.timeout / 4))
            await admin.drain_listeners()
            with suppress(OSError):
                await closed(pid, min(_CLOSE, policy.timeout / 4))
            await admin.fail_health_check()
            await _until_quiet(admin, policy.idle)
    except AdminError:
        return True
    except TimeoutError:
        return False
    return True


async def _empty_queue(pid: int, alone: bool, within: float) -> None:
    """Nobody shall wait at the listening sockets when they close."""
    try:
        if alone:
            await quiesce(pid, within)
        else:
            await asyncio.to_thread(let_move, pid)
    except OSError as error:  # Who connects right now may be reset: no reason to go on serving.
        _log.info("envoy closes its sockets as they are pid=%d error=%s", pid, error)


async def _until_quiet(admin: AdminClient, idle: float) -> None:
    clock = asyncio.get_running_loop().time
    busy_at = clock()
    while True:
        load = await current_load(admin)
        if load.connections == 0 and load.requests == 0:
            return
        if not load.idle:
            busy_at = clock()
        elif clock() - busy_at >= idle:
            return
        await asyncio.sleep(_POLL)
