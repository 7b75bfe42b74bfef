"""Host rule → VirtualHost, as the bytes of a route configuration's field.

A virtual host is the host's own routes followed by what answers when none of
them match.  The two parts are compiled apart, so that a new default action does
not compile thousands of routes again.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from envoy.config.route.v3 import route_components_pb2, route_pb2
from envoy.type.matcher.v3 import regex_pb2, string_pb2

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
    RouteRule,
    UrlMap,
)

DEFAULT_ROUTE: Final = "default"
"""Name of the route that stands for the URL map's default action."""
BAD_HOST_ROUTE: Final = "bad-host"
"""Name of the route for requests whose host is none, in rules for more than one host."""
_HOST: Final = r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?"
_EVERYTHING: Final = PathMatch(PathKind.PREFIX, "/")
_HOSTS_FIELD: Final = route_pb2.RouteConfiguration.DESCRIPTOR.fields_by_name["virtual_hosts"].number
ANY_DOMAIN: Final = "*"


def domain(host: HostPattern) -> str:
    """The Envoy domain of a host pattern; also the name of its virtual host."""
    return str(host)


@dataclass(slots=True, eq=False)
class HostPiece:
    """A host rule's own part of its virtual host; equal to none but itself."""

    rule: HostRule
    domain: str
    head: bytes
    """Name and domains; empty if Envoy would refuse them."""
    routes: bytes
    findings: tuple[Finding, ...]
    framed: bytes = b""
    """The whole virtual host, set by `Fallback.complete`."""

    _shard: int = -1

    @property
    def shard(self) -> int:
        """The shard of the host, should its URL map be sharded."""
        if self._shard < 0:
            self._shard = shard_of(self.domain)
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


def compile_host(rule: HostRule, origin: Origin) -> HostPiece:
    """The own part of a host's virtual host; ``origin`` is for a host without routes."""
    if rule.routes:
        origin = rule.routes[0].origin
    head, refusals = checked(lambda: _head(rule.host))
    refusals = _host_problems(rule.host) or refusals
    if head is None or refusals:
        return _left_out(rule, refused(origin, refusals, "this host is left out"))
    routes = _routes(rule.routes, _labels(rule.host))
    return HostPiece(rule, domain(rule.host), serialize(head), routes.body, routes.findings)


def _left_out(rule: HostRule, finding: Finding) -> HostPiece:
    return HostPiece(rule, domain(rule.host), b"", b"", (finding,))


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
    findings: tuple[Finding, ...]
    _tails: dict[int | None, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, url_map: UrlMap, any_host: bytes) -> Fallback:
        """The fallback of a URL map's hosts."""
        route = _default_route(url_map.default_action, url_map.default_origin)
        return cls(
            route.body, any_host, url_map.default_action, url_map.default_origin, route.findings
        )

    def stands_for(self, url_map: UrlMap, any_host: bytes) -> bool:
        """Whether `of` would give the same."""
        return (
            not self.findings
            and self.any_host == any_host
            and self.action == url_map.default_action
            and self.origin == url_map.default_origin
        )

    def complete(self, piece: HostPiece) -> None:
        """Make the piece a whole virtual host."""
        if piece.head:
            body = piece.head + piece.routes + self._tail(_labels(piece.rule.host))
            piece.framed = frame(_HOSTS_FIELD, body)

    def _tail(self, labels: int | None) -> bytes:
        if labels not in self._tails:
            guarded = b""
            if labels is not None and self.any_host:
                guarded = _default_route(self.action, self.origin, labels).body + self.any_host
            self._tails[labels] = guarded + self.default
        return self._tails[labels]


def _head(host: HostPattern) -> route_components_pb2.VirtualHost:
    name = domain(host)
    head = route_components_pb2.VirtualHost(name=name, domains=[name])
    if host.kind is not HostKind.EXACT:
        head.routes.append(_bad_host())
    return head


@functools.cache
def _bad_host() -> route_components_pb2.Route:
    """Answers 400 where the host is none, before a rule for many hosts takes it.

    Envoy joins several Host lines to one with commas; RFC 9112 (section 3.2) asks
    for 400 instead, because the endpoint might believe another one of them.
    """
    route = route_components_pb2.Route(name=BAD_HOST_ROUTE)
    route.match.prefix = "/"
    route.match.headers.add(
        name=":authority",
        string_match=string_pb2.StringMatcher(safe_regex=regex_pb2.RegexMatcher(regex=_HOST)),
        invert_match=True,
    )
    route.direct_response.status = 400
    return route


def _host_problems(host: HostPattern) -> tuple[str, ...]:
    if host.kind is HostKind.ANY:
        return ()
    if not host.value or "*" in host.value or host.value != host.value.lower():
        return (f"{str(host)!r} is neither a host in lower case nor a wildcard for one label",)
    return ()


def _routes(rules: Sequence[RouteRule], labels: int | None) -> Fragment:
    parts = [
        compile_route(rule.name, rule.match.path, rule.action, rule.origin, labels)
        for rule in rules
    ]
    findings = tuple(finding for part in parts for finding in part.findings)
    return Fragment(b"".join(part.body for part in parts), findings)


def _default_route(action: Action, origin: Origin, labels: int | None = None) -> Fragment:
    return compile_route(DEFAULT_ROUTE, _EVERYTHING, action, origin, labels)


def _labels(host: HostPattern) -> int | None:
    """How many labels a host must have, where Envoy's domain does not say it."""
    if host.kind is not HostKind.ONE_LABEL_WILDCARD:
        return None
    return host.value.count(".") + 2
