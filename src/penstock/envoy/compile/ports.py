"""Host rules with a port, in the virtual hosts of their domains.

Envoy's domains leave ports out of account here (`ignore_port_in_host_matching`), so
a rule with a port is guarded by the port that the request's host names, and comes
before the rule of the same domain without a port.  Where there is none, other ports
get what the next less specific host rule gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from penstock.envoy.compile.header_edits import Edits
from penstock.envoy.compile.host_guards import guards_of
from penstock.envoy.compile.hosts import (
    ANY_DOMAIN,
    Fallback,
    HostPiece,
    default_route,
    domain,
    framed_host,
)
from penstock.model import HostKind, HostPattern, UrlMap

Ported = Mapping[str, tuple[HostPiece, ...]]
"""Domain → the pieces of its host rules with a port."""


def ported_routes(pieces: Iterable[HostPiece], url_map: UrlMap, edits: Edits) -> bytes:
    """The routes of a domain's host rules with a port, each followed by the default action."""
    action, origin = url_map.default_action, url_map.default_origin
    return b"".join(
        piece.routes + default_route(action, origin, edits, guards_of(piece.rule.host)).body
        for piece in pieces
        if piece.head
    )


@dataclass(frozen=True, slots=True)
class Sharing:
    """How the host rules of one URL map share virtual hosts."""

    hosts: Mapping[str, HostPiece]
    ported: Ported
    stand_ins: frozenset[str]
    """Domains that have rules with a port only; their pieces in `hosts` are without routes."""
    fallback: Fallback
    url_map: UrlMap

    def complete(self) -> list[HostPiece]:
        """Make and return the virtual hosts of all domains that have rules with a port."""
        made = [self.hosts[name] for name in self.ported if self.hosts[name].head]
        for piece in made:
            piece.framed = framed_host(piece.head + self._routes(piece))
        return made

    def _routes(self, piece: HostPiece) -> bytes:
        before = ported_routes(self.ported.get(piece.key, ()), self.url_map, self.fallback.edits)
        if piece.key in self.stand_ins and piece.key != ANY_DOMAIN:
            return before + self._routes(self._covering(piece.rule.host))
        return before + piece.routes + self.fallback.tail(piece.rule.host)

    def _covering(self, host: HostPattern) -> HostPiece:
        """The piece of the next less specific domain."""
        candidates = [
            piece
            for piece in self.hosts.values()
            if piece.head and not piece.rule.host.port and _covers(piece.rule.host, host)
        ]
        return max(candidates, key=lambda piece: len(piece.key))


def _covers(wide: HostPattern, narrow: HostPattern) -> bool:
    """Whether a pattern covers all that another one does, and more."""
    if wide.kind is HostKind.EXACT or narrow.kind is HostKind.ANY:
        return False
    suffix = domain(wide)[1:]
    return domain(narrow).endswith(suffix) and domain(narrow) != domain(wide)
