"""URL map → virtual hosts, which `route_configurations` puts together.

Each URL map keeps its compiled hosts from one revision to the next; a changed
host is one host compiled and one join of bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from penstock.envoy.compile.header_edits import NO_EDITS, compile_edits
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
from penstock.envoy.compile.moved_ports import with_https_port
from penstock.envoy.compile.piece import Piece, refused
from penstock.envoy.compile.ports import Ported, Sharing, ported_routes
from penstock.envoy.compile.route_configurations import RouteConfigurations, is_exact
from penstock.envoy.compile.serving import NO_SERVINGS, Servings, with_servings
from penstock.envoy.compile.shards import (
    needs_route_filters,
)
from penstock.model import (
    Finding,
    HostKind,
    HostPattern,
    HostRule,
    Origin,
    UrlMap,
)

_REST: Final = HostRule(HostPattern(HostKind.ANY), ())
"""Stands in where no host rule covers every host, so that the default action is reached."""


class UrlMapCompiler:
    """Compiles the successive versions of one URL map."""

    def __init__(self) -> None:
        self._url_map: UrlMap | None = None
        self._compiled_last: UrlMap | None = None
        """The same, with redirects to where HTTPS has moved to, and what to do for backends."""
        self._https_port: int | None = None
        self._servings: Servings = NO_SERVINGS
        self._pieces: Sequence[Piece] = ()
        self._configurations = RouteConfigurations()
        self._findings: tuple[Finding, ...] = ()
        self._fallback: Fallback | None = None
        self._hosts: dict[str, HostPiece] = {}
        # Identities are safe as keys because pieces keep their rules alive.
        self._by_rule: dict[int, HostPiece] = {}
        self._common: CommonRoutes = {}
        self._edits = NO_EDITS
        """The URL map's, where its routes have to know them; else they stand in its frame."""
        self._shared: list[HostPiece] = []
        """Those whose virtual hosts have routes of host rules with a port."""

    @property
    def is_sharded(self) -> bool:
        """Whether the URL map that was compiled last is; see `shards`."""
        return self._configurations.is_sharded

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
            self._configurations.exchange(replaced)
        else:
            self._findings = self._anew(url_map)
        told = (Piece(None, self._findings),) if self._findings else ()
        return (*self._configurations.pieces, *told)

    def _anew(self, url_map: UrlMap) -> tuple[Finding, ...]:
        """Compile all that changed, and find out which parts it is in."""
        edits = compile_edits(url_map.headers, url_map.default_origin)
        inner, outer = (edits, NO_EDITS) if edits.tells_state else (NO_EDITS, edits)
        if inner != self._edits:
            self._edits, self._hosts, self._by_rule = inner, {}, {}
        if refusals := self._configurations.surround(url_map, outer):
            return (refused(url_map.default_origin, refusals, "the URL map is left out"),)
        findings = edits.findings + self._update(url_map)
        self._configurations.divide(url_map, self._hosts.values())
        return findings

    def _replaced(self, url_map: UrlMap) -> list[tuple[HostPiece, HostPiece]]:
        """Single exact hosts, before and after; none if more has changed."""
        before = self._compiled_last
        if before is None or self._findings or not self._configurations.are_there:
            return []
        if not _alike(before, url_map):
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
        return is_exact(rule) and not is_shared and not needs_route_filters(rule)

    def _replace(self, old: int, piece: HostPiece) -> tuple[HostPiece, HostPiece]:
        assert self._fallback is not None
        self._fallback.complete(piece)
        gone = self._by_rule.pop(old)
        self._by_rule[id(piece.rule)] = self._hosts[piece.key] = piece
        return gone, piece

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
            self._configurations.clear()
        for piece in (*fresh, *self._shared):
            self._fallback.complete(piece)
        sharing = Sharing(self._hosts, ported, stand_ins, self._fallback, url_map)
        self._shared = sharing.complete()
        return self._fallback.findings


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


def _duplicate(rule: HostRule, origin: Origin) -> Finding:
    origin = rule.routes[0].origin if rule.routes else origin
    reason = f"the host {key(rule.host)} has a host rule already"
    return refused(origin, (reason,), "this one is left out")
