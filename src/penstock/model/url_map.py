"""URL maps: host → route rules in order of precedence → action.

Dialects put the rules in their final order (each vendor has its own order);
planes keep it and never sort again.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator

import msgspec

from penstock.model.action import Action
from penstock.model.header import NO_EDITS, HeaderEdits
from penstock.model.match import HostPattern, RouteMatch
from penstock.model.names import BackendServiceName, UrlMapName
from penstock.model.origin import Origin


class RouteRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """One way through a URL map."""

    name: str
    """Unique in the URL map, for logs and `explain`: ``default/web rules[0].paths[1]``."""
    match: RouteMatch
    action: Action
    origin: Origin
    headers: HeaderEdits = NO_EDITS


class HostRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """The routes of one host, first match wins."""

    host: HostPattern
    routes: tuple[RouteRule, ...]
    headers: HeaderEdits = NO_EDITS


class ForwardedFor(enum.StrEnum):
    """What is added at the end of ``X-Forwarded-For``; what precedes it is never verified."""

    CLIENT = "CLIENT"
    """The client's address."""
    CLIENT_AND_VIP = "CLIENT_AND_VIP"
    """The client's address and that of the forwarding rule (Google's load balancers)."""


class UrlMapTest(msgspec.Struct, frozen=True):
    """What the author of a URL map expects of one request."""

    host: str
    path: str
    """With query, if any."""
    headers: tuple[tuple[str, str], ...]
    backend_service: BackendServiceName | None
    """The backend service that should get it; None for a redirect."""
    url: str | None
    """After rewrite or redirect: the URL that should come out; None is not tested."""
    redirect_status: int | None
    origin: Origin


class UrlMap(msgspec.Struct, frozen=True, omit_defaults=True):
    """Hosts to routes to actions.

    The most specific host rule that covers the request's host is the only one
    that is tried (exact, then the longest wildcard, then ANY; with the port the Host
    header names before without a port); when none of its routes match, or no
    host rule covers the host, `default_action` answers.
    """

    name: UrlMapName
    host_rules: tuple[HostRule, ...]
    """Sorted by host, each host once."""
    default_action: Action
    default_origin: Origin
    headers: HeaderEdits = NO_EDITS
    forwarded_for: ForwardedFor = ForwardedFor.CLIENT
    tests: tuple[UrlMapTest, ...] = ()
    in_place_of: UrlMapName | None = None
    """Of one that only redirects: the URL map that would have the requests otherwise, and knows
    the hosts."""

    @property
    def actions(self) -> Iterator[Action]:
        """Of all routes, and the default."""
        yield from (route.action for rule in self.host_rules for route in rule.routes)
        yield self.default_action
