"""Backend services with their endpoint groups → clusters and load assignments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from penstock.envoy.compile.clusters import compile_cluster
from penstock.envoy.compile.endpoints import compile_assignment
from penstock.envoy.compile.piece import Memo, Piece
from penstock.model import BackendService, Model, NegKind, NetworkEndpointGroup


class BackendCompiler:
    """Compiles backend services; an endpoint that comes or goes costs one load assignment."""

    def __init__(self, proxy_source: str | None) -> None:
        self._proxy_source = proxy_source
        self._clusters = Memo()
        self._assignments = Memo()
        self._inputs: tuple[object, ...] = ()
        self._pieces: list[Piece] = []

    def compile(self, model: Model) -> list[Piece]:
        """Every backend service's cluster and, unless it has DNS names, load assignment."""
        # Mappings compare their values by identity first: cheap, and usually equal.
        inputs = (model.backend_services, model.negs)
        if inputs != self._inputs or any(piece.findings for piece in self._pieces):
            self._pieces = list(self._compile(model))
            self._inputs = inputs
        return self._pieces

    def _compile(self, model: Model) -> Iterator[Piece]:
        for service in model.backend_services.values():
            negs = tuple([model.negs[name] for name in service.negs])
            by_name = any(neg.kind is NegKind.FQDN_PORT for neg in negs)
            yield self._cluster(service, negs, by_name)
            if not by_name:
                build = partial(compile_assignment, service, negs)
                yield self._assignments.get(service.name, (service, negs), build)
        self._clusters.retain(model.backend_services)
        self._assignments.retain(model.backend_services)

    def _cluster(
        self, service: BackendService, negs: tuple[NetworkEndpointGroup, ...], by_name: bool
    ) -> Piece:
        source = self._source(service, negs)
        named = negs if by_name else None
        build = partial(compile_cluster, service, source, named)
        return self._clusters.get(service.name, (service, source, named), build)

    def _source(self, service: BackendService, negs: Sequence[NetworkEndpointGroup]) -> str | None:
        """Where connections come from: the service's own address if it leads to the endpoints.

        From loopback no other network can be reached, and nothing else reaches loopback.
        """
        wanted = service.source.value if service.source else ""
        if _on_loopback(negs):
            return wanted if wanted.startswith("127.") else self._proxy_source
        return wanted if _reaches(wanted, negs) else None


def _reaches(source: str, negs: Sequence[NetworkEndpointGroup]) -> bool:
    """Whether connections from an address can go to every endpoint: same family, no loopback."""
    return (
        bool(source)
        and not source.startswith("127.")
        and source != "::1"
        and all(
            (":" in source) == (":" in endpoint.address)
            for neg in negs
            if neg.kind is NegKind.IP_PORT
            for endpoint in neg.endpoints
        )
    )


def _on_loopback(negs: Sequence[NetworkEndpointGroup]) -> bool:
    """Whether every endpoint, ready or not, is on IPv4 loopback.

    True without endpoints, so that a backend's first endpoint does not change its
    cluster in local mode.
    """
    return all(
        endpoint.address.startswith("127.") and neg.kind is NegKind.IP_PORT
        for neg in negs
        for endpoint in neg.endpoints
    )
