"""How the request comes in: load balancer, forwarding rule, target proxy and TLS."""

from __future__ import annotations

from penstock.explain.result.values import Part, Seconds, Source, Text


class Asked(Part, frozen=True):
    """The request as it reaches the proxy."""

    method: str
    scheme: str
    host: str | None
    target: str


class Balancer(Part, frozen=True):
    """The load balancer that takes the request."""

    name: str
    dialect: str
    why: str
    others: list[str]
    """Others that serve the host on that port."""
    origin: Source


class Clients(Part, frozen=True):
    """A range of clients that may connect to a forwarding rule, or may not."""

    range: str
    network: str
    region: str | None
    """None if nobody said."""
    allowed: bool
    why: str
    """Why they may not; empty if they may."""
    origin: Source


class Access(Part, frozen=True):
    """Who may connect to a forwarding rule: all but clients of ranges that are not allowed."""

    ranges: list[Clients]
    """Those that are not, and what is allowed in them; the longest decides."""
    decisive: Clients | None
    """The range that decides about the client that was asked about."""
    origin: Source


class Front(Part, frozen=True):
    """The forwarding rule."""

    name: str
    address: str
    port: int
    requested_port: int
    """Before any port offset."""
    origin: Source
    requested_address: Text | None = None
    """That the input asks for; None if it leaves it to Penstock."""
    access: Access | None = None
    """None if every client may connect."""


class SslRules(Part, frozen=True):
    """What is negotiated with clients; empty lists are the proxy's own choice."""

    minimum: str
    maximum: str
    cipher_suites: list[str]
    """Of TLS 1.2 and older."""
    curves: list[str]
    origin: Source


class ClientCertificates(Part, frozen=True):
    """What is asked of clients' certificates."""

    mode: str
    why: str
    origin: Source


class Proxy(Part, frozen=True):
    """The target proxy."""

    name: str
    protocol: str
    url_map: str
    client_idle_timeout: Seconds
    request_headers_timeout: Seconds
    request_timeout: Seconds
    origin: Source
    via: Text | None = None
    ssl_policy: SslRules | None = None
    client_certificates: ClientCertificates | None = None


class PresentedCertificate(Part, frozen=True):
    """One certificate that the client may get."""

    name: str
    kind: str
    """``secret`` or ``generated``."""
    key_type: str | None
    dns_names: list[str]
    not_after: str | None
    problem: str | None
    """Why clients will not trust it for this host."""
    origin: Source


class Tls(Part, frozen=True):
    """How the certificate is chosen."""

    server_name: str | None
    why: str
    certificates: list[PresentedCertificate]
    """One per key type; clients that take ECDSA get that."""
