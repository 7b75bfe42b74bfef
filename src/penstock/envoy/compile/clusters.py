"""Backend service → Cluster: how endpoints are reached, and how many requests at once.

One cluster per backend service.  Its endpoints come by EDS; only where a group
is a DNS name, they stand in the cluster itself and Envoy resolves them.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Final

from envoy.config.cluster.v3 import cluster_pb2
from envoy.config.core.v3 import address_pb2
from envoy.extensions.clusters.common.dns.v3 import dns_pb2
from envoy.extensions.clusters.dns.v3 import dns_cluster_pb2
from google.protobuf.wrappers_pb2 import BoolValue, UInt32Value

from penstock.envoy.compile.backend_tls import tls_socket, unchecked_names
from penstock.envoy.compile.endpoints import fill_assignment, unusable
from penstock.envoy.compile.health_checks import add_health_check
from penstock.envoy.compile.limits import circuit_breakers, outlier_detection
from penstock.envoy.compile.load_balancing import balancing
from penstock.envoy.compile.log_selection import fill_selection
from penstock.envoy.compile.messages import BUFFER_LIMIT, ads, checked, pack, seconds, serialize
from penstock.envoy.compile.piece import Piece, refused
from penstock.envoy.compile.reported_metrics import reported_metrics
from penstock.envoy.compile.upstream import http_options
from penstock.envoy.resources import CLUSTER, EnvoyResource
from penstock.model import (
    AddressFamily,
    Affinity,
    BackendProtocol,
    BackendService,
    BackendTls,
    CircuitBreakers,
    HealthCheck,
    LocalityPolicy,
    NetworkEndpointGroup,
    RetryPolicy,
)

_LOOKUPS: Final = {
    None: dns_pb2.DnsLookupFamily.V4_PREFERRED,
    AddressFamily.IPV4_ONLY: dns_pb2.DnsLookupFamily.V4_ONLY,
    AddressFamily.PREFER_IPV6: dns_pb2.DnsLookupFamily.AUTO,
    AddressFamily.IPV6_ONLY: dns_pb2.DnsLookupFamily.V6_ONLY,
}
"""Envoy's AUTO asks for IPv6 addresses first."""


def compile_cluster(
    service: BackendService,
    source: str | None,
    named: Sequence[NetworkEndpointGroup] | None,
    weighted: bool = False,
    check: HealthCheck | None = None,
) -> Piece:
    """The cluster of a backend service.

    ``source`` is the address its connections come from; ``named`` has the
    endpoint groups if one of them is a DNS name, and is None for EDS.
    ``weighted``: the localities of its load assignment have weights.  ``check``
    is the health check that proxies do for themselves, if there is one.
    """
    cluster, refusals = checked(lambda: _build(service, source, named, weighted, check))
    if cluster is None:
        finding = refused(service.origin, refusals, "requests for this backend get 503")
        return Piece(None, (finding,))
    resource = EnvoyResource(CLUSTER, service.name, serialize(cluster))
    return Piece(resource, (*unusable(named or ()), *unchecked_names(service)))


def _build(
    service: BackendService,
    source: str | None,
    named: Sequence[NetworkEndpointGroup] | None,
    weighted: bool,
    check: HealthCheck | None,
) -> Any:
    cluster = cluster_pb2.Cluster()
    cluster.CopyFrom(
        _template(
            service.protocol.value,
            service.retry.value,
            source,
            _lookup(service) if named is not None else None,
            service.tls.value if service.tls else None,
            service.idle_timeout.value if service.idle_timeout else None,
            _requests_per_connection(service.circuit_breakers),
            service.locality_policy.value if service.locality_policy else None,
            service.affinity.value if service.affinity else None,
            weighted,
        )
    )
    cluster.name = service.name
    cluster.connect_timeout.CopyFrom(seconds(service.connect_timeout.value))
    if weighted:
        cluster.lrs_report_endpoint_metrics[:] = reported_metrics(service)
    if service.circuit_breakers is not None:
        cluster.circuit_breakers.CopyFrom(circuit_breakers(service.circuit_breakers))
    if service.outlier_detection is not None:
        cluster.outlier_detection.CopyFrom(outlier_detection(service.outlier_detection.value))
    fill_selection(cluster, service)
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
    lookup: Any,
    tls: BackendTls | None,
    idle_timeout: float | None,
    requests_per_connection: int | None,
    policy: LocalityPolicy | None,
    affinity: Affinity | None,
    weighted: bool,
) -> Any:
    """All that clusters of one kind have in common."""
    cluster = cluster_pb2.Cluster(
        per_connection_buffer_limit_bytes=UInt32Value(value=BUFFER_LIMIT),
        ignore_health_on_host_removal=True,
        circuit_breakers=circuit_breakers(),
        upstream_connection_options=_keepalive(),
        typed_extension_protocol_options=http_options(
            protocol,
            retry,
            tls,
            idle_timeout,
            requests_per_connection,
            has_priorities=weighted,
        ),
    )
    cluster.MergeFrom(balancing(policy, affinity, weighted))
    if protocol.is_tls:
        cluster.transport_socket.CopyFrom(tls_socket(protocol, tls))
    if source is not None:
        cluster.upstream_bind_config.CopyFrom(
            address_pb2.BindConfig(
                source_address=address_pb2.SocketAddress(address=source, port_value=0)
            )
        )
    _discovery(cluster, lookup)
    return cluster


def _requests_per_connection(breakers: CircuitBreakers | None) -> int | None:
    setting = breakers.max_requests_per_connection if breakers else None
    return setting.value if setting else None


def _lookup(service: BackendService) -> Any:
    return _LOOKUPS[service.address_family.value if service.address_family else None]


def _discovery(cluster: Any, lookup: Any) -> None:
    """By EDS, or by looking a name up in a DNS family."""
    if lookup is None:
        cluster.type = cluster_pb2.Cluster.DiscoveryType.EDS
        cluster.eds_cluster_config.eds_config.CopyFrom(ads())
        return
    cluster.cluster_type.CopyFrom(_resolving(lookup))
    # A name that does not resolve must not hold up everybody else's start.
    cluster.wait_for_warm_on_init.CopyFrom(BoolValue(value=False))


def _resolving(lookup: Any) -> Any:
    """Every address a name resolves to is an endpoint."""
    options = dns_cluster_pb2.DnsCluster(respect_dns_ttl=True, dns_lookup_family=lookup)
    return cluster_pb2.Cluster.CustomClusterType(
        name="envoy.cluster.dns", typed_config=pack(options)
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
