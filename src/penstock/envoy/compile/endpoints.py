"""Network endpoint groups → ClusterLoadAssignment: the endpoints that may get requests.

An endpoint that is not ready is left out, so a backend without ready ones
answers 503 at once.  Endpoints are grouped by zone.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from envoy.config.core.v3 import health_check_pb2
from envoy.config.endpoint.v3 import endpoint_pb2
from google.protobuf.wrappers_pb2 import UInt32Value

from penstock.envoy.compile.health_checks import endpoint_config
from penstock.envoy.compile.messages import serialize
from penstock.envoy.compile.piece import Piece, refused
from penstock.envoy.resources import ENDPOINTS, EnvoyResource
from penstock.model import (
    Assignment,
    BackendService,
    Endpoint,
    EndpointStatus,
    Finding,
    HealthCheck,
    NegKind,
    NetworkEndpointGroup,
)

_HIGHEST_PORT: Final = 65_535
_OVERPROVISIONING: Final = 1_000_000
"""Percent: one healthy endpoint of ten thousand counts as full health."""
_STATUSES: Final = {
    EndpointStatus.HEALTHY: health_check_pb2.HealthStatus.HEALTHY,
    EndpointStatus.UNHEALTHY: health_check_pb2.HealthStatus.UNHEALTHY,
    EndpointStatus.DRAINING: health_check_pb2.HealthStatus.DRAINING,
    EndpointStatus.UNPROBED: health_check_pb2.HealthStatus.UNKNOWN,
}


def compile_assignment(service: BackendService, negs: Sequence[NetworkEndpointGroup]) -> Piece:
    """The load assignment of a backend service, for EDS."""
    assignment = endpoint_pb2.ClusterLoadAssignment()
    fill_assignment(assignment, service.name, negs)
    return Piece(
        EnvoyResource(ENDPOINTS, service.name, serialize(assignment)),
        tuple(unusable(negs)),
    )


def compile_shares(
    service: BackendService,
    negs: Sequence[NetworkEndpointGroup],
    assignment: Assignment,
    check: HealthCheck | None = None,
) -> Piece:
    """The load assignment of a backend service whose groups have shares, for EDS.

    Shares and priorities have taken health into account; Envoy must not do so again, as
    it would by its overprovisioning factor of 1.4 (a locality or priority that is 60 %
    healthy loses requests to others): any healthy endpoint keeps the whole share.
    ``check`` is the health check that proxies do for themselves, if there is one.
    """
    message = endpoint_pb2.ClusterLoadAssignment(cluster_name=service.name)
    message.policy.overprovisioning_factor.value = _OVERPROVISIONING
    for group in assignment.groups:
        locality = message.endpoints.add(
            priority=group.priority,
            load_balancing_weight=UInt32Value(value=group.weight) if group.weight else None,
        )
        locality.locality.region, locality.locality.zone = group.region, group.zone
        locality.locality.sub_zone = group.neg
        for endpoint in group.endpoints:
            if not (0 < endpoint.port <= _HIGHEST_PORT and _is_address(endpoint.address)):
                continue
            made = locality.lb_endpoints.add(health_status=_STATUSES[endpoint.status])
            target = made.endpoint.address.socket_address
            target.address, target.port_value = endpoint.address, endpoint.port
            if check is not None:
                config = endpoint_config(check, endpoint.address, endpoint.status)
                made.endpoint.health_check_config.CopyFrom(config)
    return Piece(
        EnvoyResource(ENDPOINTS, service.name, serialize(message)),
        tuple(unusable(negs)),
    )


def fill_assignment(
    assignment: Any,
    name: str,
    negs: Iterable[NetworkEndpointGroup],
    check: HealthCheck | None = None,
) -> None:
    """Put the ready endpoints into a load assignment, each address once."""
    assignment.cluster_name = name
    places: dict[tuple[str, int], str] = {}
    for neg in negs:
        for endpoint in neg.endpoints:
            if endpoint.ready and _problem(endpoint, neg.kind) is None:
                places.setdefault((endpoint.address, endpoint.port), endpoint.zone)
    group = None
    for zone, (address, port) in sorted((zone, place) for place, zone in places.items()):
        if group is None or group.locality.zone != zone:
            group = assignment.endpoints.add()
            if zone:
                group.locality.zone = zone
        made = group.lb_endpoints.add().endpoint
        target = made.address.socket_address
        target.address, target.port_value = address, port
        if check is not None:
            config = endpoint_config(check, address, EndpointStatus.UNPROBED)
            made.health_check_config.CopyFrom(config)


def unusable(negs: Iterable[NetworkEndpointGroup]) -> Iterator[Finding]:
    """A finding for each endpoint that no proxy could connect to."""
    for neg in negs:
        for endpoint in neg.endpoints:
            if reason := _problem(endpoint, neg.kind):
                yield refused(neg.origin, (reason,), "the endpoint is left out")


def _problem(endpoint: Endpoint, kind: NegKind) -> str | None:
    if not 0 < endpoint.port <= _HIGHEST_PORT:
        return f"{endpoint.port} is not a port"
    if kind is NegKind.IP_PORT and not _is_address(endpoint.address):
        return f"{endpoint.address} is not an IP address"
    return None if endpoint.address else "an endpoint without address"


def _is_address(text: str) -> bool:
    try:
        socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)
    except (OSError, ValueError):
        return False
    return True
