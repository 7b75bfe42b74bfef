"""Proxy-only subnets: where connections to endpoints come from, and whether they suffice.

Google's proxies take their addresses from the proxy-only subnet of the load
balancer's region and network, and nobody warns when it has no more of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from penstock.dialects.compute import codes
from penstock.dialects.compute.forwarding_rules import RuleReading
from penstock.dialects.compute.index import Located
from penstock.dialects.compute.subnets import GLOBAL_PROXY, REGIONAL_PROXY, Subnet, Subnets
from penstock.model import Finding
from penstock.objects.compute.base import GLOBAL


def assign(
    rules: Iterable[RuleReading], subnets: Subnets, findings: list[Finding]
) -> Mapping[Located, Subnet]:
    """URL map → the proxy-only subnet of its load balancer."""
    found: dict[Located, Subnet] = {}
    users: dict[Subnet, dict[Located, None]] = {}
    missing: dict[tuple[str, ...], RuleReading] = {}
    for rule in rules:
        place = rule.place
        subnet = subnets.proxy_only(place.project, rule.location, place.network, place.region)
        if subnet is not None:
            found.setdefault(rule.url_map.at, subnet)
            users.setdefault(subnet, {})[rule.url_map.at] = None
        elif subnets.has_any(place.project, rule.location):
            missing.setdefault((place.project, rule.location, place.network), rule)
    findings.extend(_missing(rule) for rule in missing.values())
    findings.extend(_full(s, list(u)) for s, u in users.items() if len(u) > s.usable)
    return found


def _missing(rule: RuleReading) -> Finding:
    region = rule.place.region
    message = (
        "An active proxy-only subnetwork is required in the same region and VPC as the "
        f"forwarding rule: {region or rule.location} has none in network {rule.place.network}"
    )
    purpose = GLOBAL_PROXY if rule.location == GLOBAL else REGIONAL_PROXY
    hint = (
        f"add a subnetwork of {region or 'its region'} with purpose {purpose}; until then "
        "connections to endpoints come from the machine's own address"
    )
    return codes.NO_PROXY_SUBNET.at(rule.object.origin(), message, hint)


def _full(subnet: Subnet, users: list[Located]) -> Finding:
    message = (
        f"the proxy-only subnetwork {subnet.name} ({subnet.range}) has {subnet.usable} usable "
        f"addresses for {len(users)} load balancers; in the cloud some would get no proxy"
    )
    hint = f"give it a longer range; load balancers: {', '.join(at.name for at in users[:5])}"
    return codes.PROXY_SUBNET_FULL.at(subnet.origin, message, hint)
