"""Backend subsetting at work: each proxy's own load assignments, by the node it is.

Only backend services with subsetting cost anything, and only when their endpoints
have changed; what did not change is the same object, so that nothing is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from penstock.balancing.subsetting import Subsetter
from penstock.envoy.compile.endpoints import compile_assignment, compile_shares
from penstock.envoy.compile.piece import Piece
from penstock.envoy.resources import EnvoyResource
from penstock.model import (
    Assignment,
    BackendService,
    BackendServiceName,
    EndpointStatus,
    Model,
    NegKind,
    NetworkEndpointGroup,
)

Assignments = Mapping[BackendServiceName, Assignment]
_USABLE: Final = (EndpointStatus.HEALTHY, EndpointStatus.UNPROBED)
_Inputs = tuple[BackendService, tuple[NetworkEndpointGroup, ...], Assignment | None]


class FleetOverlay:
    """Node → load assignments; immutable (see `penstock.envoy.xds.overlay.Overlay`)."""

    def __init__(self, tables: Mapping[str, Mapping[str, EnvoyResource]]) -> None:
        self._tables = tables

    def of(self, node_id: str) -> Mapping[str, EnvoyResource]:
        """What this node gets; nothing of its own if it is none of the fleet."""
        return self._tables.get(node_id, {})


class Subsets:
    """One fleet's; remembers what it made."""

    def __init__(self, nodes: Sequence[str]) -> None:
        self._nodes = tuple(nodes)
        self._subsetter = Subsetter(self._nodes)
        self._known: dict[BackendServiceName, tuple[_Inputs, Mapping[str, EnvoyResource]]] = {}
        self._overlay: FleetOverlay | None = None

    def overlay(self, model: Model, assignments: Assignments) -> FleetOverlay | None:
        """Of all backend services with subsetting; None if there is none."""
        services = [s for s in model.backend_services.values() if _has_subsetting(s, model)]
        made = {s.name: self._made(s, model, assignments.get(s.name)) for s in services}
        if made.keys() == self._known.keys() and all(
            known is self._known[name] for name, known in made.items()
        ):
            return self._overlay
        if len(made) < len(self._known):
            self._subsetter.forget()
        self._known = made
        self._overlay = FleetOverlay(self._tables()) if made else None
        return self._overlay

    def _tables(self) -> Mapping[str, Mapping[str, EnvoyResource]]:
        return {
            node: {str(name): mine[node] for name, (_, mine) in self._known.items()}
            for node in self._nodes
        }

    def _made(
        self, service: BackendService, model: Model, assignment: Assignment | None
    ) -> tuple[_Inputs, Mapping[str, EnvoyResource]]:
        negs = tuple(model.negs[name] for name in service.negs)
        inputs = (service, negs, assignment)
        known = self._known.get(service.name)
        if known is not None and known[0] == inputs:
            return known
        fresh = self._compile(*inputs)
        if known is not None:  # A proxy whose share is as before is not told again.
            fresh = {n: known[1][n] if known[1][n] == made else made for n, made in fresh.items()}
        return inputs, fresh

    def _compile(
        self,
        service: BackendService,
        negs: tuple[NetworkEndpointGroup, ...],
        assignment: Assignment | None,
    ) -> Mapping[str, EnvoyResource]:
        if assignment is None:
            pieces = self._ready(service, negs)
        else:
            pieces = self._shares(service, negs, assignment)
        return {node: piece.resource for node, piece in pieces if piece.resource is not None}

    def _ready(
        self, service: BackendService, negs: tuple[NetworkEndpointGroup, ...]
    ) -> Iterator[tuple[str, Piece]]:
        """Of a backend service that serves all its ready endpoints alike."""
        shares = [
            self._subsetter.shares({(e.address, e.port): e.ready for e in neg.endpoints})
            for neg in negs
        ]
        for node in self._nodes:
            mine = [
                replace(
                    neg,
                    endpoints=tuple(e for e in neg.endpoints if (e.address, e.port) in share[node]),
                )
                for neg, share in zip(negs, shares, strict=True)
            ]
            yield node, compile_assignment(service, mine)

    def _shares(
        self,
        service: BackendService,
        negs: tuple[NetworkEndpointGroup, ...],
        assignment: Assignment,
    ) -> Iterator[tuple[str, Piece]]:
        """Of a backend service whose groups have shares: those of groups stay as they are."""
        shares = [
            self._subsetter.shares({(e.address, e.port): e.status in _USABLE for e in g.endpoints})
            for g in assignment.groups
        ]
        for node in self._nodes:
            groups = tuple(
                replace(
                    group,
                    endpoints=tuple(
                        e for e in group.endpoints if (e.address, e.port) in share[node]
                    ),
                )
                for group, share in zip(assignment.groups, shares, strict=True)
            )
            yield node, compile_shares(service, negs, replace(assignment, groups=groups))


def _has_subsetting(service: BackendService, model: Model) -> bool:
    """Names that proxies resolve are theirs alone: there is nothing to share out."""
    return (
        service.subsetting is not None
        and service.subsetting.value
        and all(model.negs[name].kind is not NegKind.FQDN_PORT for name in service.negs)
    )
