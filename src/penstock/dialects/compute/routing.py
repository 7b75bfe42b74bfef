"""Everything but the endpoints: the walk from forwarding rules down, each resource read once.

What was made of the same resources is the same object as in the last walk, so a
change of one URL map leaves the others as they were.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import NamedTuple, TypeVar

from penstock.dialects.compute import codes, proxy_subnets
from penstock.dialects.compute.access import AccessReader
from penstock.dialects.compute.addresses import Addresses
from penstock.dialects.compute.backend_service_store import BackendServiceStore
from penstock.dialects.compute.backend_services import (
    INTERNAL_MANAGED,
    BackendReading,
)
from penstock.dialects.compute.certificates import CertificateStore
from penstock.dialects.compute.config import Config
from penstock.dialects.compute.forwarding_rules import RuleReader, RuleReading
from penstock.dialects.compute.groups import GroupFacts, GroupUse
from penstock.dialects.compute.index import Index, Located
from penstock.dialects.compute.load_balancers import load_balancer
from penstock.dialects.compute.references import Found, Resolver, resource_field
from penstock.dialects.compute.regions import region_order
from penstock.dialects.compute.subnets import Subnet, Subnets, source_address
from penstock.dialects.compute.target_proxies import ProxyReader, ProxyReading
from penstock.dialects.compute.url_maps import UrlMapReading, read_url_map, services_of
from penstock.dialects.compute.written import texts_of
from penstock.dialects.kubernetes.certificate_front import merged
from penstock.dialects.kubernetes.pem import CertificateReading
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
from penstock.objects.compute.url_map import UrlMap
from penstock.objects.meta import Object
from penstock.objects.world import World

V = TypeVar("V", bound=Hashable)


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
        self._memo = memo
        self._findings: list[Finding] = list(self._index.findings)
        self._services = BackendServiceStore(self._resolver, facts, memo, self._findings)

    def build(self) -> Routing:
        """The routing, with all findings about it."""
        rules = self._rules()
        subnets = proxy_subnets.assign(rules, self._subnets, self._findings)
        self._services.read_all(self._sources(rules, subnets))
        url_maps = self._url_maps({rule.url_map.at for rule in rules})
        proxies = self._read_proxies(rules, url_maps)
        load_balancers = self._load_balancers(rules, proxies, url_maps)
        services = _services(url_maps)
        uses = self._services.uses(services)
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
            requests=merged(r for proxy in proxies.values() for r in proxy.certificates.requests),
            region_order=region_order(
                self._index.config,
                (
                    *(use.facts.spot.region for use in uses),
                    *(service.region for service in services.values()),
                    *(rule.rule.region for rule in rules),
                ),
            ),
            findings=tuple(dict.fromkeys(self._findings)),
            health_checks=self._services.health_checks(services),
            rules=tuple(rules),
            subnets=self._subnets,
        )

    def _rules(self) -> list[RuleReading]:
        addresses = Addresses(self._index, self._subnets)
        access = AccessReader(self._subnets, self._index.config)
        reader = RuleReader(self._resolver, addresses, access, self._findings)
        return reader.read_all(self._index.all(ForwardingRule))

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


def _services(
    url_maps: Mapping[Located, UrlMapReading],
) -> dict[BackendServiceName, ModelService]:
    """The backend services that some URL map names."""
    services: dict[BackendServiceName, ModelService] = {}
    for reading in url_maps.values():
        services.update(reading.placeholders)
        services.update({name: used.service for name, used in reading.used.items()})
    return dict(sorted(services.items()))


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
