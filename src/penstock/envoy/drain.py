"""Taking a proxy out of service without losing a request.

The order matters.  First the listening sockets close, while clients still use
their open connections, so that hardly anybody is in the middle of connecting;
then every response asks its client to leave (`connection: close`, GOAWAY), and
whoever comes back is refused cleanly.  The other order drives all clients
through the accept queue that is about to be thrown away.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from penstock.envoy.admin import AdminClient, AdminError

_PATTERN: Final = (
    r"^(listener\..*\.downstream_(pre_)?cx_active|http\..*\.downstream_(cx|rq)_active)$"
)
_OURS: Final = re.compile(r"^(?:listener|http)\.admin\.|\.worker_\d+\.")
"""The admin interface's own connections, and each worker's share of what is counted anyway."""

_POLL: Final = 0.02


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


async def drain(admin: AdminClient, policy: DrainPolicy) -> bool:
    """Stop accepting and wait for what is under way; False when some of it had to be left.

    A proxy that no longer answers has nothing to drain.
    """
    try:
        async with asyncio.timeout(policy.announce + policy.timeout):
            if policy.announce:
                await admin.fail_health_check()
                await asyncio.sleep(policy.announce)
            await admin.drain_listeners()
            await admin.fail_health_check()
            await _until_quiet(admin, policy.idle)
    except AdminError:
        return True
    except TimeoutError:
        return False
    return True


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
