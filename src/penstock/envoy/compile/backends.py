"""Backend services with their endpoint groups → clusters and load assignments."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from penstock.envoy.compile.clusters import compile_cluster
from penstock.envoy.compile.endpoints import compile_assignment, compile_shares
from penstock.envoy.compile.health_checks import own_check
from penstock.envoy.compile.log_selection import Asked, asked_by
from penstock.envoy.compile.piece import Memo, Piece
from penstock.envoy.compile.serving import NO_SERVINGS, Servings, servings_of
from penstock.model import (
    Assignment,
    BackendService,
    BackendServiceName,
    HealthCheck,
    HealthCheckName,
    Model,
    NegKind,
    NegName,
    NetworkEndpointGroup,
)

Assignments = Mapping[BackendServiceName, Assignment]
NO_ASSIGNMENTS: Final[Assignments] = {}


class BackendCompiler:
    """Compiles backend services; an endpoint that comes or goes costs one load assignment."""

    def __init__(self, proxy_source: str | None) -> None:
        self._proxy_source = proxy_source
        self._clusters = Memo()
        self._assignments = Memo()
        self._services: Mapping[BackendServiceName, BackendService] = {}
        self._negs: Mapping[NegName, NetworkEndpointGroup] = {}
        self._checks: Mapping[HealthCheckName, HealthCheck] = {}
        self._users: dict[NegName, list[BackendServiceName]] = {}
        self._shares: Assignments = {}
        self._pieces: dict[BackendServiceName, tuple[Piece, ...]] = {}
        self._have_findings = False
        self.servings: Servings = NO_SERVINGS
        """What routes have to do for the backend services that were compiled last."""
        self.asked: Asked = {}
        """What these ask to be logged."""

    def compile(self, model: Model, shares: Assignments = NO_ASSIGNMENTS) -> Iterable[Piece]:
        """Every backend service's cluster and, unless it has DNS names, load assignment."""
        stale = self._stale(model, shares)
        self._shares = shares
        if stale is None:
            self._compile_all(model)
        else:
            for name in stale:
                self._pieces[name] = tuple(self._compile(model.backend_services[name], model))
        self._services, self._negs = model.backend_services, model.negs
        self._checks = model.health_checks
        self._have_findings = any(p.findings for pieces in self._pieces.values() for p in pieces)
        return itertools.chain.from_iterable(self._pieces.values())

    def _stale(self, model: Model, shares: Assignments) -> Iterable[BackendServiceName] | None:
        """The services to compile again; None for all."""
        # Mappings compare their values by identity first: cheap, and usually equal.
        if self._have_findings or self._services != model.backend_services:
            return None
        if self._checks != model.health_checks:
            return None
        if self._negs.keys() != model.negs.keys():
            return None
        changed = [name for name, neg in model.negs.items() if self._negs[name] is not neg]
        stale = {user for name in changed for user in self._users.get(name, ())}
        names = {*shares, *self._shares}
        stale.update(n for n in names if shares.get(n) is not self._shares.get(n))
        return stale & model.backend_services.keys()

    def _compile_all(self, model: Model) -> None:
        services = model.backend_services
        self.servings = servings_of(services)
        self.asked = asked_by(services.values())
        self._users = {}
        for service in services.values():
            for neg in service.negs:
                self._users.setdefault(neg, []).append(service.name)
        self._pieces = {
            name: tuple(self._compile(service, model)) for name, service in services.items()
        }
        self._clusters.retain(services)
        self._assignments.retain(services)

    def _compile(self, service: BackendService, model: Model) -> Iterator[Piece]:
        negs = tuple([model.negs[name] for name in service.negs])
        by_name = any(neg.kind is NegKind.FQDN_PORT for neg in negs)
        shares = None if by_name else self._shares.get(service.name)
        check = own_check(service, negs, model)
        yield self._cluster(service, negs, by_name, shares is not None, check)
        if not by_name:
            build = (
                partial(compile_assignment, service, negs)
                if shares is None
                else partial(compile_shares, service, negs, shares, check)
            )
            yield self._assignments.get(service.name, (service, negs, shares, check), build)

    def _cluster(
        self,
        service: BackendService,
        negs: tuple[NetworkEndpointGroup, ...],
        by_name: bool,
        has_shares: bool,
        check: HealthCheck | None,
    ) -> Piece:
        source = self._source(service, negs)
        named = negs if by_name else None
        inputs = (service, source, named, has_shares, check)
        return self._clusters.get(service.name, inputs, partial(compile_cluster, *inputs))

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
