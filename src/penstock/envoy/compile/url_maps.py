"""URL map → RouteConfiguration, put together from the bytes of its virtual hosts; or many, if it
is large (see `shards`).

Each URL map keeps its compiled hosts from one revision to the next; a changed
host is one host compiled and one join of bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from envoy.config.core.v3 import base_pb2
from envoy.config.route.v3 import route_pb2
from google.protobuf.wrappers_pb2 import UInt32Value

from penstock.envoy.compile.hosts import ANY_DOMAIN, Fallback, HostPiece, compile_host, domain
from penstock.envoy.compile.messages import checked, serialize
from penstock.envoy.compile.piece import Piece, refused
from penstock.envoy.compile.routes import MAX_BODY
from penstock.envoy.compile.shards import (
    SHARD_HEADER,
    SHARDS,
    is_sharded,
    scopes,
    start_routes,
)
from penstock.envoy.resources import ROUTES, EnvoyResource, shard_name
from penstock.model import Finding, HostKind, HostPattern, HostRule, Origin, UrlMap

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
        self._pieces: Sequence[Piece] = ()
        self._parts: list[_Part] = []
        self._fixed: Sequence[Piece] = ()
        self._findings: tuple[Finding, ...] = ()
        self._fallback: Fallback | None = None
        self._hosts: dict[str, HostPiece] = {}
        # Identities are safe as keys because pieces keep their rules alive.
        self._by_rule: dict[int, HostPiece] = {}

    def compile(self, url_map: UrlMap) -> Sequence[Piece]:
        """The route configurations of ``url_map``, and the scopes that lead to shards."""
        if not self._pieces or self._url_map is not url_map or self._findings:
            self._pieces = self._compile(url_map)
            self._url_map = url_map
        return self._pieces

    def _compile(self, url_map: UrlMap) -> Sequence[Piece]:
        if not (replaced := self._replaced(url_map)):
            _, refusals = checked(lambda: _frame(url_map.name))
            if refusals:
                why = refused(url_map.default_origin, refusals, "the URL map is left out")
                self._findings = (why,)
                return (Piece(None, self._findings),)
            self._findings = self._update(url_map)
            self._divide(url_map)
        else:
            for part in replaced:
                part.piece = _assemble(part.name, self.is_sharded, part.hosts)
        told = (Piece(None, self._findings),) if self._findings else ()
        return (*[part.piece for part in self._parts], *self._fixed, *told)

    def _replaced(self, url_map: UrlMap) -> list[_Part]:
        """The parts in which single exact hosts were replaced; none if more has changed."""
        before = self._url_map
        if before is None or self._findings or not _alike(before, url_map):
            return []
        pairs = zip(before.host_rules, url_map.host_rules, strict=True)
        changed = [(old, new) for old, new in pairs if old is not new]
        if not all(old.host == new.host and _is_exact(new) for old, new in changed):
            return []
        fresh = [compile_host(new, url_map.default_origin) for _, new in changed]
        if any(piece.findings for piece in fresh):
            return []
        return [
            self._replace(id(old), piece) for (old, _), piece in zip(changed, fresh, strict=True)
        ]

    def _replace(self, old: int, piece: HostPiece) -> _Part:
        assert self._fallback is not None
        self._fallback.complete(piece)
        gone = self._by_rule.pop(old)
        self._by_rule[id(piece.rule)] = self._hosts[piece.domain] = piece
        part = self._parts[piece.shard if self.is_sharded else 0]
        part.hosts[part.hosts.index(gone)] = piece
        return part

    def _update(self, url_map: UrlMap) -> tuple[Finding, ...]:
        """Bring the virtual hosts up to date; what was found is returned."""
        by_rule: dict[int, HostPiece] = {}
        hosts: dict[str, HostPiece] = {}
        fresh: list[HostPiece] = []
        findings: list[Finding] = []
        for rule in url_map.host_rules:
            piece = self._by_rule.get(id(rule))
            if piece is None or piece.findings:
                piece = self._renewed(rule, url_map.default_origin)
                fresh.append(piece)
            by_rule[id(rule)] = piece
            if piece.domain in hosts:
                findings.append(_duplicate(rule, url_map.default_origin))
                continue
            hosts[piece.domain] = piece
            findings += piece.findings
        if ANY_DOMAIN not in hosts:
            hosts[ANY_DOMAIN] = self._renewed(_REST, url_map.default_origin)
            fresh.append(hosts[ANY_DOMAIN])
        self._by_rule, self._hosts = by_rule, hosts
        return (*findings, *self._complete(url_map, fresh))

    def _renewed(self, rule: HostRule, origin: Origin) -> HostPiece:
        """The host's piece of last time if it is still good, else a new one."""
        piece = self._hosts.get(domain(rule.host))
        return piece if piece and piece.stands_for(rule) else compile_host(rule, origin)

    def _complete(self, url_map: UrlMap, fresh: list[HostPiece]) -> tuple[Finding, ...]:
        """Add what answers when no route matches; all hosts get it anew if it changed."""
        any_host = self._hosts[ANY_DOMAIN].routes
        if self._fallback is None or not self._fallback.stands_for(url_map, any_host):
            self._fallback = Fallback.of(url_map, any_host)
            fresh = list(self._hosts.values())
            self._parts = []
        for piece in fresh:
            self._fallback.complete(piece)
        return self._fallback.findings

    def _divide(self, url_map: UrlMap) -> None:
        """Put the route configurations together; those with the same hosts as before stay."""
        sharded = is_sharded(url_map.host_rules)
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
                part.hosts, part.piece = hosts, _assemble(part.name, sharded, hosts)

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
    )


def _is_exact(rule: HostRule) -> bool:
    return rule.host.kind is HostKind.EXACT


def _assemble(name: str, is_shard: bool, hosts: Iterable[HostPiece]) -> Piece:
    """The route configuration with these hosts."""
    body = serialize(_frame(name, is_shard)) + b"".join([host.framed for host in hosts])
    return Piece(EnvoyResource(ROUTES, name, body))


_REMOVED_FROM_REQUESTS: Final = ("proxy", "x-envoy-external-address")
"""`proxy` becomes the variable HTTP_PROXY in CGI programs, which trust it (httpoxy.org);
`x-envoy-external-address` is what `x-forwarded-for` says, as every backend expects."""


def _forwarded_for() -> Any:
    """The peer's address, after whatever the client claims came before it.

    https://www.rfc-editor.org/rfc/rfc7239#section-5.2 describes the header it stands for.
    """
    return base_pb2.HeaderValueOption(
        header=base_pb2.HeaderValue(
            key="x-forwarded-for", value="%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%"
        ),
        append_action=base_pb2.HeaderValueOption.HeaderAppendAction.APPEND_IF_EXISTS_OR_ADD,
    )


def _frame(name: str, is_shard: bool = False) -> Any:
    """A route configuration without its virtual hosts."""
    return route_pb2.RouteConfiguration(
        name=name,
        ignore_port_in_host_matching=True,
        max_direct_response_body_size_bytes=UInt32Value(value=MAX_BODY),
        request_headers_to_add=[_forwarded_for()],
        request_headers_to_remove=(*_REMOVED_FROM_REQUESTS, *(SHARD_HEADER,) * is_shard),
        response_headers_to_remove=_REMOVED_FROM_RESPONSES,
    )


def _duplicate(rule: HostRule, origin: Origin) -> Finding:
    origin = rule.routes[0].origin if rule.routes else origin
    reason = f"the host {domain(rule.host)} has a host rule already"
    return refused(origin, (reason,), "this one is left out")
