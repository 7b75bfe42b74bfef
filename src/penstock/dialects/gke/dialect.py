"""The dialect as a whole: one load balancer of each GKE Ingress.

Two stages, as in every dialect: routing is skipped as a whole while nothing that it
depends on changed; endpoints change all the time and only make endpoint groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from penstock.dialects.compute.config import Config, read_config
from penstock.dialects.gke.classes import ClaimReader
from penstock.dialects.gke.exposed import Exposed, ExposedReader
from penstock.dialects.gke.failure import PROCESS
from penstock.dialects.gke.groups import Groups
from penstock.dialects.gke.nodes import Nodes, read_nodes
from penstock.dialects.gke.probes import KINDS as PROBED
from penstock.dialects.gke.routing import COMPUTE, Router, Routing
from penstock.dialects.gke.statuses import service_statuses
from penstock.dialects.gke.unused import UnusedReader
from penstock.dialects.memo import Memo
from penstock.dialects.options import TranslateOptions
from penstock.model import (
    Finding,
    Model,
    NegName,
    NetworkEndpointGroup,
    ObjectStatus,
)
from penstock.objects.certificate_files import CertificateFiles
from penstock.objects.compute.security_policy import SecurityPolicy
from penstock.objects.core import Node, Secret
from penstock.objects.gke import BackendConfig, FrontendConfig, ManagedCertificate
from penstock.objects.penstock_config import PenstockConfig
from penstock.objects.service import Service
from penstock.objects.world import World

_KINDS: Final = (
    *(Service, Secret, CertificateFiles),
    *(BackendConfig, FrontendConfig, ManagedCertificate),
    *COMPUTE,
    *PROBED,
)


class GkeDialect:
    """Translates worlds one after another, remembering what did not change."""

    def __init__(self, options: TranslateOptions) -> None:
        self._options = options
        self._claims = ClaimReader()
        self._whole = Memo()
        self._router = Router(options)
        self._groups = Groups(options.local)
        self._nodes = Nodes({}, "")
        self._exposed_reader = ExposedReader(options.local)
        self._exposed = Exposed()
        self._unused = UnusedReader()

    def extend(self, world: World) -> World:
        """The world with the groups that Services ask for among its Compute resources; it comes
        before `translate`."""
        config, nodes = self._surroundings(world)
        self._exposed = self._exposed_reader.read(world, config, nodes)
        return self._exposed_reader.extend(world, self._exposed)

    def translate(self, world: World, now: datetime) -> Model:
        """This dialect's part of the model of one world; findings are not sorted yet."""
        claims = self._claims.read(world)
        config, nodes = self._surroundings(world)
        # Of Ingresses only those count that are GKE's, and of worlds without any nothing.
        kinds = _KINDS if claims.claimed else ()
        inputs = (claims, config, nodes, *(world.table(kind) for kind in kinds))
        routing = self._whole.get(
            "routing", inputs, lambda: self._router.route(world, config, nodes, claims)
        )
        uses = [target.use for target in routing.targets.values()]
        negs, said = self._groups.read(world, uses, nodes, config.region)
        exposed = self._exposed
        statuses = self._whole.get(
            "statuses", (routing, exposed), lambda: _service_statuses(routing, exposed)
        )
        self._whole.turn()
        said += (*_unserved(exposed, routing), *self._unused.read(world))
        return _model(routing, negs, said, (*routing.statuses, *statuses), now)

    def _surroundings(self, world: World) -> tuple[Config, Nodes]:
        config = self._whole.get(
            "config",
            (world.table(PenstockConfig), world.table(SecurityPolicy)),
            lambda: read_config(world.all(PenstockConfig), world.all(SecurityPolicy)),
        )
        nodes = self._whole.get(
            "nodes", (world.table(Node), config), lambda: self._read_nodes(world, config)
        )
        return config, nodes

    def _read_nodes(self, world: World, config: Config) -> Nodes:
        """The nodes of before, if they are the same."""
        fresh = read_nodes(world, config, stand_ins=self._options.stand_ins)
        if fresh != self._nodes:
            self._nodes = fresh
        return self._nodes


def _service_statuses(routing: Routing, exposed: Exposed) -> tuple[ObjectStatus, ...]:
    return tuple(service_statuses(routing.targets.values(), routing.failures, exposed))


def _unserved(exposed: Exposed, routing: Routing) -> Iterator[Finding]:
    """Why Services get no groups that no Ingress needs; of the others it was said."""
    yield from exposed.findings
    said = {failure.service for failure in routing.failures}
    for failure in exposed.failures:
        if failure.service not in said and failure.origin is not None:
            of_service = failure._replace(event=PROCESS)
            yield of_service.finding(failure.origin, "the Service has no groups of its own")


def _model(
    routing: Routing,
    negs: Mapping[NegName, NetworkEndpointGroup],
    said: Iterable[Finding],
    statuses: tuple[ObjectStatus, ...],
    now: datetime,
) -> Model:
    findings = [
        *routing.findings,
        *(f for target in routing.targets.values() for f in target.findings),
        *(f for reading in routing.readings.values() for f in reading.at(now)),
        *said,
    ]
    return Model(
        load_balancers={made.load_balancer.name: made.load_balancer for made in routing.made},
        url_maps={m.name: m for made in routing.made for m in made.url_maps},
        backend_services={t.backend.name: t.backend for t in routing.targets.values()},
        negs=negs,
        certificates={
            name: reading.certificate
            for name, reading in routing.readings.items()
            if reading.certificate is not None
        },
        certificate_requests=routing.requests,
        findings=tuple(findings),
        health_checks={t.check.name: t.check for t in routing.targets.values()},
        object_statuses=tuple(sorted(statuses, key=lambda status: status.object)),
    )
