"""URL map → RouteConfiguration, put together from the bytes of its virtual hosts; or many, if it
is large (see `shards`).

Each URL map keeps its compiled hosts from one revision to the next; a changed
host is one host compiled and one join of bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from envoy.config.core.v3 import base_pb2
from envoy.config.route.v3 import route_pb2
from google.protobuf.wrappers_pb2 import UInt32Value

from penstock.envoy.compile.header_edits import NO_EDITS, Edits, compile_edits
from penstock.envoy.compile.hosts import (
    ANY_DOMAIN,
    CommonRoutes,
    Fallback,
    HostPiece,
    compile_host,
    domain,
    key,
    without_port,
)
from penstock.envoy.compile.messages import checked, serialize
from penstock.envoy.compile.moved_ports import with_https_port
from penstock.envoy.compile.piece import Piece, refused
from penstock.envoy.compile.ports import Ported, Sharing, ported_routes
from penstock.envoy.compile.routes import MAX_BODY
from penstock.envoy.compile.serving import NO_SERVINGS, Servings, with_servings
from penstock.envoy.compile.shards import (
    SHARD_HEADER,
    SHARDS,
    is_sharded,
    needs_route_filters,
    scopes,
    start_routes,
)
from penstock.envoy.compile.variables import OPERATORS
from penstock.envoy.resources import ROUTES, EnvoyResource, shard_name
from penstock.model import (
    Finding,
    ForwardedFor,
    HostKind,
    HostPattern,
    HostRule,
    Origin,
    UrlMap,
    Variable,
)

_REST: Final = HostRule(HostPattern(HostKind.ANY), ())
"""Stands in where no host rule covers every host, so that the default action is reached."""
_REMOVED_FROM_RESPONSES: Final = ("x-envoy-upstream-service-time",)
"""What Envoy tells about itself and is nobody's business outside."""


_NOTHING: Final = Piece(None)


@dataclass(slots=True)
class _Part:
    """A route configuration, and the virtual hosts that it was put together from."""

    name: str
    hosts: list[HostPiece] = field(default_factory=list)
    piece: Piece = _NOTHING


class UrlMapCompiler:
    """Compiles the successive versions of one URL map."""

    def __init__(self) -> None:
        self.is_sharded = False
        """Whether the URL map that was compiled last is; see `shards`."""
        self._url_map: UrlMap | None = None
        self._compiled_last: UrlMap | None = None
        """The same, with redirects to where HTTPS has moved to, and what to do for backends."""
        self._https_port: int | None = None
        self._servings: Servings = NO_SERVINGS
        self._pieces: Sequence[Piece] = ()
        self._parts: list[_Part] = []
        self._fixed: Sequence[Piece] = ()
        self._findings: tuple[Finding, ...] = ()
        self._framed_by: tuple[ForwardedFor, Edits] = (ForwardedFor.CLIENT, NO_EDITS)
        self._frame = partial(_frame, kind=ForwardedFor.CLIENT, edits=NO_EDITS)
        self._fallback: Fallback | None = None
        self._hosts: dict[str, HostPiece] = {}
        # Identities are safe as keys because pieces keep their rules alive.
        self._by_rule: dict[int, HostPiece] = {}
        self._common: CommonRoutes = {}
        self._edits = NO_EDITS
        """The URL map's, where its routes have to know them; else they stand in its frame."""
        self._shared: list[HostPiece] = []
        """Those whose virtual hosts have routes of host rules with a port."""

    def compile(
        self, url_map: UrlMap, https_port: int | None = None, servings: Servings = NO_SERVINGS
    ) -> Sequence[Piece]:
        """The route configurations of ``url_map``, and the scopes that lead to shards.

        ``https_port`` is where HTTPS has moved to.
        """
        same = self._url_map is url_map and self._https_port == https_port
        same = same and self._servings == servings
        if not self._pieces or not same or self._findings:
            moved = with_https_port(url_map, https_port) if https_port else url_map
            moved = with_servings(moved, servings) if servings else moved
            self._pieces = self._compile(moved)
            self._servings = servings
            self._url_map, self._https_port, self._compiled_last = url_map, https_port, moved
        return self._pieces

    def _compile(self, url_map: UrlMap) -> Sequence[Piece]:
        if replaced := self._replaced(url_map):
            for part in replaced:
                self._assemble(part)
        else:
            self._findings = self._anew(url_map)
        told = (Piece(None, self._findings),) if self._findings else ()
        return (*[part.piece for part in self._parts], *self._fixed, *told)

    def _anew(self, url_map: UrlMap) -> tuple[Finding, ...]:
        """Compile all that changed, and find out which parts it is in."""
        edits = compile_edits(url_map.headers, url_map.default_origin)
        inner, outer = (edits, NO_EDITS) if edits.tells_state else (NO_EDITS, edits)
        if inner != self._edits:
            self._edits, self._hosts, self._by_rule = inner, {}, {}
        frame = partial(_frame, kind=url_map.forwarded_for, edits=outer)
        _, refusals = checked(lambda: frame(url_map.name))
        if refusals:
            self._parts, self._fixed = [], ()
            return (refused(url_map.default_origin, refusals, "the URL map is left out"),)
        if (url_map.forwarded_for, outer) != self._framed_by:
            self._framed_by, self._parts = (url_map.forwarded_for, outer), []
        self._frame = frame
        findings = edits.findings + self._update(url_map)
        self._divide(url_map)
        return findings

    def _replaced(self, url_map: UrlMap) -> list[_Part]:
        """The parts in which single exact hosts were replaced; none if more has changed."""
        before = self._compiled_last
        if before is None or self._findings or not self._parts or not _alike(before, url_map):
            return []
        pairs = zip(before.host_rules, url_map.host_rules, strict=True)
        changed = [(old, new) for old, new in pairs if old is not new]
        if not all(old.host == new.host for old, new in changed):
            return []
        if not all(self._is_simple(rule) for pair in changed for rule in pair):
            return []
        self._common.clear()
        fresh = [self._compiled(new, url_map.default_origin) for _, new in changed]
        if any(piece.findings for piece in fresh):
            return []
        return [
            self._replace(id(old), piece) for (old, _), piece in zip(changed, fresh, strict=True)
        ]

    def _is_simple(self, rule: HostRule) -> bool:
        """Whether a host rule concerns no other one and does not stand in the way of shards."""
        is_shared = bool(self._shared) or bool(rule.host.port)
        return _is_exact(rule) and not is_shared and not needs_route_filters(rule)

    def _replace(self, old: int, piece: HostPiece) -> _Part:
        assert self._fallback is not None
        self._fallback.complete(piece)
        gone = self._by_rule.pop(old)
        self._by_rule[id(piece.rule)] = self._hosts[piece.key] = piece
        part = self._parts[piece.shard if self.is_sharded else 0]
        part.hosts[part.hosts.index(gone)] = piece
        return part

    def _update(self, url_map: UrlMap) -> tuple[Finding, ...]:
        """Bring the virtual hosts up to date; what was found is returned."""
        self._common.clear()
        by_rule: dict[int, HostPiece] = {}
        hosts: dict[str, HostPiece] = {}
        fresh: list[HostPiece] = []
        findings: list[Finding] = []
        ported: dict[str, tuple[HostPiece, ...]] = {}
        for rule in url_map.host_rules:
            piece = self._by_rule.get(id(rule))
            if piece is None or piece.findings:
                piece = self._renewed(rule, url_map.default_origin)
                fresh.append(piece)
            by_rule[id(rule)] = piece
            if piece.key in hosts:
                findings.append(_duplicate(rule, url_map.default_origin))
                continue
            hosts[piece.key] = piece
            findings += piece.findings
            if rule.host.port:
                name = domain(rule.host)
                ported[name] = (*ported.get(name, ()), piece)
        stand_ins = [
            HostRule(without_port(pieces[0].rule.host), ())
            for name, pieces in ported.items()
            if name not in hosts
        ]
        if ANY_DOMAIN not in hosts and ANY_DOMAIN not in ported:
            stand_ins.append(_REST)
        for rule in stand_ins:
            hosts[key(rule.host)] = self._renewed(rule, url_map.default_origin)
            fresh.append(hosts[key(rule.host)])
        self._by_rule, self._hosts = by_rule, hosts
        missing = frozenset(key(rule.host) for rule in stand_ins)
        return (*findings, *self._complete(url_map, fresh, ported, missing))

    def _renewed(self, rule: HostRule, origin: Origin) -> HostPiece:
        """The host's piece of last time if it is still good, else a new one."""
        piece = self._hosts.get(key(rule.host))
        return piece if piece and piece.stands_for(rule) else self._compiled(rule, origin)

    def _compiled(self, rule: HostRule, origin: Origin) -> HostPiece:
        return compile_host(rule, origin, self._edits, self._common)

    def _complete(
        self,
        url_map: UrlMap,
        fresh: list[HostPiece],
        ported: Ported,
        stand_ins: frozenset[str],
    ) -> tuple[Finding, ...]:
        """Add what answers when no route matches; all hosts get it anew if it changed."""
        any_host = self._hosts[ANY_DOMAIN].routes
        if ANY_DOMAIN in ported:
            any_host = ported_routes(ported[ANY_DOMAIN], url_map, self._edits) + any_host
        if self._fallback is None or not self._fallback.stands_for(url_map, any_host, self._edits):
            self._fallback = Fallback.of(url_map, any_host, self._edits)
            fresh = list(self._hosts.values())
            self._parts = []
        for piece in (*fresh, *self._shared):
            self._fallback.complete(piece)
        sharing = Sharing(self._hosts, ported, stand_ins, self._fallback, url_map)
        self._shared = sharing.complete()
        return self._fallback.findings

    def _divide(self, url_map: UrlMap) -> None:
        """Put the route configurations together; those with the same hosts as before stay."""
        sharded = is_sharded(url_map.host_rules, url_map.default_action)
        if sharded != self.is_sharded or not self._parts:
            self.is_sharded = sharded
            names: list[str] = [url_map.name]
            if sharded:
                names = [shard_name(url_map.name, shard) for shard in range(SHARDS)]
            self._parts = [_Part(name) for name in names]
            self._fixed = _fixed(url_map.name) if sharded else ()
        groups = self._groups()
        for part, hosts in zip(self._parts, groups, strict=True):
            if part.hosts != hosts:
                part.hosts = hosts
                self._assemble(part)

    def _assemble(self, part: _Part) -> None:
        """Put the part's route configuration together."""
        frame = self._frame(part.name, is_shard=self.is_sharded)
        body = serialize(frame) + b"".join([host.framed for host in part.hosts])
        part.piece = Piece(EnvoyResource(ROUTES, part.name, body))

    def _groups(self) -> list[list[HostPiece]]:
        """The virtual hosts of each route configuration."""
        if not self.is_sharded:
            return [list(self._hosts.values())]
        groups: list[list[HostPiece]] = [[] for _ in range(SHARDS)]
        shared: list[HostPiece] = []
        for piece in self._hosts.values():
            if _is_exact(piece.rule):
                groups[piece.shard].append(piece)
            else:
                shared.append(piece)
        return [[*group, *shared] for group in groups]


def _fixed(name: str) -> Sequence[Piece]:
    """What a sharded URL map has beside its shards."""
    return [Piece(start_routes(name)), *map(Piece, scopes(name))]


def _alike(before: UrlMap, after: UrlMap) -> bool:
    """Whether at most routes of hosts differ."""
    return (
        before.name == after.name
        and len(before.host_rules) == len(after.host_rules)
        and before.default_action == after.default_action
        and before.default_origin == after.default_origin
        and before.headers == after.headers
        and before.forwarded_for is after.forwarded_for
    )


def _is_exact(rule: HostRule) -> bool:
    return rule.host.kind is HostKind.EXACT


_REMOVED_FROM_REQUESTS: Final = ("proxy", "x-envoy-external-address")
"""`proxy` becomes the variable HTTP_PROXY in CGI programs, which trust it (httpoxy.org);
`x-envoy-external-address` is what `x-forwarded-for` says, as every backend expects."""


_PEER: Final = OPERATORS[Variable.CLIENT_IP_ADDRESS]
_FORWARDED_FOR: Final = {
    ForwardedFor.CLIENT: _PEER,
    ForwardedFor.CLIENT_AND_VIP: f"{_PEER},{OPERATORS[Variable.SERVER_IP_ADDRESS]}",
}


def _forwarded_for(kind: ForwardedFor) -> Any:
    """The peer's address, after whatever the client claims came before it.

    https://www.rfc-editor.org/rfc/rfc7239#section-5.2 describes the header it stands for.
    """
    return base_pb2.HeaderValueOption(
        header=base_pb2.HeaderValue(key="x-forwarded-for", value=_FORWARDED_FOR[kind]),
        append_action=base_pb2.HeaderValueOption.HeaderAppendAction.APPEND_IF_EXISTS_OR_ADD,
    )


def _frame(name: str, kind: ForwardedFor, edits: Edits, is_shard: bool = False) -> Any:
    """A route configuration without its virtual hosts."""
    frame = route_pb2.RouteConfiguration(
        name=name,
        ignore_port_in_host_matching=True,
        max_direct_response_body_size_bytes=UInt32Value(value=MAX_BODY),
        request_headers_to_add=[_forwarded_for(kind)],
        request_headers_to_remove=(*_REMOVED_FROM_REQUESTS, *(SHARD_HEADER,) * is_shard),
        response_headers_to_remove=_REMOVED_FROM_RESPONSES,
    )
    edits.fill(frame)
    return frame


def _duplicate(rule: HostRule, origin: Origin) -> Finding:
    origin = rule.routes[0].origin if rule.routes else origin
    reason = f"the host {key(rule.host)} has a host rule already"
    return refused(origin, (reason,), "this one is left out")
