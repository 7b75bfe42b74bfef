"""Health checks: how endpoints are probed.

Who probes is the endpoint group's matter (`NetworkEndpointGroup.probed_by_proxies`):
one prober for the whole installation, or every proxy for itself.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

import msgspec

from penstock.model.names import HealthCheckName
from penstock.model.origin import Origin, Setting

LONGEST_PROXY_PROBE: Final = 20.0
"""Seconds a probe of a proxy may take at most: Envoy serves nothing at all before it has
probed everything once, and one silent endpoint must not hold up all others for minutes."""


ROOT_PATH: Final = Setting("/", Origin.default("HTTP health checks"))
"""The path that all products probe where nobody names one."""


class HealthCheckKind(enum.StrEnum):
    """What a probe speaks."""

    TCP = "TCP"
    SSL = "SSL"
    """TCP over TLS."""
    HTTP = "HTTP"
    HTTPS = "HTTPS"
    HTTP2 = "HTTP2"
    """HTTP/2 over TLS."""
    GRPC = "GRPC"
    """``grpc.health.v1.Health/Check`` in clear."""
    GRPC_WITH_TLS = "GRPC_WITH_TLS"

    @property
    def has_path(self) -> bool:
        """Whether it is of the HTTP family."""
        return self in (HealthCheckKind.HTTP, HealthCheckKind.HTTPS, HealthCheckKind.HTTP2)


class HealthCheck(msgspec.Struct, frozen=True, omit_defaults=True):
    """One way to probe; backend services refer to it by name."""

    name: HealthCheckName
    kind: Setting[HealthCheckKind]
    interval: Setting[float]
    """Seconds from the start of one probe to the start of the next."""
    timeout: Setting[float]
    """Seconds a probe may take; at most the interval."""
    healthy_threshold: Setting[int]
    """Successes in a row that make an unhealthy endpoint healthy."""
    unhealthy_threshold: Setting[int]
    """Failures in a row that make a healthy endpoint unhealthy."""
    origin: Origin
    port: Setting[int] | None = None
    """None probes the port that serves."""
    host: Setting[str] | None = None
    """The HTTP family's Host; None is the endpoint's address."""
    path: Setting[str] = ROOT_PATH
    """The HTTP family's path, with query."""
    request: bytes = b""
    """What TCP and SSL probes send; empty sends nothing."""
    response: bytes = b""
    """What the answer has to begin with (TCP and SSL) or its first 1,024 body bytes have to
    contain (HTTP family); empty takes any."""
    proxy_header: bool = False
    """Whether a PROXY protocol v1 line comes before everything else."""
    grpc_service: str = ""
    """The service that gRPC probes ask for."""
    statuses: tuple[tuple[int, int], ...] = ((200, 200),)
    """Healthy answers of the HTTP family: ranges, both ends included."""
    log: bool = False
    """Whether changes of an endpoint's health are logged."""
    description: str = ""
    """For people: what it was made of."""


class EndpointHealth(msgspec.Struct, frozen=True):
    """What probing found out about one address and port."""

    healthy: bool
    reason: str
    """Of the last probe, for people: ``HTTP 503``, ``connection refused``, ``200``."""
    since: float
    """When it became so, in seconds since 1970."""


HealthView = Mapping[tuple[HealthCheckName, str, int], EndpointHealth]
"""Health check, address, port that serves → health; what is not in it is not known yet."""
