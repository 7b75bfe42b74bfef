"""The route configurations of one URL map: which virtual hosts are in which, and what surrounds
them.

There is one, or one for each shard if the URL map is large (see `shards`).  Each is put
together from the bytes of its virtual hosts, anew only if one of these changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from envoy.config.core.v3 import base_pb2
from envoy.config.route.v3 import route_pb2
from google.protobuf.wrappers_pb2 import UInt32Value

from penstock.envoy.compile.header_edits import NO_EDITS, Edits
from penstock.envoy.compile.hosts import HostPiece
from penstock.envoy.compile.messages import checked, serialize
from penstock.envoy.compile.piece import Piece
from penstock.envoy.compile.routes import MAX_BODY
from penstock.envoy.compile.shards import SHARDS, is_sharded, scopes, start_routes
from penstock.envoy.compile.variables import OPERATORS
from penstock.envoy.resources import ROUTES, SHARD_HEADER, EnvoyResource, shard_name
from penstock.model import ForwardedFor, HostKind, HostRule, UrlMap, Variable

_REMOVED_FROM_RESPONSES: Final = ("x-envoy-upstream-service-time",)
"""What Envoy tells about itself and is nobody's business outside."""
_REMOVED_FROM_REQUESTS: Final = ("proxy", "x-envoy-external-address")
"""`proxy` becomes the variable HTTP_PROXY in CGI programs, which trust it (httpoxy.org);
`x-envoy-external-address` is what `x-forwarded-for` says, as every backend expects."""
_PEER: Final = OPERATORS[Variable.CLIENT_IP_ADDRESS]
_FORWARDED_FOR: Final = {
    ForwardedFor.CLIENT: _PEER,
    ForwardedFor.CLIENT_AND_VIP: f"{_PEER},{OPERATORS[Variable.SERVER_IP_ADDRESS]}",
}
_NOTHING: Final = Piece(None)


@dataclass(slots=True)
class _Part:
    """A route configuration, and the virtual hosts that it was put together from."""

    name: str
    hosts: list[HostPiece] = field(default_factory=list)
    piece: Piece = _NOTHING


class RouteConfigurations:
    """Those of the successive versions of one URL map."""

    def __init__(self) -> None:
        self.is_sharded = False
        self._parts: list[_Part] = []
        self._fixed: Sequence[Piece] = ()
        """What a sharded URL map has beside its shards."""
        self._framed_by: tuple[ForwardedFor, Edits] = (ForwardedFor.CLIENT, NO_EDITS)
        self._frame = partial(_frame, kind=ForwardedFor.CLIENT, edits=NO_EDITS)

    @property
    def are_there(self) -> bool:
        """Whether any is put together, which `exchange` needs."""
        return bool(self._parts)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """All of them, and the scopes that lead to shards."""
        return (*[part.piece for part in self._parts], *self._fixed)

    def clear(self) -> None:
        """Let the next `divide` put all of them together anew."""
        self._parts, self._fixed = [], ()

    def surround(self, url_map: UrlMap, edits: Edits) -> Sequence[str]:
        """Take over what concerns all hosts alike; why that cannot be, if it cannot."""
        kind = url_map.forwarded_for
        frame = partial(_frame, kind=kind, edits=edits)
        _, refusals = checked(lambda: frame(url_map.name))
        if refusals or (kind, edits) != self._framed_by:
            self.clear()
        if not refusals:
            self._frame, self._framed_by = frame, (kind, edits)
        return refusals

    def divide(self, url_map: UrlMap, hosts: Iterable[HostPiece]) -> None:
        """Put them together; those with the same hosts as before stay."""
        sharded = is_sharded(url_map.host_rules, url_map.default_action)
        if sharded != self.is_sharded or not self._parts:
            self.is_sharded = sharded
            names: list[str] = [url_map.name]
            if sharded:
                names = [shard_name(url_map.name, shard) for shard in range(SHARDS)]
            self._parts = [_Part(name) for name in names]
            self._fixed = _beside_shards(url_map.name) if sharded else ()
        for part, group in zip(self._parts, self._groups(hosts), strict=True):
            if part.hosts != group:
                part.hosts = group
                self._assemble(part)

    def exchange(self, pairs: Sequence[tuple[HostPiece, HostPiece]]) -> None:
        """Exact hosts before and after: put the latter in the place of the former."""
        touched: dict[str, _Part] = {}
        for gone, piece in pairs:
            part = self._parts[piece.shard if self.is_sharded else 0]
            part.hosts[part.hosts.index(gone)] = piece
            touched[part.name] = part
        for part in touched.values():
            self._assemble(part)

    def _assemble(self, part: _Part) -> None:
        frame = self._frame(part.name, is_shard=self.is_sharded)
        body = serialize(frame) + b"".join([host.framed for host in part.hosts])
        part.piece = Piece(EnvoyResource(ROUTES, part.name, body))

    def _groups(self, hosts: Iterable[HostPiece]) -> list[list[HostPiece]]:
        """The virtual hosts of each route configuration."""
        if not self.is_sharded:
            return [list(hosts)]
        groups: list[list[HostPiece]] = [[] for _ in range(SHARDS)]
        shared: list[HostPiece] = []
        for piece in hosts:
            if is_exact(piece.rule):
                groups[piece.shard].append(piece)
            else:
                shared.append(piece)
        return [[*group, *shared] for group in groups]


def is_exact(rule: HostRule) -> bool:
    """Whether a host rule is about one name, which then is in one shard."""
    return rule.host.kind is HostKind.EXACT


def _beside_shards(name: str) -> Sequence[Piece]:
    return [Piece(start_routes(name)), *map(Piece, scopes(name))]


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
