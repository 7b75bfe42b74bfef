"""Small hand-built configurations and a backend, for tests with a real Envoy."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.config_source_pb2 import ApiVersion
from envoy.config.core.v3.health_check_pb2 import HealthStatus
from envoy.config.endpoint.v3.endpoint_pb2 import ClusterLoadAssignment
from envoy.config.listener.v3.listener_pb2 import Listener
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.filters.http.router.v3.router_pb2 import Router
from envoy.extensions.filters.http.stateful_session.v3.stateful_session_pb2 import StatefulSession
from envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2 import (  # noqa: E501
    HttpConnectionManager,
)
from envoy.extensions.http.stateful_session.cookie.v3.cookie_pb2 import CookieBasedSessionState
from envoy.extensions.transport_sockets.tls.v3.tls_pb2 import UpstreamTlsContext

from penstock.envoy.admin import AdminClient
from penstock.envoy.load_reports import LoadReports
from penstock.envoy.paths import ProxyPaths, socket_directory
from penstock.envoy.process import EnvoyProcess, EnvoySettings, run_envoy
from penstock.envoy.resources import (
    CLUSTER,
    ENDPOINTS,
    LISTENER,
    ROUTES,
    EnvoyResource,
    Snapshot,
)
from penstock.envoy.warm import AdminWarm
from penstock.envoy.xds import Nack, XdsServer


def cluster(name: str, *, connect_ms: int = 1000, secret: str | None = None) -> EnvoyResource:
    message = Cluster(name=name, type=Cluster.EDS)
    if secret is not None:
        tls = UpstreamTlsContext()
        wanted = tls.common_tls_context.tls_certificate_sds_secret_configs.add(name=secret)
        wanted.sds_config.ads.SetInParent()
        wanted.sds_config.resource_api_version = ApiVersion.V3
        message.transport_socket.name = "tls"
        message.transport_socket.typed_config.Pack(tls)
    message.connect_timeout.FromMilliseconds(connect_ms)
    message.eds_cluster_config.eds_config.ads.SetInParent()
    message.eds_cluster_config.eds_config.resource_api_version = ApiVersion.V3
    return EnvoyResource(CLUSTER, name, message.SerializeToString(deterministic=True))


def endpoints(
    name: str, ports: Iterable[int], host: str = "127.0.0.1", *, healthy: bool = True
) -> EnvoyResource:
    message = ClusterLoadAssignment(cluster_name=name)
    locality = message.endpoints.add()
    for port in ports:
        endpoint = locality.lb_endpoints.add()
        endpoint.health_status = HealthStatus.HEALTHY if healthy else HealthStatus.UNHEALTHY
        address = endpoint.endpoint.address.socket_address
        address.address, address.port_value = host, port
    return EnvoyResource(ENDPOINTS, name, message.SerializeToString(deterministic=True))


def routes(name: str, cluster_name: str, *, regex: str | None = None) -> EnvoyResource:
    message = RouteConfiguration(name=name)
    host = message.virtual_hosts.add(name="all", domains=["*"])
    if regex is not None:
        bad = host.routes.add()
        bad.match.safe_regex.regex = regex
        bad.route.cluster = cluster_name
    route = host.routes.add()
    route.match.prefix = "/"
    route.route.cluster = cluster_name
    return EnvoyResource(ROUTES, name, message.SerializeToString(deterministic=True))


def listener(
    name: str, address: str, port: int, route_name: str, *, cookie: str = ""
) -> EnvoyResource:
    """With a `cookie`, its value names the endpoint that a session stays with."""
    manager = HttpConnectionManager(stat_prefix=name)
    manager.rds.route_config_name = route_name
    manager.rds.config_source.ads.SetInParent()
    manager.rds.config_source.resource_api_version = ApiVersion.V3
    if cookie:
        state = CookieBasedSessionState()
        state.cookie.name, state.cookie.path = cookie, "/"
        sessions = StatefulSession()
        sessions.session_state.name = "envoy.http.stateful_session.cookie"
        sessions.session_state.typed_config.Pack(state)
        manager.http_filters.add(name="sessions").typed_config.Pack(sessions)
    manager.http_filters.add(name="envoy.filters.http.router").typed_config.Pack(Router())
    message = Listener(name=name)
    message.address.socket_address.address = address
    message.address.socket_address.port_value = port
    network = message.filter_chains.add().filters.add(name="http")
    network.typed_config.Pack(manager)
    return EnvoyResource(LISTENER, name, message.SerializeToString(deterministic=True))


def site(address: str, port: int, backends: Iterable[int], *, target: str = "c1") -> Snapshot:
    """One listener, one route table, one cluster."""
    return Snapshot.of(
        [
            cluster(target),
            endpoints(target, backends),
            listener("web", address, port, "table"),
            routes("table", target),
        ]
    )


@dataclass
class Backend:
    """Answers every request with its name; can be told to take its time."""

    name: str
    port: int = 0
    delay: float = 0.0
    requests: int = 0
    metrics: str = ""
    """What it reports of itself in each answer (ORCA, as text)."""
    waiting: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.requests += 1
                self.arrived.set()
                if self.delay:
                    self.waiting += 1
                    await asyncio.sleep(self.delay)
                    self.waiting -= 1
                body = self.name.encode()
                extra = f"endpoint-load-metrics: TEXT {self.metrics}\r\n" if self.metrics else ""
                head = f"HTTP/1.1 200 OK\r\n{extra}content-length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def backend(name: str = "one") -> AsyncIterator[Backend]:
    made = Backend(name)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()


@dataclass
class Reply:
    status: int
    body: str
    close: bool
    cookie: str = ""
    """What it sets, as a request is to send it."""


class Client:
    """A keep-alive HTTP/1.1 client on one connection."""

    def __init__(self, address: str, port: int) -> None:
        self._peer = (address, port)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @property
    def connected(self) -> bool:
        return self._streams is not None

    async def connect(self) -> None:
        self._streams = await asyncio.open_connection(*self._peer)

    async def get(self, path: str = "/", cookie: str = "") -> Reply:
        if self._streams is None:
            await self.connect()
        assert self._streams is not None
        reader, writer = self._streams
        extra = f"cookie: {cookie}\r\n" if cookie else ""
        writer.write(f"GET {path} HTTP/1.1\r\nhost: test\r\n{extra}\r\n".encode())
        answer = (await reader.readuntil(b"\r\n\r\n")).decode()
        head = answer.lower()
        length = int(head.split("content-length: ")[1].split("\r\n")[0])
        body = (await reader.readexactly(length)).decode()
        made = answer.split("set-cookie: ")[1].split(";")[0] if "set-cookie: " in head else ""
        reply = Reply(int(head.split()[1]), body, "connection: close" in head, made)
        if reply.close:
            self.close()
        return reply

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def fetch(address: str, port: int, path: str = "/") -> Reply:
    client = Client(address, port)
    try:
        return await client.get(path)
    finally:
        client.close()


def free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Lab:
    paths: ProxyPaths
    server: XdsServer
    envoy: EnvoyProcess
    warm: AdminWarm
    nacks: list[Nack]


def proxy_paths(state: Path) -> ProxyPaths:
    """The files of a proxy in a directory that is made if need be."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    return ProxyPaths(state, socket_directory(state, make=True))


@asynccontextmanager
async def lab(
    state: Path,
    snapshot: Snapshot | None,
    *,
    node: str = "node-1",
    removal_grace: float = 0.2,
    warm_timeout: float = 4.0,
    load_reports: LoadReports | None = None,
) -> AsyncIterator[Lab]:
    """A server and a supervised Envoy in one directory."""
    paths = proxy_paths(state)
    nacks: list[Nack] = []
    warm = AdminWarm({node: AdminClient(paths.admin_socket)})
    server = XdsServer(
        paths.xds_socket,
        warm=warm,
        removal_grace=removal_grace,
        warm_timeout=warm_timeout,
        on_nack=nacks.append,
        load_reports=load_reports,
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(server)
        if snapshot is not None:
            await server.publish(snapshot)
        settings = EnvoySettings(node, concurrency=1)
        envoy = await stack.enter_async_context(run_envoy(paths, settings))
        if snapshot is not None:
            await server.applied(within=10)
        yield Lab(paths, server, envoy, warm, nacks)
