"""Everything but the endpoints: the walk from forwarding rules down, each resource read once.

What was made of the same resources is the same object as in the last walk, so a
change of one URL map leaves the others as they were.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from datetime import datetime
from typing import NamedTuple, TypeVar

from penstock.dialects.compute import codes, proxy_subnets
from penstock.dialects.compute.access import AccessReader
from penstock.dialects.compute.addresses import Addresses
from penstock.dialects.compute.backend_services import (
    INTERNAL_MANAGED,
    BackendReading,
    Trusting,
    read_backend_service,
)
from penstock.dialects.compute.certificates import CertificateStore
from penstock.dialects.compute.config import Config
from penstock.dialects.compute.forwarding_rules import RuleReader, RuleReading
from penstock.dialects.compute.groups import GroupFacts, GroupUse
from penstock.dialects.compute.guards import named_policy
from penstock.dialects.compute.health_checks import HealthCheckReading, read_health_check
from penstock.dialects.compute.index import Index, Located
from penstock.dialects.compute.load_balancers import load_balancer
from penstock.dialects.compute.references import Found, Resolver, resource_field
from penstock.dialects.compute.regions import region_order
from penstock.dialects.compute.subnets import Subnet, Subnets, source_address
from penstock.dialects.compute.target_proxies import ProxyReader, ProxyReading
from penstock.dialects.compute.url_maps import UrlMapReading, read_url_map, services_of
from penstock.dialects.compute.written import texts_of
from penstock.dialects.kubernetes.certificates import CertificateReading
from penstock.dialects.memo import Memo
from penstock.dialects.options import TranslateOptions
from penstock.model import BackendService as ModelService
from penstock.model import (
    BackendServiceName,
    CertificateName,
    CertificateRequest,
    Finding,
    HealthCheck,
    HealthCheckName,
    LoadBalancer,
    LoadBalancerName,
    Origin,
    Setting,
    TargetProxyName,
    UrlMapName,
)
from penstock.model import UrlMap as ModelMap
from penstock.objects.compute.backend_service import BackendService
from penstock.objects.compute.forwarding import ForwardingRule
from penstock.objects.compute.groups import InstanceGroup, NetworkEndpointGroup
from penstock.objects.compute.health_check import HealthCheck as ComputeHealthCheck
from penstock.objects.compute.service_lb_policy import ServiceLbPolicy
from penstock.objects.compute.tls import BackendAuthenticationConfig, TrustConfig
from penstock.objects.compute.url_map import UrlMap
from penstock.objects.meta import Object
from penstock.objects.world import World

V = TypeVar("V", bound=Hashable)
AnyGroup = NetworkEndpointGroup | InstanceGroup


class Routing(NamedTuple):
    """All of the model but endpoint groups."""

    load_balancers: Mapping[LoadBalancerName, LoadBalancer]
    url_maps: Mapping[UrlMapName, ModelMap]
    backend_services: Mapping[BackendServiceName, ModelService]
    uses: tuple[GroupUse, ...]
    certificates: Mapping[CertificateName, CertificateReading]
    requests: Mapping[CertificateName, CertificateRequest]
    region_order: Mapping[str, tuple[str, ...]]
    findings: tuple[Finding, ...]
    health_checks: Mapping[HealthCheckName, HealthCheck] = {}
    rules: tuple[RuleReading, ...] = ()
    """Forwarding rules that are served."""
    subnets: Subnets | None = None


class RoutingBuilder:
    """Builds the routing of one world."""

    def __init__(
        self,
        world: World,
        config: Config,
        facts: Mapping[tuple[str, Located], GroupFacts],
        options: TranslateOptions,
        memo: Memo,
    ) -> None:
        self._index = Index(world, config)
        self._resolver = Resolver(self._index)
        self._subnets = Subnets(self._index)
        store = CertificateStore(world, self._resolver, memo, local=options.local)
        self._proxies = ProxyReader(self._resolver, store, config)
        self._facts = facts
        self._memo = memo
        self._findings: list[Finding] = list(self._index.findings)
        self._services: dict[Located, BackendReading] = {}

    def build(self) -> Routing:
        """The routing, with all findings about it."""
        rules = self._rules()
        subnets = proxy_subnets.assign(rules, self._subnets, self._findings)
        self._read_services(self._sources(rules, subnets))
        url_maps = self._url_maps({rule.url_map.at for rule in rules})
        proxies = self._read_proxies(rules, url_maps)
        load_balancers = self._load_balancers(rules, proxies, url_maps)
        services = _services(url_maps)
        uses = self._uses(services)
        return Routing(
            load_balancers={lb.name: lb for lb in load_balancers},
            url_maps={reading.url_map.name: reading.url_map for reading in url_maps.values()},
            backend_services=services,
            uses=uses,
            certificates={
                name: reading
                for proxy in proxies.values()
                for name, reading in proxy.certificates.readings.items()
            },
            requests=_requests(proxies),
            region_order=region_order(
                self._index.config,
                (
                    *(use.facts.spot.region for use in uses),
                    *(service.region for service in services.values()),
                    *(rule.rule.region for rule in rules),
                ),
            ),
            findings=tuple(dict.fromkeys(self._findings)),
            health_checks=self._health_checks(services),
            rules=tuple(rules),
            subnets=self._subnets,
        )

    def _rules(self) -> list[RuleReading]:
        addresses = Addresses(self._index, self._subnets)
        access = AccessReader(self._subnets, self._index.config)
        reader = RuleReader(self._resolver, addresses, access, self._findings)
        # Of two that claim one address and port the older has it, as in the API.
        by_age = sorted(self._index.all(ForwardingRule), key=_age)
        found = {at: reader.read(at, obj) for at, obj in by_age}
        read = (found[at] for at in sorted(found))
        return [reading for reading in read if reading is not None]

    def _sources(
        self, rules: list[RuleReading], subnets: Mapping[Located, Subnet]
    ) -> dict[Located, Setting[str] | None]:
        """Backend service → where connections to its endpoints come from."""
        sources: dict[Located, Setting[str] | None] = {}
        for at, obj in sorted({rule.url_map.at: rule.url_map.object for rule in rules}.items()):
            source = self._source(subnets.get(at))
            for text in services_of(obj.resource):
                found = self._resolver.follow(text, [BackendService], at, obj.origin())
                if isinstance(found, Found):
                    sources[found.at] = sources.get(found.at) or source
        return sources

    def _source(self, subnet: Subnet | None) -> Setting[str] | None:
        setting = source_address(subnet)
        return self._same(setting, setting.origin.locator) if setting else None

    def _same(self, fresh: V, *inputs: object) -> V:
        """The value of before if it is equal and from the same objects."""
        return self._memo.get(("same", fresh), inputs, lambda: fresh)

    def _read_services(self, sources: Mapping[Located, Setting[str] | None]) -> None:
        for at, obj in self._index.all(BackendService):
            reading = self._service(at, obj, sources.get(at))
            self._services[at] = reading
            self._findings.extend(reading.findings)

    def _service(
        self, at: Located, obj: Object[BackendService], source: Setting[str] | None
    ) -> BackendReading:
        groups: list[tuple[int, GroupFacts]] = []
        for i, backend in enumerate(obj.resource.backends or ()):
            if backend.group:
                facts = self._group(at, backend.group, obj.origin("backends", i, "group"))
                if facts is not None:
                    groups.append((i, facts))
        trusting = self._trusting(at, obj)
        policy = self._lb_policy(at, obj)
        health = self._health_check(at, obj)
        guard = named_policy(at, obj, self._index.config)
        inputs = (obj, source, policy, health, guard, *trusting, *(f for _, f in groups))
        key = ("service", at, tuple(i for i, _ in groups))
        return self._memo.get(
            key,
            inputs,
            lambda: read_backend_service(at, obj, groups, trusting, source, policy, health, guard),
        )

    def _lb_policy(
        self, at: Located, obj: Object[BackendService]
    ) -> Object[ServiceLbPolicy] | None:
        written = obj.resource.service_lb_policy
        if not written:
            return None
        origin = obj.origin("serviceLbPolicy")
        found = self._resolver.follow(written, [ServiceLbPolicy], at, origin)
        if isinstance(found, Finding):
            self._findings.append(found)
            return None
        return found.object

    def _group(self, at: Located, text: str, origin: Origin) -> GroupFacts | None:
        kinds: list[type[AnyGroup]] = [NetworkEndpointGroup, InstanceGroup]
        found = self._resolver.follow(text, kinds, at, origin)
        if isinstance(found, Finding):
            self._findings.append(found)
            return None
        return self._facts[found.object.kind, found.at]

    def _health_check(self, at: Located, obj: Object[BackendService]) -> HealthCheckReading | None:
        written = obj.resource.health_checks
        if not written:
            return None
        origin = obj.origin("healthChecks", 0)
        found = self._resolver.follow(written[0], [ComputeHealthCheck], at, origin)
        if isinstance(found, Finding):
            self._findings.append(found)
            return None
        where, check = found
        key = ("health check", where)
        return self._memo.get(key, (check,), lambda: read_health_check(where, check))

    def _trusting(self, at: Located, obj: Object[BackendService]) -> Trusting:
        settings = obj.resource.tls_settings
        if settings is None or not settings.authentication_config:
            return Trusting()
        origin = obj.origin("tlsSettings", "authenticationConfig")
        found = self._resolver.follow(
            settings.authentication_config, [BackendAuthenticationConfig], at, origin
        )
        if isinstance(found, Finding):
            self._findings.append(found)
            return Trusting()
        written = found.object.resource.trust_config
        if not written:
            return Trusting(found.object)
        where = found.object.origin("trustConfig")
        trust = self._resolver.follow(written, [TrustConfig], found.at, where)
        if isinstance(trust, Finding):
            self._findings.append(trust)
            return Trusting(found.object)
        return Trusting(found.object, trust.object)

    def _url_maps(self, reached: set[Located]) -> dict[Located, UrlMapReading]:
        readings: dict[Located, UrlMapReading] = {}
        for at, obj in self._index.all(UrlMap):
            readings[at] = self._url_map(at, obj, is_reached=at in reached)
            self._findings.extend(readings[at].findings)
            if at not in reached:
                message = f"no forwarding rule leads to {obj.ref}; nobody can ask it"
                self._findings.append(codes.UNUSED.at(obj.origin(), message))
        return readings

    def _url_map(self, at: Located, obj: Object[UrlMap], *, is_reached: bool) -> UrlMapReading:
        def lookup(text: str, origin: Origin) -> BackendReading | Finding:
            found = self._resolver.follow(text, [BackendService], at, origin)
            if isinstance(found, Finding):
                return found
            reading = self._services[found.at]
            return (_mismatch(reading, text, origin) if is_reached else None) or reading

        wanted = dict.fromkeys(services_of(obj.resource))
        inputs = (obj, *(lookup(text, obj.origin()) for text in wanted))
        key = ("url map", at, is_reached)
        return self._memo.get(key, inputs, lambda: read_url_map(at, obj, lookup))

    def _read_proxies(
        self, rules: list[RuleReading], url_maps: Mapping[Located, UrlMapReading]
    ) -> dict[TargetProxyName, ProxyReading]:
        proxies: dict[TargetProxyName, ProxyReading] = {}
        for rule in rules:
            name = rule.rule.target_proxy
            if name not in proxies:
                proxies[name] = self._proxies.read(rule.target, url_maps[rule.url_map.at])
                self._findings.extend(proxies[name].findings)
        return proxies

    def _load_balancers(
        self,
        rules: list[RuleReading],
        proxies: Mapping[TargetProxyName, ProxyReading],
        url_maps: Mapping[Located, UrlMapReading],
    ) -> list[LoadBalancer]:
        groups: dict[Located, list[RuleReading]] = {}
        for rule in rules:
            if proxies[rule.rule.target_proxy].proxy is not None:
                groups.setdefault(rule.url_map.at, []).append(rule)
        made = []
        for at, members in sorted(groups.items()):
            fresh = load_balancer(url_maps[at], members, proxies, self._subnets)
            made.append(self._same(fresh, *texts_of(fresh)))
        return made

    def _uses(self, services: Mapping[BackendServiceName, ModelService]) -> tuple[GroupUse, ...]:
        mine = (r for r in self._services.values() if r.service.name in services)
        uses = {use.name: use for reading in mine for use in reading.groups}
        return tuple(uses[name] for name in sorted(uses))

    def _health_checks(
        self, services: Mapping[BackendServiceName, ModelService]
    ) -> dict[HealthCheckName, HealthCheck]:
        """Those that backend services of the model use."""
        mine = (r for r in self._services.values() if r.service.name in services and r.health)
        checks = {r.health.check.name: r.health.check for r in mine if r.health}
        return {name: checks[name] for name in sorted(checks)}


def _age(item: tuple[Located, Object[ForwardingRule]]) -> tuple[float, Located]:
    """Oldest first, those that do not say when they were made last, then by name."""
    at, obj = item
    try:
        made = datetime.fromisoformat(obj.resource.creation_timestamp or "").timestamp()
    except (ValueError, OverflowError, OSError):
        made = math.inf
    return (made, at)


def _services(
    url_maps: Mapping[Located, UrlMapReading],
) -> dict[BackendServiceName, ModelService]:
    """The backend services that some URL map names."""
    services: dict[BackendServiceName, ModelService] = {}
    for reading in url_maps.values():
        services.update(reading.placeholders)
        services.update({name: used.service for name, used in reading.used.items()})
    return dict(sorted(services.items()))


def _requests(
    proxies: Mapping[TargetProxyName, ProxyReading],
) -> dict[CertificateName, CertificateRequest]:
    """Two proxies may miss the same certificate; it then serves both."""
    merged: dict[CertificateName, CertificateRequest] = {}
    for proxy in proxies.values():
        for request in proxy.certificates.requests:
            known = merged.get(request.name, request)
            names = tuple(sorted({*request.dns_names, *known.dns_names}))
            merged[request.name] = CertificateRequest(request.name, names, known.origin)
    return merged


def _mismatch(reading: BackendReading, text: str, origin: Origin) -> Finding | None:
    """Whether the backend service is for another kind of load balancer.

    One that says nothing is taken for what its URL map is used for.
    """
    scheme = reading.object.resource.load_balancing_scheme
    if scheme in (None, INTERNAL_MANAGED):
        return None
    message = (
        f"Invalid value for field '{resource_field(origin)}': '{text}'. "
        f"The load balancing scheme of the backend service is {scheme}, that of the forwarding "
        f"rule {INTERNAL_MANAGED}; they have to be the same"
    )
    where = reading.object.origin("loadBalancingScheme").describe()
    return codes.SCHEME_MISMATCH.at(origin, message, f"it is written in {where}")
