"""URL map → RouteConfiguration, put together from the bytes of its virtual hosts.

Each URL map keeps its compiled hosts from one revision to the next; a changed
host is one host compiled and one join of bytes.
"""

from __future__ import annotations

from typing import Any, Final

from envoy.config.core.v3 import base_pb2
from envoy.config.route.v3 import route_pb2
from google.protobuf.wrappers_pb2 import UInt32Value

from penstock.envoy.compile.header_edits import NO_EDITS, Edits, compile_edits
from penstock.envoy.compile.hosts import (
    ANY_DOMAIN,
    Fallback,
    HostPiece,
    compile_host,
    domain,
    key,
    without_port,
)
from penstock.envoy.compile.messages import checked, serialize
from penstock.envoy.compile.piece import Piece, refused
from penstock.envoy.compile.ports import Ported, Sharing, ported_routes
from penstock.envoy.compile.routes import MAX_BODY
from penstock.envoy.compile.variables import OPERATORS
from penstock.envoy.resources import ROUTES, EnvoyResource
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


class UrlMapCompiler:
    """Compiles the successive versions of one URL map."""

    def __init__(self) -> None:
        self._url_map: UrlMap | None = None
        self._piece: Piece | None = None
        self._fallback: Fallback | None = None
        self._hosts: dict[str, HostPiece] = {}
        # Identities are safe as keys because pieces keep their rules alive.
        self._by_rule: dict[int, HostPiece] = {}
        self._edits = NO_EDITS
        """The URL map's, where its routes have to know them; else they stand in its frame."""
        self._shared: list[HostPiece] = []
        """Those whose virtual hosts have routes of host rules with a port."""

    def compile(self, url_map: UrlMap) -> Piece:
        """The route configuration of ``url_map``."""
        if self._piece is None or self._url_map is not url_map or self._piece.findings:
            self._piece = self._compile(url_map)
            self._url_map = url_map
        return self._piece

    def _compile(self, url_map: UrlMap) -> Piece:
        edits = compile_edits(url_map.headers, url_map.default_origin)
        inner = edits if edits.tells_state else NO_EDITS
        if inner != self._edits:
            self._edits, self._hosts, self._by_rule = inner, {}, {}
        frame, refusals = checked(lambda: _frame(url_map, NO_EDITS if edits.tells_state else edits))
        if frame is None:
            origin = url_map.default_origin
            return Piece(None, (refused(origin, refusals, "the URL map is left out"),))
        findings = edits.findings + self._update(url_map)
        hosts = b"".join([piece.framed for piece in self._hosts.values()])
        return Piece(EnvoyResource(ROUTES, url_map.name, serialize(frame) + hosts), findings)

    def _update(self, url_map: UrlMap) -> tuple[Finding, ...]:
        """Bring the virtual hosts up to date; what was found is returned."""
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
            if hosts.setdefault(piece.key, piece) is not piece:
                findings.append(_duplicate(rule, url_map.default_origin))
                continue
            if piece.findings:
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
        if self._edits is NO_EDITS:
            return compile_host(rule, origin)
        return compile_host(rule, origin, self._edits)

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
        for piece in (*fresh, *self._shared):
            self._fallback.complete(piece)
        sharing = Sharing(self._hosts, ported, stand_ins, self._fallback, url_map)
        self._shared = sharing.complete()
        return self._fallback.findings


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


def _frame(url_map: UrlMap, edits: Edits) -> Any:
    """The route configuration without its virtual hosts."""
    frame = route_pb2.RouteConfiguration(
        name=url_map.name,
        ignore_port_in_host_matching=True,
        max_direct_response_body_size_bytes=UInt32Value(value=MAX_BODY),
        request_headers_to_add=[_forwarded_for(url_map.forwarded_for)],
        request_headers_to_remove=_REMOVED_FROM_REQUESTS,
        response_headers_to_remove=_REMOVED_FROM_RESPONSES,
    )
    edits.fill(frame)
    return frame


def _duplicate(rule: HostRule, origin: Origin) -> Finding:
    origin = rule.routes[0].origin if rule.routes else origin
    reason = f"the host {key(rule.host)} has a host rule already"
    return refused(origin, (reason,), "this one is left out")
