"""Envoy's admin interface, typed: readiness, cluster health, statistics, draining.

Only ever reached through a Unix socket in the state directory.  Everything
here asks Envoy to do work on its main thread, where configuration is applied
too, so the calls that are polled ask for as little as possible.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec

from penstock.envoy.uds_http import AdminError, Reply, request

__all__ = ["AdminClient", "AdminError", "ClusterStatus", "EndpointStatus", "ServerInfo"]

_MANY: Final = 64
"""From so many names on, a pattern of all of them costs Envoy more than asking for everything."""


@dataclass(frozen=True, slots=True)
class EndpointStatus:
    """One endpoint of a cluster, as Envoy sees it now."""

    address: str
    """`host:port`, or the path of a Unix socket."""
    health_flags: tuple[str, ...]
    """Why it is not used: `failed_active_health_check`, `eds_status_unhealthy`, …"""
    weight: int
    zone: str
    active_connections: int
    active_requests: int

    @property
    def healthy(self) -> bool:
        """Whether nothing speaks against the endpoint."""
        return not self.health_flags


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """One active cluster; a cluster that is still warming is not listed."""

    name: str
    endpoints: tuple[EndpointStatus, ...]


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """Envoy's own state: `LIVE`, `DRAINING`, `PRE_INITIALIZING`, `INITIALIZING`."""

    state: str
    version: str
    uptime: float
    """Seconds."""
    epoch: int = 0
    """How many hot restarts led to this process."""


@dataclass(frozen=True, slots=True)
class AdminClient:
    """Asks one Envoy; every method raises AdminError when Envoy cannot be asked."""

    socket: Path
    timeout: float = 5.0
    """Seconds for one call."""

    async def ready(self) -> bool:
        """Whether Envoy has its first configuration and serves (`/ready`)."""
        reply = await request(self.socket, "GET", "/ready", within=self.timeout)
        return reply.status == 200

    async def server_info(self) -> ServerInfo:
        """State, version and uptime."""
        info = await self._json("/server_info")
        uptime = str(info.get("uptime_current_epoch", "0s")).removesuffix("s")
        epoch = int(info.get("command_line_options", {}).get("restart_epoch", 0))
        return ServerInfo(str(info["state"]), str(info["version"]), float(uptime), epoch)

    async def clusters(self, names: Collection[str] | None = None) -> dict[str, ClusterStatus]:
        """Active clusters with their endpoints, all or those named."""
        query = "" if names is None else f"&filter={_any_of(names)}"
        found = await self._json(f"/clusters?format=json{query}")
        statuses = [_cluster(entry) for entry in found.get("cluster_statuses", ())]
        return {status.name: status for status in statuses}

    async def warming_clusters(self, names: Collection[str]) -> int:
        """How many clusters have a version that waits for endpoints or secrets.

        Of those named if they are few; of all clusters if many are named (the
        answer is then the same question at a tenth of the cost).
        """
        return await self._count_configs("dynamic_warming_clusters", names)

    async def warming_listeners(self, names: Collection[str]) -> int:
        """How many of the listeners are not in service in their newest version."""
        query = f"&name_regex={_any_of(names)}" if len(names) < _MANY else ""
        mask = "name,active_state.version_info,warming_state.version_info"
        dump = await self._json(f"/config_dump?resource=dynamic_listeners&mask={mask}{query}")
        states = {str(entry.get("name")): entry for entry in dump.get("configs", ())}
        return sum(1 for name in names if not _in_service(states.get(name, {})))

    async def are_listening(self, names: Collection[str]) -> bool:
        """Whether each of the listeners is in service, in whatever version, and takes connections.

        Envoy acknowledges them before, and lists them as active before it serves.
        """
        dump = await self._json(
            "/config_dump?resource=dynamic_listeners&mask=name,active_state.version_info"
        )
        active = {
            str(entry.get("name")) for entry in dump.get("configs", ()) if "active_state" in entry
        }
        return active >= set(names) and await self.ready()

    async def stats(self, pattern: str = "", *, used_only: bool = False) -> dict[str, int]:
        """Counters and gauges by name, those whose name the regular expression finds."""
        query = "?filter=" + quote(pattern, safe="") + ("&usedonly" if used_only else "")
        lines = (await self._text("/stats" + query)).splitlines()
        pairs = (line.rpartition(": ") for line in lines)
        return {name: int(value) for name, _, value in pairs if value.isdigit()}

    async def prometheus(self) -> bytes:
        """Statistics in Prometheus' text format, those that were ever touched."""
        return (await self._get("/stats/prometheus?usedonly")).body

    async def fail_health_check(self) -> None:
        """From now on every response asks its client to go elsewhere (close, GOAWAY)."""
        await self._post("/healthcheck/fail")

    async def drain_listeners(self) -> None:
        """Close the listening sockets now; established connections live on."""
        await self._post("/drain_listeners")

    async def reopen_logs(self) -> None:
        """Close and open all access logs."""
        await self._post("/reopen_logs")

    async def _count_configs(self, resource: str, names: Collection[str]) -> int:
        if not names:
            return 0
        query = f"&name_regex={_any_of(names)}" if len(names) < _MANY else ""
        dump = await self._json(f"/config_dump?resource={resource}&mask=version_info{query}")
        return len(dump.get("configs", ()))

    async def _get(self, target: str) -> Reply:
        return _checked(await request(self.socket, "GET", target, within=self.timeout), target)

    async def _post(self, target: str) -> Reply:
        return _checked(await request(self.socket, "POST", target, within=self.timeout), target)

    async def _text(self, target: str) -> str:
        return (await self._get(target)).body.decode("utf-8", "replace")

    async def _json(self, target: str) -> dict[str, Any]:
        body = (await self._get(target)).body
        try:
            return msgspec.json.decode(body, type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise AdminError(f"{target}: {error}") from error


def _checked(reply: Reply, target: str) -> Reply:
    if reply.status != 200:
        raise AdminError(f"{target}: status {reply.status}: {reply.body[:200]!r}")
    return reply


def _any_of(names: Collection[str]) -> str:
    return quote("^(?:" + "|".join(re.escape(name) for name in sorted(names)) + ")$", safe="")


def _in_service(entry: Mapping[str, Any]) -> bool:
    return "active_state" in entry and "warming_state" not in entry


def _cluster(entry: Mapping[str, Any]) -> ClusterStatus:
    endpoints = tuple(_endpoint(host) for host in entry.get("host_statuses", ()))
    return ClusterStatus(str(entry["name"]), endpoints)


def _endpoint(host: Mapping[str, Any]) -> EndpointStatus:
    gauges = {str(s.get("name")): int(s.get("value", 0)) for s in host.get("stats", ())}
    return EndpointStatus(
        address=_address(host.get("address", {})),
        health_flags=_flags(host.get("health_status", {})),
        weight=int(host.get("weight", 1)),
        zone=str(host.get("locality", {}).get("zone", "")),
        active_connections=gauges.get("cx_active", 0),
        active_requests=gauges.get("rq_active", 0),
    )


def _address(address: Mapping[str, Any]) -> str:
    if pipe := address.get("pipe"):
        return str(pipe.get("path", ""))
    socket = address.get("socket_address", {})
    host, port = str(socket.get("address", "")), socket.get("port_value", 0)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _flags(status: Mapping[str, Any]) -> tuple[str, ...]:
    """Every boolean that is set, and EDS' verdict where it is not `HEALTHY`."""
    flags = [name for name, value in status.items() if value is True]
    verdict = str(status.get("eds_health_status", "HEALTHY"))
    if verdict not in ("HEALTHY", "UNKNOWN"):
        flags.append(f"eds_status_{verdict.lower()}")
    return tuple(sorted(flags))
