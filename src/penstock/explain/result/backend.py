"""Who gets the request, and how its endpoint is chosen."""

from __future__ import annotations

import msgspec

from penstock.explain.result.values import Count, Part, Seconds, Source, Text


class Retry(Part, frozen=True):
    """When a request is tried again."""

    attempts: int
    conditions: list[str]
    origin: Source
    per_try_timeout: float | None = None
    """Seconds; None leaves it to the route's limit."""
    methods: list[str] = msgspec.field(default_factory=list)
    """Only requests with one of these are tried again; empty is all."""


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
    groups: list[Group] = msgspec.field(default_factory=list)
    """Where requests are shared out by capacity, health or region; empty: all alike."""
    choice: Choice | None = None
    """How one endpoint is chosen; None if requests take turns and nobody said so."""
    affinity: Affinity | None = None
    limits: list[Limit] = msgspec.field(default_factory=list)
    outliers: Outliers | None = None
    draining: Seconds | None = None
    """How long sessions go on with an endpoint that left its group."""
    logging: Logging | None = None
    """None if every request is logged."""
    address_family: Text | None = None
    guard: Guard | None = None
    """What its security policy says; None if it has none."""
    health_check: Probing | None = None
    """None takes every ready endpoint for healthy."""


class Probing(Part, frozen=True):
    """The health check: how endpoints are probed."""

    name: str
    type: Text
    """``HTTP``, ``TCP`` …"""
    port: Count
    """None is the port that serves."""
    path: Text | None
    """None where there are no paths: TCP, gRPC."""
    host: Text | None
    """None is the endpoint's address."""
    interval: Seconds
    timeout: Seconds
    healthy_threshold: Count
    """Successes in a row that make an unhealthy endpoint healthy."""
    unhealthy_threshold: Count
    """Failures in a row that make a healthy endpoint unhealthy."""
    origin: Source
    description: str = ""


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
