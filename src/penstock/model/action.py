"""What a route does with a request: send it on, redirect it, or answer it."""

from __future__ import annotations

import msgspec

from penstock.model.backend import RetryPolicy
from penstock.model.header import NO_EDITS, HeaderEdits
from penstock.model.names import BackendServiceName
from penstock.model.origin import Origin, Setting


class PathRewrite(msgspec.Struct, frozen=True):
    r"""Replace the whole path (never the query) before the request goes to an endpoint."""

    pattern: str
    """RE2 on the whole path, whose groups `substitution` may name."""
    substitution: str
    r"""RE2 substitution: ``\1`` … ``\9`` are groups, ``\\`` is a backslash."""


class PrefixRewrite(msgspec.Struct, frozen=True, tag="prefix"):
    """Replace the part of the path that the route's match covers.

    That is the prefix of a PREFIX or TEXT_PREFIX match, and the whole path of any other.
    """

    prefix: str


class TemplateRewrite(msgspec.Struct, frozen=True, tag="template"):
    """Replace the whole path by a template that names variables of a TEMPLATE match."""

    template: str
    """``/content/{rest}``."""


Rewrite = PathRewrite | PrefixRewrite | TemplateRewrite


class WeightedBackend(msgspec.Struct, frozen=True, omit_defaults=True):
    """A share of a route's requests: weight / sum of weights."""

    backend_service: BackendServiceName
    weight: int = 1
    headers: HeaderEdits = NO_EDITS


class Mirror(msgspec.Struct, frozen=True):
    """Copies of requests for another backend service, whose answers nobody gets.

    The copy's host has ``-shadow`` at its end.
    """

    backend_service: BackendServiceName
    percent: float
    """Of the requests, from 0 to 100."""


class CorsPolicy(msgspec.Struct, frozen=True):
    """Cross-origin resource sharing, https://fetch.spec.whatwg.org/#http-cors-protocol."""

    allow_origins: tuple[str, ...] = ()
    """Exact origins; ``*`` is any."""
    allow_origin_regexes: tuple[str, ...] = ()
    """RE2 on the whole origin."""
    allow_methods: tuple[str, ...] = ()
    allow_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    max_age: int | None = None
    """Seconds a preflight answer may be kept; None leaves it to the browser."""
    allow_credentials: bool = False


class FaultInjection(msgspec.Struct, frozen=True):
    """Answers and delays that the proxy makes up, for tests of clients."""

    abort_status: int | None = None
    """HTTP status; None aborts nothing."""
    abort_percent: float = 0.0
    delay: float | None = None
    """Seconds; None delays nothing."""
    delay_percent: float = 0.0


class Forward(msgspec.Struct, frozen=True, tag="forward", omit_defaults=True):
    """Send the request to a backend service."""

    backends: tuple[WeightedBackend, ...]
    timeout: Setting[float]
    """Seconds from the request's end to the response's end, with retries; 0 is no limit."""
    idle_timeout: Setting[float]
    """Seconds a stream may be silent in both directions; 0 is no limit."""
    retry: Setting[RetryPolicy | None] | None = None
    """None leaves it to the backend service.  A route has a policy of its own only where its
    backend services have none: in Envoy theirs would override it."""
    rewrite: Setting[Rewrite] | None = None
    host_rewrite: Setting[str] | None = None
    max_duration: Setting[float] | None = None
    """Seconds from the request's first byte to the response's last, upgraded connections
    excepted; None or 0 is no limit."""
    mirror: Setting[Mirror] | None = None
    cors: Setting[CorsPolicy] | None = None
    fault: Setting[FaultInjection] | None = None


class Unserved(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a route answers by itself although somebody wanted it to lead to a backend."""

    backend: str
    """What it was to lead to, as its dialect names it: ``shop/web:80``; empty if nothing that
    could be named."""
    reason: str
    """A few words that begin in lower case and have no full stop."""
    origin: Origin
    """Where what stops it is written; findings are there or below."""
    service: BackendServiceName | None = None
    """The backend service, if it is in the model all the same: it is probed, but gets nothing."""


class FixedResponse(msgspec.Struct, frozen=True, tag="fixed_response", omit_defaults=True):
    """Answer without a backend: no route matched, or the route's backend is unusable."""

    status: int
    body: str = ""
    unserved: Unserved | None = None
    """None if nobody wanted a backend here."""


class Redirect(msgspec.Struct, frozen=True, tag="redirect", omit_defaults=True):
    """Send the client elsewhere; what is not given stays as in the request."""

    status: int
    """301, 302, 303, 307 or 308."""
    https: bool = False
    """Whether the scheme becomes ``https`` (and the port that of HTTPS)."""
    host: str = ""
    path: str = ""
    """The whole path; may carry a query of its own."""
    prefix: str = ""
    """Takes the place of the part of the path that the route's match covers."""
    strip_query: bool = False
    port: int = 0
    """The location's port; 0 is the usual one of ``https``, else the request's."""


Action = Forward | FixedResponse | Redirect
