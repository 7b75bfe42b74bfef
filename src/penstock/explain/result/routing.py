"""Which rule takes the request, and what is done to the request."""

from __future__ import annotations

import msgspec

from penstock.explain.result.values import Part, Source


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
    conditions: list[str] = msgspec.field(default_factory=list)
    """On headers and query parameters, in words."""
    ignore_case: bool = False


class Rewrite(Part, frozen=True):
    """What becomes of the path, or of the host."""

    before: str
    after: str
    origin: Source


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
