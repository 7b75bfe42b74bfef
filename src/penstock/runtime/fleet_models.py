"""Which fleet serves what: a model is split by region, at the cost of what changed.

A region has a fleet of its own if a cross-region load balancer has a forwarding rule
there, or a DNS record leads to a rule there; it then serves all rules of the region.
Home serves the rest, which is everything where no load balancer has several regions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from penstock.model import (
    BackendService,
    BackendServiceName,
    ForwardingRule,
    LoadBalancer,
    LoadBalancerName,
    Model,
    NegName,
    UrlMap,
    UrlMapName,
)
from penstock.runtime.nodes import HOME, HOME_NODE
from penstock.runtime.url_map_tests import services_of

K = TypeVar("K")
V = TypeVar("V")
_STRUCTURE: Final = ("load_balancers", "url_maps", "backend_services", "dns_records")
"""All that the split depends on; endpoints are not among it."""
_CROSS_REGION_DIALECT: Final = "compute"
"""The dialect whose load balancers without a region are in several."""


def fleet_regions(model: Model) -> frozenset[str]:
    """The regions that have fleets of their own."""
    cross = {
        rule.region
        for lb in model.load_balancers.values()
        if lb.dialect == _CROSS_REGION_DIALECT and not lb.region
        for rule in lb.forwarding_rules
    }
    named = {t.rule for record in model.dns_records for i in record.items for t in i.targets}
    by_name = {rule.region for rule in _rules(model) if rule.name in named} if named else set()
    # A configuration without regions calls its only one by the home proxy's name.
    return frozenset(cross | by_name) - {HOME, HOME_NODE}


def _rules(model: Model) -> Iterable[ForwardingRule]:
    return (rule for lb in model.load_balancers.values() for rule in lb.forwarding_rules)


@dataclass(frozen=True, slots=True)
class _Part:
    """What one fleet serves, but for endpoints."""

    load_balancers: Mapping[LoadBalancerName, LoadBalancer]
    url_maps: Mapping[UrlMapName, UrlMap]
    backend_services: Mapping[BackendServiceName, BackendService]
    negs: tuple[NegName, ...]

    def of(self, model: Model) -> Model:
        return replace(
            model,
            load_balancers=self.load_balancers,
            url_maps=self.url_maps,
            backend_services=self.backend_services,
            negs={name: model.negs[name] for name in self.negs},
        )


class FleetModels:
    """Splits one model after another; parts that stay equal stay the same objects."""

    def __init__(self) -> None:
        self._model: Model | None = None
        self._parts: Mapping[str, _Part] = {}
        self._services: dict[UrlMapName, tuple[UrlMap, frozenset[BackendServiceName]]] = {}

    def split(self, model: Model) -> Mapping[str, Model]:
        """Region → what its fleet serves; home is always among them."""
        if self._model is None or not _alike(self._model, model):
            self._parts = self._split(model)
        self._model = model
        if not self._parts:
            return {HOME: model}
        return {region: part.of(model) for region, part in self._parts.items()}

    def _split(self, model: Model) -> Mapping[str, _Part]:
        regions = fleet_regions(model)
        if not regions:
            self._services = {}
            return {}
        self._services = {n: self._services_of(url_map) for n, url_map in model.url_maps.items()}
        by_region: dict[str, dict[LoadBalancerName, LoadBalancer]] = {
            region: {} for region in (HOME, *sorted(regions))
        }
        for name, lb in model.load_balancers.items():
            homes = {r.region if r.region in regions else HOME for r in lb.forwarding_rules}
            for region in homes or {HOME}:
                by_region[region][name] = _narrow(lb, region, regions)
        return {region: self._part(model, lbs) for region, lbs in by_region.items()}

    def _part(self, model: Model, lbs: Mapping[LoadBalancerName, LoadBalancer]) -> _Part:
        maps = {proxy.url_map for lb in lbs.values() for proxy in lb.target_proxies}
        services = {service for name in maps for service in self._services[name][1]}
        wanted = _kept(model.backend_services, services)
        negs = {neg for service in wanted.values() for neg in service.negs}
        return _Part(lbs, _kept(model.url_maps, maps), wanted, tuple(sorted(negs)))

    def _services_of(self, url_map: UrlMap) -> tuple[UrlMap, frozenset[BackendServiceName]]:
        known = self._services.get(url_map.name)
        if known is not None and known[0] is url_map:
            return known
        return url_map, frozenset(services_of(url_map))


def _narrow(lb: LoadBalancer, region: str, regions: frozenset[str]) -> LoadBalancer:
    """The load balancer with the rules of one fleet only."""
    rules = tuple(
        rule
        for rule in lb.forwarding_rules
        if (rule.region if rule.region in regions else HOME) == region
    )
    if len(rules) == len(lb.forwarding_rules):
        return lb
    used = {rule.target_proxy for rule in rules}
    proxies = tuple(proxy for proxy in lb.target_proxies if proxy.name in used)
    return replace(lb, forwarding_rules=rules, target_proxies=proxies)


def _alike(before: Model, after: Model) -> bool:
    return all(_same(getattr(before, name), getattr(after, name)) for name in _STRUCTURE)


def _same(before: Any, after: Any) -> bool:
    # Mappings compare their values by identity first: cheap, and usually equal.
    return before is after or bool(before == after)


def _kept(table: Mapping[K, V], names: Iterable[K]) -> Mapping[K, V]:
    wanted = set(names)
    return {name: value for name, value in table.items() if name in wanted}
