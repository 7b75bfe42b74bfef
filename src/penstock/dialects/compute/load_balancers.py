"""Load balancers: one of each URL map that a forwarding rule leads to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from penstock.dialects.compute.forwarding_rules import RuleReading
from penstock.dialects.compute.subnets import Subnets
from penstock.dialects.compute.target_proxies import ProxyReading
from penstock.dialects.compute.url_maps import UrlMapReading
from penstock.model import LoadBalancer, LoadBalancerName, Setting, TargetProxyName
from penstock.objects.compute.base import GLOBAL

NAME: Final = "compute"


def load_balancer(
    url_map: UrlMapReading,
    rules: Sequence[RuleReading],
    proxies: Mapping[TargetProxyName, ProxyReading],
    subnets: Subnets,
) -> LoadBalancer:
    """The load balancer of a URL map; `rules` lead to it, in the order of their names."""
    targets = {rule.rule.target_proxy: proxies[rule.rule.target_proxy] for rule in rules}
    objects = {
        url_map.object.ref,
        *(rule.object.ref for rule in rules),
        *(target.object.ref for target in targets.values()),
    }
    listed = [targets[name].proxy for name in sorted(targets)]
    return LoadBalancer(
        name=LoadBalancerName(url_map.url_map.name),
        dialect=NAME,
        objects=tuple(sorted(objects)),
        forwarding_rules=tuple(rule.rule for rule in rules),
        target_proxies=tuple(proxy for proxy in listed if proxy is not None),
        origin=url_map.object.origin(),
        project=url_map.at.project,
        region="" if url_map.at.location == GLOBAL else url_map.at.location,
        proxy_ranges=tuple(dict.fromkeys(_proxy_ranges(rules, subnets))),
    )


def _proxy_ranges(rules: Sequence[RuleReading], subnets: Subnets) -> Iterator[Setting[str]]:
    for rule in rules:
        place = rule.place
        for subnet in subnets.of_proxies(place.project, rule.location, place.network):
            yield Setting(str(subnet.range), subnet.origin)
