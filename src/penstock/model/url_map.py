"""URL maps: host → route rules in order of precedence → action.

Dialects put the rules in their final order (each vendor has its own order);
planes keep it and never sort again.  `RouteMatch` and `Action` are where later
dialects add what they need (headers, query parameters, redirects, weights).
"""

from __future__ import annotations

import enum

import msgspec

from penstock.model.backend import RetryPolicy
from penstock.model.names import BackendServiceName, UrlMapName
from penstock.model.origin import Origin, Setting


class HostKind(enum.StrEnum):
    """How a host pattern covers names."""

    EXACT = "EXACT"
    ONE_LABEL_WILDCARD = "ONE_LABEL_WILDCARD"
    """``*.foo.com`` covers ``a.foo.com``, not ``a.b.foo.com`` (Kubernetes Ingress)."""
    ANY = "ANY"
    """Every host, and requests without one."""


class HostPattern(msgspec.Struct, frozen=True, order=True):
    """Which hosts a host rule is for; ports in Host headers are ignored."""

    kind: HostKind
    value: str = ""
    """Lower case: the name, or the part of a wildcard after ``*.``; empty for ANY."""

    def __str__(self) -> str:
        if self.kind is HostKind.ANY:
            return "*"
        return self.value if self.kind is HostKind.EXACT else f"*.{self.value}"


class PathKind(enum.StrEnum):
    """How a path is compared; the query string never takes part."""

    EXACT = "EXACT"
    PREFIX = "PREFIX"
    """By path element: ``/foo`` covers ``/foo`` and ``/foo/bar``, not ``/foobar``."""
    REGEX = "REGEX"
    """RE2 on the whole path."""


class PathMatch(msgspec.Struct, frozen=True):
    """A test on the request's path."""

    kind: PathKind
    value: str
    """For PREFIX without trailing slash (but ``/`` itself); for REGEX an RE2."""
    ignore_case: bool = False


class RouteMatch(msgspec.Struct, frozen=True):
    """All that a request must satisfy for a route rule."""

    path: PathMatch


class PathRewrite(msgspec.Struct, frozen=True):
    r"""Replace the whole path (never the query) before the request goes to an endpoint."""

    pattern: str
    """RE2 on the whole path, whose groups `substitution` may name."""
    substitution: str
    r"""RE2 substitution: ``\1`` … ``\9`` are groups, ``\\`` is a backslash."""


class WeightedBackend(msgspec.Struct, frozen=True):
    """A share of a route's requests: weight / sum of weights."""

    backend_service: BackendServiceName
    weight: int = 1


class Forward(msgspec.Struct, frozen=True, tag="forward"):
    """Send the request to a backend service."""

    backends: tuple[WeightedBackend, ...]
    timeout: Setting[float]
    """Seconds from the request's end to the response's end, with retries; 0 is no limit."""
    idle_timeout: Setting[float]
    """Seconds a stream may be silent in both directions; 0 is no limit."""
    retry: Setting[RetryPolicy | None] | None = None
    """None leaves it to the backend service.  A route has a policy of its own only where its
    backend services have none: in Envoy theirs would override it."""
    rewrite: Setting[PathRewrite] | None = None


class FixedResponse(msgspec.Struct, frozen=True, tag="fixed_response"):
    """Answer without a backend: no route matched, or the route's backend is unusable."""

    status: int
    body: str = ""


Action = Forward | FixedResponse


class RouteRule(msgspec.Struct, frozen=True):
    """One way through a URL map."""

    name: str
    """Unique in the URL map, for logs and `explain`: ``default/web rules[0].paths[1]``."""
    match: RouteMatch
    action: Action
    origin: Origin


class HostRule(msgspec.Struct, frozen=True):
    """The routes of one host, first match wins."""

    host: HostPattern
    routes: tuple[RouteRule, ...]


class UrlMap(msgspec.Struct, frozen=True):
    """Hosts to routes to actions.

    The most specific host rule that covers the request's host is the only one
    that is tried (exact, then wildcard, then ANY); when none of its routes
    match, or no host rule covers the host, `default_action` answers.
    """

    name: UrlMapName
    host_rules: tuple[HostRule, ...]
    """Sorted by host, each host once."""
    default_action: Action
    default_origin: Origin
