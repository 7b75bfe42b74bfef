"""What `explain` answers, as plain values; docs/json-output.md lists the keys.

Everything that somebody wrote, or that is somebody's default, says so in a
`Source` beside it.  Text output is made from the same values.
"""

from __future__ import annotations

from typing import Any

import msgspec

from penstock.model import Origin, Setting


class Part(msgspec.Struct, frozen=True, rename="camel"):
    """Base of all parts: keys in camel case."""


class Source(Part, frozen=True):
    """Where something comes from."""

    text: str
    """All of it in one line."""
    file: str | None
    line: int | None
    object: str | None
    field: str | None
    annotation: str | None
    default_of: str | None
    """Whose default it is, if nobody wrote it."""


def source(origin: Origin) -> Source:
    """An origin with its position looked up."""
    position = origin.position
    path = origin.path
    is_annotation = path[:2] == ("metadata", "annotations") and len(path) > 2
    return Source(
        text=origin.describe(),
        file=origin.file,
        line=position.line if position else None,
        object=origin.object or None,
        field=origin.field or None,
        annotation=str(path[2]) if is_annotation else None,
        default_of=origin.default_of,
    )


PLANE = source(Origin.default("the Envoy plane"))
"""What holds for every proxy, whatever the input says."""


class Text(Part, frozen=True):
    """A value with who set it."""

    value: str
    origin: Source


class Seconds(Part, frozen=True):
    """A time limit; 0 is no limit."""

    seconds: float
    origin: Source


def text(setting: Setting[str] | None) -> Text | None:
    """A text with who set it."""
    return None if setting is None else Text(setting.value, source(setting.origin))


def seconds(setting: Setting[float]) -> Seconds:
    """A time limit with who set it."""
    return Seconds(setting.value, source(setting.origin))


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


class Change(Part, frozen=True):
    """One step of normalisation."""

    what: str
    before: str
    after: str
    by: str
    """``client`` or ``proxy``."""


class Host(Part, frozen=True):
    """The host rule that is tried, the only one; `host` is None if none covers the host."""

    host: str | None
    kind: str | None
    why: str
    lost: list[LostHost]


class LostHost(Part, frozen=True):
    """A host rule that is not tried."""

    host: str
    why: str


class Route(Part, frozen=True):
    """A route rule, or the default action (`name` is ``default``)."""

    name: str
    host: str | None
    path_type: str
    path: str
    why: str
    origin: Source
    conditions: list[str] = []
    """On headers and query parameters, in words."""
    ignore_case: bool = False


class Rewrite(Part, frozen=True):
    """What becomes of the path, or of the host."""

    before: str
    after: str
    origin: Source


class Retry(Part, frozen=True):
    """When a request is tried again."""

    attempts: int
    conditions: list[str]
    origin: Source
    per_try_timeout: float | None = None
    """Seconds; None leaves it to the route's limit."""
    methods: list[str] = []
    """Only requests with one of these are tried again; empty is all."""


class HeaderChange(Part, frozen=True):
    """What the proxy does to a header."""

    name: str
    change: str
    """``set``, ``append``, ``add``, ``keep`` or ``remove``."""
    value: str | None
    """The whole value afterwards."""
    level: str | None = None
    """Whose edit it is: ``weighted backend``, ``route rule``, ``host rule``, ``URL map``, ``CORS``;
    None if the proxy does it to all requests."""
    origin: Source | None = None
    backend: str | None = None
    """The only backend service to (or from) which it is done; None for all."""


class Endpoint(Part, frozen=True):
    """One endpoint and its part of the route's requests."""

    address: str
    port: int
    target: str | None
    ready: bool
    health: str
    """As a word: ``ready``, ``not ready``, ``healthy``, or the proxy's reasons."""
    share: float
    """From 0 to 1."""
    origin: Source


class Group(Part, frozen=True):
    """One group of a backend service, and what it gets of its requests."""

    name: str
    share: float
    """Of the backend service's requests, from 0 to 1."""
    why: str
    capacity: float | None
    """Requests per second; None is no limit."""
    healthy: int
    endpoints: int
    priority: int
    """Later ones get requests when those before have no healthy endpoint."""
    origin: Source | None
    """Who set the limit; None if nobody did."""


class Guard(Part, frozen=True):
    """A security policy's verdict on the client."""

    policy: str
    rule: int | None
    """Priority of the rule that decides; None if none does."""
    verdict: str
    """``allow``, ``deny``, ``limit`` or, where no client was given, ``unknown``."""
    status: int | None
    """Of the answer to requests that do not get through."""
    why: str
    origin: Source


class Backend(Part, frozen=True):
    """A backend service and its part of the route's requests."""

    name: str
    protocol: str
    protocol_origin: Source
    share: float
    connect_timeout: Seconds
    retry: Retry | None
    endpoints: list[Endpoint]
    origin: Source
    idle_timeout: Seconds | None = None
    tls: EndpointTls | None = None
    source: Text | None = None
    """The address that connections come from."""
    groups: list[Group] = []
    """Where requests are shared out by capacity, health or region; empty: all alike."""
    choice: Choice | None = None
    """How one endpoint is chosen; None if requests take turns and nobody said so."""
    affinity: Affinity | None = None
    limits: list[Limit] = []
    outliers: Outliers | None = None
    draining: Seconds | None = None
    """How long sessions go on with an endpoint that left its group."""
    logging: Logging | None = None
    """None if every request is logged."""
    address_family: Text | None = None
    guard: Guard | None = None
    """What its security policy says; None if it has none."""


class Choice(Part, frozen=True):
    """The locality policy."""

    policy: str
    minimum_ring_size: int | None
    metrics: list[str]
    """By which endpoints are weighed."""
    origin: Source


class Affinity(Part, frozen=True):
    """What of a request decides about its endpoint."""

    kind: str
    """``client address``, ``header``, ``cookie`` or ``strong cookie``."""
    name: str | None
    """Of the header or cookie."""
    value: str | None
    """What this request has there; None if nothing, or if it is not known."""
    why: str
    """What that means for this request."""
    path: str | None
    ttl: float | None
    """Of a cookie that the proxy sets: its path, and seconds (0: the browser's session)."""
    origin: Source


class Limit(Part, frozen=True):
    """A circuit breaker: what one proxy may have in flight."""

    what: str
    value: int
    origin: Source


class Outliers(Part, frozen=True):
    """When an endpoint is left out because of its answers."""

    settings: dict[str, float]
    """By the model's names."""
    origin: Source


class Logging(Part, frozen=True):
    """Which requests are logged, and what of them."""

    share: float
    """From 0 to 1."""
    fields: list[str]
    """Beside the usual ones."""
    origin: Source


class EndpointTls(Part, frozen=True):
    """How endpoints' certificates are checked."""

    server_name: str | None
    subject_alt_names: list[str]
    is_issuer_checked: bool
    origin: Source


class Mirroring(Part, frozen=True):
    """Copies of requests."""

    backend: str
    percent: float
    host: str
    origin: Source


class Cors(Part, frozen=True):
    """The policy for requests from other origins."""

    kind: str
    """``none``, ``refused``, ``preflight`` (the proxy answers) or ``simple``."""
    why: str
    allow_origins: list[str]
    allow_methods: list[str]
    allow_headers: list[str]
    expose_headers: list[str]
    max_age: int | None
    allow_credentials: bool
    origin: Source


class Fault(Part, frozen=True):
    """Faults that the proxy makes up."""

    abort_status: int | None
    abort_percent: float
    delay: float | None
    """Seconds."""
    delay_percent: float
    origin: Source


class Action(Part, frozen=True):
    """What the route does: ``forward``, ``redirect`` or ``respond``."""

    kind: str
    rewrite: Rewrite | None = None
    timeout: Seconds | None = None
    idle_timeout: Seconds | None = None
    backends: list[Backend] = []
    status: int | None = None
    body: str | None = None
    host_rewrite: Rewrite | None = None
    max_duration: Seconds | None = None
    mirror: Mirroring | None = None
    cors: Cors | None = None
    fault: Fault | None = None


class Answer(Part, frozen=True):
    """What the client gets."""

    by: str
    """``backend``, ``proxy`` or ``nobody`` (no connection)."""
    status: int | None
    """None if a backend decides, or nobody answers."""
    why: str
    path: str | None = None
    """Path and query at the backend."""
    backends: list[str] = []
    location: str | None = None

    @property
    def is_good(self) -> bool:
        """Whether a backend answers, or the proxy with something else than an error."""
        return self.by == "backend" or (self.status is not None and self.status < 400)


class Explanation(Part, frozen=True):
    """Everything; parts that the request does not get to are None or empty."""

    request: Asked
    answer: Answer
    load_balancer: Balancer | None = None
    forwarding_rule: Front | None = None
    target_proxy: Proxy | None = None
    tls: Tls | None = None
    normalisation: list[Change] = []
    host_rule: Host | None = None
    route_rule: Route | None = None
    near_misses: list[Route] = []
    action: Action | None = None
    request_headers: list[HeaderChange] = []
    response_headers: list[HeaderChange] = []
    findings: list[dict[str, str | int | None]] = []
    notes: list[str] = []

    def as_dict(self) -> dict[str, Any]:
        """The documented JSON shape."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain
