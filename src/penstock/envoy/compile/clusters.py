"""Backend service → Cluster: how endpoints are reached, and how many requests at once.

One cluster per backend service.  Its endpoints come by EDS; only where a group
is a DNS name, they stand in the cluster itself and Envoy resolves them.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Final

from envoy.config.cluster.v3 import circuit_breaker_pb2, cluster_pb2
from envoy.config.core.v3 import address_pb2
from envoy.extensions.clusters.common.dns.v3 import dns_pb2
from envoy.extensions.clusters.dns.v3 import dns_cluster_pb2
from envoy.type.v3 import percent_pb2
from google.protobuf.duration_pb2 import Duration
from google.protobuf.wrappers_pb2 import BoolValue, UInt32Value

from penstock.envoy.compile.backend_tls import tls_socket, unchecked_names
from penstock.envoy.compile.endpoints import fill_assignment, unusable
from penstock.envoy.compile.health_checks import add_health_check
from penstock.envoy.compile.messages import BUFFER_LIMIT, ads, checked, pack, seconds, serialize
from penstock.envoy.compile.piece import Piece, refused
from penstock.envoy.compile.upstream import http_options
from penstock.envoy.resources import CLUSTER, EnvoyResource
from penstock.model import (
    BackendProtocol,
    BackendService,
    BackendTls,
    HealthCheck,
    NetworkEndpointGroup,
    RetryPolicy,
)

_NO_LIMIT: Final = 1 << 20
"""In place of Envoy's 1,024 connections, pending and active requests per cluster, which
surprise whoever meets them under load; memory is guarded by the overload manager."""
_RETRY_SHARE: Final = 20.0
_RETRIES_AT_LEAST: Final = 3
"""Retries at once: a share of the active requests (percent), but never less than this."""


def compile_cluster(
    service: BackendService,
    source: str | None,
    named: Sequence[NetworkEndpointGroup] | None,
    check: HealthCheck | None = None,
) -> Piece:
    """The cluster of a backend service.

    ``source`` is the address its connections come from; ``named`` has the
    endpoint groups if one of them is a DNS name, and is None for EDS; ``check``
    is the health check that proxies do for themselves, if there is one.
    """
    cluster, refusals = checked(lambda: _build(service, source, named, check))
    if cluster is None:
        finding = refused(service.origin, refusals, "requests for this backend get 503")
        return Piece(None, (finding,))
    resource = EnvoyResource(CLUSTER, service.name, serialize(cluster))
    return Piece(resource, (*unusable(named or ()), *unchecked_names(service)))


def _build(
    service: BackendService,
    source: str | None,
    named: Sequence[NetworkEndpointGroup] | None,
    check: HealthCheck | None,
) -> Any:
    cluster = cluster_pb2.Cluster()
    cluster.CopyFrom(
        _template(
            service.protocol.value,
            service.retry.value,
            source,
            named is not None,
            service.tls.value if service.tls else None,
            service.idle_timeout.value if service.idle_timeout else None,
        )
    )
    cluster.name = service.name
    cluster.connect_timeout.CopyFrom(seconds(service.connect_timeout.value))
    if named is not None:
        fill_assignment(cluster.load_assignment, service.name, named, check)
    if check is not None:
        add_health_check(cluster, check)
    return cluster


@functools.cache
def _template(
    protocol: BackendProtocol,
    retry: RetryPolicy | None,
    source: str | None,
    by_name: bool,
    tls: BackendTls | None,
    idle_timeout: float | None,
) -> Any:
    """All that clusters of one kind have in common."""
    cluster = cluster_pb2.Cluster(
        lb_policy=cluster_pb2.Cluster.LbPolicy.ROUND_ROBIN,
        per_connection_buffer_limit_bytes=UInt32Value(value=BUFFER_LIMIT),
        circuit_breakers=_circuit_breakers(),
        common_lb_config=_balancing(),
        ignore_health_on_host_removal=True,
        upstream_connection_options=_keepalive(),
        typed_extension_protocol_options=http_options(protocol, retry, tls, idle_timeout),
    )
    if protocol.is_tls:
        cluster.transport_socket.CopyFrom(tls_socket(protocol, tls))
    if source is not None:
        cluster.upstream_bind_config.CopyFrom(
            address_pb2.BindConfig(
                source_address=address_pb2.SocketAddress(address=source, port_value=0)
            )
        )
    _discovery(cluster, by_name)
    return cluster


def _discovery(cluster: Any, by_name: bool) -> None:
    if not by_name:
        cluster.type = cluster_pb2.Cluster.DiscoveryType.EDS
        cluster.eds_cluster_config.eds_config.CopyFrom(ads())
        return
    cluster.cluster_type.CopyFrom(_resolving())
    # A name that does not resolve must not hold up everybody else's start.
    cluster.wait_for_warm_on_init.CopyFrom(BoolValue(value=False))


def _resolving() -> Any:
    """Every address a name resolves to is an endpoint."""
    options = dns_cluster_pb2.DnsCluster(
        respect_dns_ttl=True, dns_lookup_family=dns_pb2.DnsLookupFamily.V4_PREFERRED
    )
    return cluster_pb2.Cluster.CustomClusterType(
        name="envoy.cluster.dns", typed_config=pack(options)
    )


def _circuit_breakers() -> Any:
    limit = UInt32Value(value=_NO_LIMIT)
    thresholds = circuit_breaker_pb2.CircuitBreakers.Thresholds(
        max_connections=limit,
        max_pending_requests=limit,
        max_requests=limit,
        retry_budget=circuit_breaker_pb2.CircuitBreakers.Thresholds.RetryBudget(
            budget_percent=percent_pb2.Percent(value=_RETRY_SHARE),
            min_retry_concurrency=UInt32Value(value=_RETRIES_AT_LEAST),
        ),
    )
    return circuit_breaker_pb2.CircuitBreakers(thresholds=[thresholds])


def _balancing() -> Any:
    """No panic routing to unhealthy endpoints (fail closed), and no delay of updates."""
    return cluster_pb2.Cluster.CommonLbConfig(
        healthy_panic_threshold=percent_pb2.Percent(value=0.0),
        update_merge_window=Duration(),
    )


def _keepalive() -> Any:
    """Notice a vanished endpoint after about 45 s of silence."""
    return cluster_pb2.UpstreamConnectionOptions(
        tcp_keepalive=address_pb2.TcpKeepalive(
            keepalive_probes=UInt32Value(value=3),
            keepalive_time=UInt32Value(value=30),
            keepalive_interval=UInt32Value(value=5),
        )
    )
