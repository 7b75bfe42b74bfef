"""The whole answer."""

from __future__ import annotations

from typing import Any

import msgspec

from penstock.explain.result.backend import Backend
from penstock.explain.result.entrance import Asked, Balancer, Front, Proxy, Tls
from penstock.explain.result.routing import (
    Change,
    Cors,
    Fault,
    HeaderChange,
    Host,
    Mirroring,
    Rewrite,
    Route,
)
from penstock.explain.result.values import Part, Seconds, Source


class Unserved(Part, frozen=True):
    """Why a backend that was wanted is not asked."""

    backend: str | None
    """As its dialect names it; None if it has no name."""
    reason: str
    origin: Source


class Action(Part, frozen=True):
    """What the route does: ``forward``, ``redirect`` or ``respond``."""

    kind: str
    rewrite: Rewrite | None = None
    timeout: Seconds | None = None
    idle_timeout: Seconds | None = None
    backends: list[Backend] = msgspec.field(default_factory=list)
    status: int | None = None
    body: str | None = None
    host_rewrite: Rewrite | None = None
    max_duration: Seconds | None = None
    mirror: Mirroring | None = None
    cors: Cors | None = None
    fault: Fault | None = None
    unserved: Unserved | None = None
    """Of an answer of the proxy's own: the backend that should have given one; None if none."""


class Answer(Part, frozen=True):
    """What the client gets."""

    by: str
    """``backend``, ``proxy`` or ``nobody`` (no connection)."""
    status: int | None
    """None if a backend decides, or nobody answers."""
    why: str
    path: str | None = None
    """Path and query at the backend."""
    backends: list[str] = msgspec.field(default_factory=list)
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
    normalisation: list[Change] = msgspec.field(default_factory=list)
    host_rule: Host | None = None
    route_rule: Route | None = None
    near_misses: list[Route] = msgspec.field(default_factory=list)
    action: Action | None = None
    request_headers: list[HeaderChange] = msgspec.field(default_factory=list)
    response_headers: list[HeaderChange] = msgspec.field(default_factory=list)
    findings: list[dict[str, str | int | None]] = msgspec.field(default_factory=list)
    left_out: list[dict[str, str | int | None]] = msgspec.field(default_factory=list)
    """Findings for which rules or paths are not served that might have taken the request."""
    notes: list[str] = msgspec.field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The documented JSON shape."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain
