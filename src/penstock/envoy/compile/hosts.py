"""Host rule → VirtualHost, as the bytes of a route configuration's field.

A virtual host is the host's own routes followed by what answers when none of
them match.  The two parts are compiled apart, so that a new default action does
not compile thousands of routes again.  Host rules with a port share the virtual
host of their domain (`ports`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from envoy.config.route.v3 import route_components_pb2 as pb
from envoy.config.route.v3 import route_pb2

from penstock.envoy.compile.header_edits import NO_EDITS, Edits, compile_edits
from penstock.envoy.compile.host_guards import (
    bad_host,
    guards_of,
    label_guard,
    labels_of,
)
from penstock.envoy.compile.messages import checked, frame, serialize
from penstock.envoy.compile.piece import refused
from penstock.envoy.compile.routes import Fragment, compile_route
from penstock.envoy.compile.shards import shard_of
from penstock.model import (
    Action,
    Finding,
    HostKind,
    HostPattern,
    HostRule,
    Origin,
    PathKind,
    PathMatch,
    RouteMatch,
    RouteRule,
    UrlMap,
)

DEFAULT_ROUTE: Final = "default"
"""Name of the route that stands for the URL map's default action."""
_EVERYTHING: Final = RouteMatch(PathMatch(PathKind.PREFIX, "/"))
_HOSTS_FIELD: Final = route_pb2.RouteConfiguration.DESCRIPTOR.fields_by_name["virtual_hosts"].number
ANY_DOMAIN: Final = "*"
_HIGHEST_PORT: Final = 65_535


def domain(host: HostPattern) -> str:
    """The Envoy domain of a host pattern; also the name of its virtual host."""
    return str(without_port(host))


def without_port(host: HostPattern) -> HostPattern:
    """The pattern for every port."""
    return HostPattern(host.kind, host.value) if host.port else host


def key(host: HostPattern) -> str:
    """What tells a URL map's host rules apart: the domain, with the port if there is one."""
    return str(host)


@dataclass(slots=True, eq=False)
class HostPiece:
    """A host rule's own part of its virtual host; equal to none but itself."""

    rule: HostRule
    key: str
    head: bytes
    """Name and domains; empty if Envoy would refuse them."""
    routes: bytes
    findings: tuple[Finding, ...]
    framed: bytes = b""
    """The whole virtual host, set by `Fallback.complete` or `ports.Sharing`; empty for rules
    with a port, which have none of their own."""

    _shard: int = -1

    @property
    def shard(self) -> int:
        """The shard of the host, should its URL map be sharded."""
        if self._shard < 0:
            self._shard = shard_of(self.key)
        return self._shard

    def stands_for(self, rule: HostRule) -> bool:
        """Whether this is what compiling ``rule`` would give."""
        if self.findings:
            return False  # They point into text that may have moved.
        if self.rule is rule:
            return True
        if self.rule == rule:
            self.rule = rule
            return True
        return False


CommonRoutes = dict[tuple[object, ...], Fragment]
"""Routes that were compiled for one host rule, for others that have the very same ones."""


def compile_host(
    rule: HostRule, origin: Origin, map_edits: Edits = NO_EDITS, common: CommonRoutes | None = None
) -> HostPiece:
    """The own part of a host's virtual host; ``origin`` is for a host without routes.

    ``map_edits`` are those of the URL map, where routes have to know them.  ``common`` is
    for host rules of one URL map only, and as long as all of them are alive.
    """
    if rule.routes:
        origin = rule.routes[0].origin
    head, refusals = checked(lambda: _head(without_port(rule.host)))
    refusals = _host_problems(rule.host) or refusals
    if head is None or refusals:
        finding = refused(origin, refusals, "this host is left out")
        return HostPiece(rule, key(rule.host), b"", b"", (finding,))
    routes = _known_routes(rule, origin, map_edits, {} if common is None else common)
    return HostPiece(rule, key(rule.host), serialize(head), routes.body, routes.findings)


@dataclass(slots=True)
class Fallback:
    """What answers when no route of a host matches.

    That is the default action; for hosts with more labels than a wildcard covers,
    the ANY rule's routes come first, for they are what covers such a host.
    """

    default: bytes
    any_host: bytes
    """The ANY rule's routes, empty without one."""
    action: Action
    origin: Origin
    edits: Edits
    """The URL map's, where routes have to know them."""
    findings: tuple[Finding, ...]
    _tails: dict[int | None, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, url_map: UrlMap, any_host: bytes, edits: Edits) -> Fallback:
        """The fallback of a URL map's hosts."""
        action, origin = url_map.default_action, url_map.default_origin
        route = default_route(action, origin, edits)
        return cls(route.body, any_host, action, origin, edits, route.findings)

    def stands_for(self, url_map: UrlMap, any_host: bytes, edits: Edits) -> bool:
        """Whether `of` would give the same."""
        return (
            not self.findings
            and self.any_host == any_host
            and self.edits == edits
            and self.action == url_map.default_action
            and self.origin == url_map.default_origin
        )

    def complete(self, piece: HostPiece) -> None:
        """Make the piece a whole virtual host."""
        if piece.head and not piece.rule.host.port:
            piece.framed = framed_host(piece.head + piece.routes + self.tail(piece.rule.host))

    def tail(self, host: HostPattern) -> bytes:
        """What follows the routes of a host rule without a port."""
        return self._tail(labels_of(host))

    def _tail(self, labels: int | None) -> bytes:
        if labels not in self._tails:
            guarded = b""
            if labels is not None and self.any_host:
                guard = (label_guard(labels),)
                first = default_route(self.action, self.origin, self.edits, guard)
                guarded = first.body + self.any_host
            self._tails[labels] = guarded + self.default
        return self._tails[labels]


def _head(host: HostPattern) -> pb.VirtualHost:
    name = domain(host)
    head = pb.VirtualHost(name=name, domains=[name])
    if host.kind is not HostKind.EXACT:
        head.routes.append(bad_host())
    return head


def _host_problems(host: HostPattern) -> tuple[str, ...]:
    if not 0 <= host.port <= _HIGHEST_PORT:
        return (f"{host.port} is not a port",)
    if host.kind is HostKind.ANY:
        return ()
    name = host.value[1:] if host.kind is HostKind.SUFFIX else host.value
    sound = name and "*" not in name and name == name.lower()
    if not sound or (host.kind is HostKind.SUFFIX and host.value[0] not in ".-"):
        return (f"{str(host)!r} is neither a host in lower case nor a wildcard",)
    return ()


def _known_routes(
    rule: HostRule, origin: Origin, map_edits: Edits, common: CommonRoutes
) -> Fragment:
    """A path matcher of many hosts and thousands of routes is compiled once."""
    place = (id(rule.routes), id(rule.headers), labels_of(rule.host), rule.host.port)
    if place not in common:
        common[place] = _routes(rule, origin, map_edits)
    return common[place]


def _routes(rule: HostRule, origin: Origin, map_edits: Edits) -> Fragment:
    guards = guards_of(rule.host)
    edits = compile_edits(rule.headers, origin).then(map_edits)
    parts = [compile_route(route, guards, edits) for route in rule.routes]
    findings = tuple(finding for part in parts for finding in part.findings)
    return Fragment(b"".join(part.body for part in parts), edits.findings + findings)


def default_route(
    action: Action, origin: Origin, edits: Edits, guards: tuple[Any, ...] = ()
) -> Fragment:
    """The default action for all requests that ``guards`` let pass."""
    return compile_route(RouteRule(DEFAULT_ROUTE, _EVERYTHING, action, origin), guards, edits)


def framed_host(body: bytes) -> bytes:
    """A virtual host as it stands in its route configuration."""
    return frame(_HOSTS_FIELD, body)
