"""Load balancers, their front ends, and the model as a whole.

A load balancer is the root under which everything hangs: forwarding rules (VIP
and port) lead to target proxies, these to URL maps, these to backend services.
URL maps, backend services, endpoint groups and certificates may be shared, so
they stand beside the load balancers and are referred to by name.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

import msgspec

from penstock.model.access import ClientAccess
from penstock.model.backend import BackendService, NetworkEndpointGroup
from penstock.model.certificate import Certificate, CertificateRequest
from penstock.model.dns import ClientPlace, DnsRecord, DnsZone
from penstock.model.finding import Finding
from penstock.model.health_check import HealthCheck
from penstock.model.names import (
    BackendServiceName,
    CertificateName,
    ForwardingRuleName,
    HealthCheckName,
    LoadBalancerName,
    NegName,
    TargetProxyName,
    UrlMapName,
    VipName,
)
from penstock.model.object_status import ObjectStatus
from penstock.model.origin import Origin, Setting
from penstock.model.tls import ClientTls, SslPolicy
from penstock.model.url_map import UrlMap


class FrontEndProtocol(enum.StrEnum):
    """What a target proxy speaks with clients."""

    HTTP = "HTTP"
    HTTPS = "HTTPS"


class CertificateBinding(msgspec.Struct, frozen=True):
    """The certificates (one per key type) that clients asking for some names get."""

    server_names: tuple[str, ...]
    """Lower-case SNI names, ``*.example.com`` for wildcards; sorted; each in one binding only."""
    certificates: tuple[CertificateName, ...]


class TargetProxy(msgspec.Struct, frozen=True, omit_defaults=True):
    """Terminates HTTP or TLS and hands requests to a URL map."""

    name: TargetProxyName
    protocol: FrontEndProtocol
    url_map: UrlMapName
    client_idle_timeout: Setting[float]
    """Seconds a client connection may be without a request."""
    request_headers_timeout: Setting[float]
    """Seconds a client may take to send a request's headers."""
    request_timeout: Setting[float]
    """Seconds a client may take to send a whole request; 0 is no limit."""
    bindings: tuple[CertificateBinding, ...] = ()
    """HTTPS only."""
    default_certificates: tuple[CertificateName, ...] = ()
    """For clients that ask for no name or one that no binding has; one per key type."""
    ssl_policy: Setting[SslPolicy] | None = None
    """HTTPS only; None is the plane's own default."""
    client_tls: Setting[ClientTls] | None = None
    """HTTPS only; None asks clients for no certificate."""
    via: Setting[str] | None = None
    """The pseudonym in the ``Via`` header (RFC 9110, 7.6.3) both ways; None adds none."""
    cleartext_http2: bool = True
    """Whether clients may speak HTTP/2 without TLS (prior knowledge)."""
    origin: Origin | None = None
    """None: the load balancer's."""


class ForwardingRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """One port of a load balancer's address."""

    name: ForwardingRuleName
    port: int
    target_proxy: TargetProxyName
    vip: VipName | None = None
    """Which address it is on: rules with equal names share one; None is the load balancer's own."""
    address: Setting[str] | None = None
    """The address that the input asks for, IPv4 or IPv6; None leaves it to the runtime.
    Rules with one `vip` ask for the same."""
    origin: Origin | None = None
    """None: the load balancer's."""
    region: str = ""
    """Where the address is, whose proxies serve it; empty where a dialect knows no regions."""
    access: Setting[ClientAccess] | None = None
    """None: every client may connect."""


class ClosedPort(msgspec.Struct, frozen=True):
    """A port that clients may expect a load balancer to listen on, and why it does not."""

    port: int
    why: Setting[str]


class LoadBalancer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The root: one address or more, with everything behind it."""

    name: LoadBalancerName
    dialect: str
    objects: tuple[str, ...]
    """The objects it was made from, as people write them; sorted."""
    forwarding_rules: tuple[ForwardingRule, ...]
    target_proxies: tuple[TargetProxy, ...]
    origin: Origin
    project: str = ""
    region: str = ""
    """Both empty where a dialect knows neither; a global load balancer has no region."""
    proxy_ranges: tuple[Setting[str], ...] = ()
    """CIDRs that connections of its proxies come out of; empty where nobody says."""
    closed_ports: tuple[ClosedPort, ...] = ()


class Model(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything the planes need, and everything the user should know.

    Mappings are keyed by name in sorted order; every name that a value refers to
    is a key of its mapping (certificates: of either mapping).
    """

    load_balancers: Mapping[LoadBalancerName, LoadBalancer]
    url_maps: Mapping[UrlMapName, UrlMap]
    backend_services: Mapping[BackendServiceName, BackendService]
    negs: Mapping[NegName, NetworkEndpointGroup]
    certificates: Mapping[CertificateName, Certificate]
    certificate_requests: Mapping[CertificateName, CertificateRequest]
    findings: tuple[Finding, ...]
    """Sorted by `Finding.sort_key`, without repeats."""
    health_checks: Mapping[HealthCheckName, HealthCheck] = {}
    region_order: Mapping[str, tuple[str, ...]] = {}
    """Region → all others, the nearest first; for every region that the model names."""
    dns_records: tuple[DnsRecord, ...] = ()
    """Sorted by name and type."""
    dns_zones: tuple[DnsZone, ...] = ()
    """Sorted by name; every record is in one."""
    client_places: tuple[ClientPlace, ...] = ()
    """Only where there are records; sorted by range."""
    object_statuses: tuple[ObjectStatus, ...] = ()
    """Of objects whose product has its controller write something onto them."""
