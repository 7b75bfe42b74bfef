"""Backend services and the endpoints behind them.

A backend service is one Envoy cluster, however many routes name it, so that
health, outlier detection, pools and statistics stay whole (DESIGN.md,
invariant 9).  Endpoints live apart, in network endpoint groups, so that a pod
that comes or goes touches neither routes nor clusters.
"""

from __future__ import annotations

import enum

import msgspec

from penstock.model.affinity import Affinity
from penstock.model.balancing import (
    Capacity,
    CircuitBreakers,
    LocalityPolicy,
    OutlierDetection,
    ServiceLbPolicy,
)
from penstock.model.logging import RequestLogging
from penstock.model.names import BackendServiceName, HealthCheckName, NegName
from penstock.model.origin import Origin, Setting
from penstock.model.security_policy import SecurityPolicy
from penstock.model.tls import BackendTls


class BackendProtocol(enum.StrEnum):
    """What the proxy speaks to the endpoints."""

    HTTP = "HTTP"
    """HTTP/1.1 in clear."""
    H2C = "H2C"
    """HTTP/2 in clear with prior knowledge; gRPC uses it."""
    HTTPS = "HTTPS"
    """HTTP/1.1 over TLS."""
    HTTP2 = "HTTP2"
    """HTTP/2 over TLS."""

    @property
    def is_tls(self) -> bool:
        """Whether connections to endpoints are encrypted."""
        return self in (BackendProtocol.HTTPS, BackendProtocol.HTTP2)

    @property
    def is_http2(self) -> bool:
        """Whether endpoints are spoken to in HTTP/2."""
        return self in (BackendProtocol.H2C, BackendProtocol.HTTP2)


class NegKind(enum.StrEnum):
    """How the endpoints of a group are found."""

    IP_PORT = "IP_PORT"
    """Addresses that the source lists."""
    FQDN_PORT = "FQDN_PORT"
    """DNS names that the proxy resolves; of a Service of type ExternalName one."""


class AddressFamily(enum.StrEnum):
    """Which of an endpoint's addresses are used."""

    IPV4_ONLY = "IPV4_ONLY"
    PREFER_IPV6 = "PREFER_IPV6"
    IPV6_ONLY = "IPV6_ONLY"


class Endpoint(msgspec.Struct, frozen=True, order=True):
    """One address that can serve."""

    address: str
    """IPv4 or IPv6 literal; for `NegKind.FQDN_PORT` a DNS name."""
    port: int
    ready: bool = True
    """Whether new requests may go to it."""
    serving: bool = True
    terminating: bool = False
    target: str = ""
    """The pod, ``namespace/name``, if known."""
    node: str = ""
    zone: str = ""


class NetworkEndpointGroup(msgspec.Struct, frozen=True, omit_defaults=True):
    """Endpoints of one kind for one port of one Service."""

    name: NegName
    kind: NegKind
    endpoints: tuple[Endpoint, ...]
    """Sorted; ready or not."""
    origin: Origin
    region: str = ""
    """Empty where a dialect knows none; so is `zone`."""
    zone: str = ""
    probed_by_proxies: bool = False
    """Whether every proxy probes the endpoints for itself."""
    by_readiness: bool = False
    """Whether who is not ready gets nothing, whatever a health check finds out."""


class RetryPolicy(msgspec.Struct, frozen=True, omit_defaults=True):
    """When and how often a request is tried again on another endpoint."""

    conditions: tuple[str, ...]
    """Envoy's ``retry_on`` words, sorted."""
    attempts: int
    """Retries after the first try."""
    per_try_timeout: float | None = None
    """Seconds for each try; None leaves it to the route's timeout."""
    methods: tuple[str, ...] = ()
    """Only requests with one of these methods are tried again; empty is all."""


class BackendService(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a route sends requests: protocol, time limits, policy, endpoint groups."""

    name: BackendServiceName
    protocol: Setting[BackendProtocol]
    negs: tuple[NegName, ...]
    connect_timeout: Setting[float]
    """Seconds until a connection attempt to an endpoint is given up."""
    retry: Setting[RetryPolicy | None]
    """For all requests; with None here, routes may have policies of their own."""
    origin: Origin
    """The Service (and port) it stands for."""
    idle_timeout: Setting[float] | None = None
    """Seconds an unused connection to an endpoint is kept; None is the plane's own default."""
    tls: Setting[BackendTls] | None = None
    """None checks no certificate and sends the request's host as server name."""
    source: Setting[str] | None = None
    """Address of the proxy-only subnet that connections come from; None is the machine's choice."""
    project: str = ""
    """Empty where a dialect knows none; so is `region`, and of a global service."""
    region: str = ""
    health_check: HealthCheckName | None = None
    """None takes every ready endpoint for healthy."""
    capacities: tuple[Capacity, ...] = ()
    """Of groups in the order of `negs`; a group that has none here has no limit."""
    lb_policy: Setting[ServiceLbPolicy] | None = None
    """None shares out by region, see `BalancingAlgorithm.WATERFALL_BY_REGION`."""
    locality_policy: Setting[LocalityPolicy] | None = None
    """None takes turns."""
    affinity: Setting[Affinity] | None = None
    circuit_breakers: CircuitBreakers | None = None
    """None is the plane's own default: no limits but on retries."""
    outlier_detection: Setting[OutlierDetection] | None = None
    draining_timeout: Setting[float] | None = None
    """Seconds that sessions may go on with an endpoint that left its group; None is 0."""
    logging: Setting[RequestLogging] | None = None
    """None logs every request."""
    address_family: Setting[AddressFamily] | None = None
    """Of names that proxies resolve; None is the plane's own default."""
    subsetting: Setting[bool] | None = None
    """Whether each proxy uses a share of the endpoints only."""
    security_policy: Setting[SecurityPolicy] | None = None
    """None lets everybody through."""
