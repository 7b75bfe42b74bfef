"""The dialect as a whole: claims Ingresses and makes one load balancer of each class.

Two stages.  Routing depends on Ingresses, IngressClasses, Services and Secrets;
it is skipped as a whole while none of them changed.  Endpoints change all the
time; they only make endpoint groups.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from penstock.dialects.ingress import defaults
from penstock.dialects.ingress.backends import Backends, Target
from penstock.dialects.ingress.claims import ClaimedPlans
from penstock.dialects.ingress.groups import EndpointGroups
from penstock.dialects.ingress.plan import IngressPlan
from penstock.dialects.ingress.routes import RouteBuilder
from penstock.dialects.ingress.tls import SecretStore, TlsBuilder
from penstock.dialects.kubernetes.certificate_front import CertificateFront, merged
from penstock.dialects.kubernetes.pem import CertificateReading
from penstock.dialects.memo import Memo
from penstock.dialects.options import TranslateOptions
from penstock.model import (
    BackendService,
    BackendServiceName,
    CertificateName,
    CertificateRequest,
    Finding,
    ForwardingRule,
    ForwardingRuleName,
    FrontEndProtocol,
    LoadBalancer,
    LoadBalancerName,
    Model,
    Origin,
    TargetProxy,
    TargetProxyName,
    UrlMap,
    UrlMapName,
)
from penstock.objects.core import Secret
from penstock.objects.ingress import Ingress, IngressClass
from penstock.objects.service import Service
from penstock.objects.world import Table, World

NAME = "ingress"


class _Routing(NamedTuple):
    load_balancers: tuple[LoadBalancer, ...]
    url_maps: tuple[UrlMap, ...]
    targets: tuple[Target, ...]
    readings: dict[CertificateName, CertificateReading]
    requests: dict[CertificateName, CertificateRequest]
    findings: tuple[Finding, ...]


class IngressDialect:
    """Translates worlds one after another, remembering what did not change."""

    def __init__(self, options: TranslateOptions) -> None:
        self._options = options
        self._whole = Memo()
        self._parts = Memo()
        self._groups = EndpointGroups(options.local)
        self._builders: dict[str, RouteBuilder] = {}
        self._objects: dict[str, tuple[str, ...]] = {}
        self._claims = ClaimedPlans(options.local)

    def translate(self, world: World, now: datetime) -> Model:
        """This dialect's part of the model of one world; findings are not sorted yet."""
        kinds = (IngressClass, Ingress, Service, Secret)
        inputs = tuple(world.table(kind) for kind in kinds)
        routing = self._whole.get(NAME, inputs, lambda: self._route(world))
        negs = self._groups.read(world, routing.targets)
        findings = [
            *routing.findings,
            *(f for target in routing.targets for f in target.findings),
            *(f for reading in routing.readings.values() for f in reading.at(now)),
            *(f for neg in negs.values() for f in neg.findings),
        ]
        self._whole.turn()
        return Model(
            load_balancers={lb.name: lb for lb in routing.load_balancers},
            url_maps={url_map.name: url_map for url_map in routing.url_maps},
            backend_services=_first(routing.targets),
            negs={name: reading.neg for name, reading in negs.items()},
            certificates={
                name: reading.certificate
                for name, reading in routing.readings.items()
                if reading.certificate is not None
            },
            certificate_requests=routing.requests,
            findings=tuple(findings),
        )

    def _route(self, world: World) -> _Routing:
        groups, findings = self._claims.read(world)
        backends = Backends(world, self._options, self._parts)
        store = SecretStore(world, self._parts)
        routing = _Routing((), (), (), {}, {}, tuple(findings))
        names = {f"{NAME}/{group}" for group in groups}
        for group in sorted(groups):
            origin = _class_origin(world, group, groups[group])
            services = world.table(Service)
            routing = self._add(routing, group, groups[group], backends, services, store, origin)
        self._builders = {name: b for name, b in self._builders.items() if name in names}
        self._objects = {name: refs for name, refs in self._objects.items() if name in names}
        if all(builder.rebuilt for builder in self._builders.values()):
            self._parts.turn()
        return routing

    def _add(
        self,
        routing: _Routing,
        group: str,
        plans: list[IngressPlan],
        backends: Backends,
        services: Table,
        store: SecretStore,
        origin: Origin,
    ) -> _Routing:
        name = f"{NAME}/{group}"
        builder = self._builders.get(name) or RouteBuilder(UrlMapName(name), self._parts)
        self._builders[name] = builder
        routes = builder.build(plans, backends, services)
        front, said = TlsBuilder(store, self._options.local).build(plans)
        objects = self._objects.get(name, ())
        if builder.rebuilt:
            objects = self._objects[name] = tuple(sorted(plan.ingress.ref for plan in plans))
        return _Routing(
            (*routing.load_balancers, _load_balancer(name, objects, front, origin)),
            (*routing.url_maps, routes.url_map),
            (*routing.targets, *routes.targets),
            {**front.readings, **routing.readings},
            merged((*routing.requests.values(), *front.requests)),
            (*routing.findings, *routes.findings, *said),
        )


def _first(targets: Iterable[Target]) -> dict[BackendServiceName, BackendService]:
    """Backend services by name; two classes may lead to the same one."""
    services: dict[BackendServiceName, BackendService] = {}
    for target in targets:
        services.setdefault(target.backend.name, target.backend)
    return services


def _class_origin(world: World, group: str, plans: list[IngressPlan]) -> Origin:
    found = world.get(IngressClass, "", group)
    return found.origin() if found else plans[0].ingress.origin()


def _load_balancer(
    name: str, objects: tuple[str, ...], front: CertificateFront, origin: Origin
) -> LoadBalancer:
    proxies = [_proxy(name, FrontEndProtocol.HTTP, None)]
    rules = [_rule(name, 80, proxies[0])]
    if front.bindings or front.defaults:
        proxies.append(_proxy(name, FrontEndProtocol.HTTPS, front))
        rules.append(_rule(name, 443, proxies[1]))
    return LoadBalancer(LoadBalancerName(name), NAME, objects, tuple(rules), tuple(proxies), origin)


def _rule(name: str, port: int, proxy: TargetProxy) -> ForwardingRule:
    return ForwardingRule(ForwardingRuleName(f"{name}:{port}"), port, proxy.name)


def _proxy(name: str, protocol: FrontEndProtocol, front: CertificateFront | None) -> TargetProxy:
    return TargetProxy(
        name=TargetProxyName(f"{name}/{protocol.value.lower()}"),
        protocol=protocol,
        url_map=UrlMapName(name),
        client_idle_timeout=defaults.CLIENT_IDLE_TIMEOUT,
        request_headers_timeout=defaults.REQUEST_HEADERS_TIMEOUT,
        request_timeout=defaults.REQUEST_TIMEOUT,
        bindings=front.bindings if front else (),
        default_certificates=front.defaults if front else (),
    )
