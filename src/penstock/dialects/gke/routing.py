"""What the Ingresses of a world become: load balancers, URL maps, backends, certificates.

Everything but the endpoints.  With ``--strict`` an Ingress that is written wrongly stays as
it was when it was right, as GKE's controller leaves it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from penstock.dialects.compute.certificates import CertificateStore
from penstock.dialects.compute.config import Config
from penstock.dialects.compute.index import Index
from penstock.dialects.compute.references import Resolver
from penstock.dialects.compute.subnets import DEFAULT_NETWORK, Subnets, source_address
from penstock.dialects.gke import codes, defaults
from penstock.dialects.gke.addresses import StaticAddresses
from penstock.dialects.gke.backends import Backends
from penstock.dialects.gke.certificates import CertificateReader
from penstock.dialects.gke.classes import Claimed, Claims, GkeClass
from penstock.dialects.gke.events import ingress_events, verdict
from penstock.dialects.gke.failure import Failure
from penstock.dialects.gke.front import Front, FrontReader
from penstock.dialects.gke.load_balancers import Made, make
from penstock.dialects.gke.nodes import Nodes
from penstock.dialects.gke.plan import IngressPlan, read_plan
from penstock.dialects.gke.routes import Resolved, resolve
from penstock.dialects.gke.statuses import ingress_status, refused_status
from penstock.dialects.gke.targets import Surroundings, Target
from penstock.dialects.kubernetes.age import precedence
from penstock.dialects.kubernetes.certificate_front import CertificateFront, merged
from penstock.dialects.kubernetes.pem import CertificateReading
from penstock.dialects.memo import Memo
from penstock.dialects.options import TranslateOptions
from penstock.model import (
    BackendServiceName,
    CertificateName,
    CertificateRequest,
    Finding,
    ObjectEvent,
    ObjectStatus,
    Setting,
)
from penstock.objects.compute.base import GLOBAL, Place
from penstock.objects.compute.network import Address, Subnetwork
from penstock.objects.compute.tls import SslCertificate, SslPolicy
from penstock.objects.world import World

COMPUTE: Final = (Address, SslCertificate, SslPolicy, Subnetwork)
"""Compute resources that Ingresses name."""


class Synced(NamedTuple):
    """An Ingress as it was made when nothing was wrong with it."""

    made: Made
    resolved: Resolved
    certificates: CertificateFront
    status: ObjectStatus

    def kept(self, zones: tuple[str, ...], events: tuple[ObjectEvent, ...]) -> Synced:
        """Among the zones of now, and with what GKE says of it now."""
        return self._replace(
            resolved=self.resolved.kept(zones),
            status=msgspec.structs.replace(self.status, events=events),
        )


class Routing:
    """What the Ingresses of a world became, collected one after the other."""

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        self.made: list[Made] = []
        self.targets: dict[BackendServiceName, Target] = {}
        self.readings: dict[CertificateName, CertificateReading] = {}
        self._requests: list[CertificateRequest] = []
        self.findings = list(findings)
        self.statuses: list[ObjectStatus] = []
        self.failures: list[Failure] = []

    def add(self, synced: Synced) -> None:
        """Add a load balancer with all that it leads to."""
        self.made.append(synced.made)
        self.statuses.append(synced.status)
        for target in synced.resolved.used:
            self.targets.setdefault(target.backend.name, target)
        for name, reading in synced.certificates.readings.items():
            self.readings.setdefault(name, reading)
        self._requests += synced.certificates.requests

    @property
    def requests(self) -> dict[CertificateName, CertificateRequest]:
        """Certificates that are to be generated."""
        return merged(self._requests)


class Router:
    """Routes worlds one after another, remembering what did not change."""

    def __init__(self, options: TranslateOptions) -> None:
        self._options = options
        self._parts = Memo()
        self._synced: dict[tuple[str, str], Synced] = {}
        """In strict mode: what stays live of Ingresses that are written wrongly now."""
        self._proxies: tuple[Setting[str], ...] = ()
        """Where connections of regional load balancers come from."""

    def route(self, world: World, config: Config, nodes: Nodes, claims: Claims) -> Routing:
        """The routing of one world; what was made of the same objects is the same as before."""
        routing = Routing(claims.findings)
        if claims.claimed:
            self._add_all(routing, world, config, nodes, claims)
        else:
            self._synced = {}
        self._parts.turn()
        return routing

    def _add_all(
        self, routing: Routing, world: World, config: Config, nodes: Nodes, claims: Claims
    ) -> None:
        index = Index(world, config, COMPUTE)
        backends = Backends(world, self._around(index, config, nodes), self._parts)
        reader = self._fronts(world, index)
        plans = [self._plan(item) for item in claims.claimed]
        # Of two that name one address the older has it.
        ordered = sorted(plans, key=lambda plan: precedence(plan.ingress))
        fronts = {id(plan): reader.read(plan) for plan in ordered}
        kept: dict[tuple[str, str], Synced] = {}
        fresh: dict[tuple[str, str], Synced] = {}
        for plan in plans:
            front, resolved = fronts[id(plan)], resolve(plan, backends)
            said = (*plan.findings, *resolved.findings, *front.findings)
            routing.failures += resolved.failures
            key = plan.ingress.key
            before = self._synced.get(key)
            refused = _refused(plan, front, resolved, before) if self._options.strict else None
            if refused is not None:
                # Nothing of it answers: it is left out, or as it was before.
                said = tuple(f.without_consequence() if f.consequence else f for f in said)
                routing.findings += (refused, *(f for t in resolved.used for f in t.findings))
            routing.findings += said
            if refused is None and (front.http or front.https):
                fresh[key] = self._sync(plan, front, resolved, config)
            elif refused is not None and before is not None:
                kept[key] = before.kept(nodes.zones, ingress_events(plan, front, resolved))
            else:
                routing.statuses += refused_status(plan, front, resolved)
        # A backend service that several Ingresses share is as the one that is right has it.
        for synced in (*fresh.values(), *kept.values()):
            routing.add(synced)
        self._synced = {**fresh, **kept} if self._options.strict else {}

    def _around(self, index: Index, config: Config, nodes: Nodes) -> Surroundings:
        subnet = Subnets(index).proxy_only(
            config.project, config.region, DEFAULT_NETWORK, config.region
        )
        self._proxies = (Setting(str(subnet.range), subnet.origin),) if subnet else ()
        source = source_address(subnet)
        sources: dict[GkeClass, Setting[str] | None] = {
            of_class: self._kept(source) if of_class.is_regional else None for of_class in GkeClass
        }
        place = (config.project, config.region)
        policies = self._parts.get(
            "policies", (config,), lambda: config.policies(Place(config.project, GLOBAL))
        )
        local, vpc_native = self._options.local, config.vpc_native
        elsewhere = config.policies_elsewhere()
        return Surroundings(nodes, *place, sources, local, policies, elsewhere, vpc_native)

    def _kept(self, source: Setting[str] | None) -> Setting[str] | None:
        """The value of before, if it is the same."""
        if source is None:
            return None
        return self._parts.get(("source", source), (source.origin.locator,), lambda: source)

    def _fronts(self, world: World, index: Index) -> FrontReader:
        config, local = index.config, self._options.local
        store = CertificateStore(world, Resolver(index), self._parts, local=local)
        return FrontReader(
            world,
            index,
            StaticAddresses(index, config.project, config.region, local=local),
            CertificateReader(world, store, self._parts, local=local),
            local=local,
        )

    def _plan(self, item: Claimed) -> IngressPlan:
        key = ("plan", item.ingress.key, item.of_class)
        return self._parts.get(key, (item.ingress,), lambda: read_plan(item.ingress, item.of_class))

    def _sync(self, plan: IngressPlan, front: Front, resolved: Resolved, config: Config) -> Synced:
        proxies = self._proxies if plan.of_class.is_regional else defaults.GOOGLE_FRONT_ENDS
        made = make(plan, front, resolved, config, proxies, self._parts)
        status = ingress_status(plan, front, resolved)
        return Synced(made, resolved, front.certificates, status)


def _refused(
    plan: IngressPlan, front: Front, resolved: Resolved, before: Synced | None
) -> Finding | None:
    """What GKE says of an Ingress that it makes nothing of, or nothing new."""
    event, texts = verdict(plan, front, resolved)
    if not texts:
        return None
    said = "; ".join(text.removesuffix(".") for text in texts)
    live = "left out" if before is None else "live as it was before"
    message = f"{event}: {said}. The Ingress is {live}"
    hint = "without --strict only what is wrong is left out"
    return codes.NOT_SYNCED.at(plan.ingress.origin(), message, hint)
