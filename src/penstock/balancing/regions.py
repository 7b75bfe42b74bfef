"""In which order groups get requests: preferred ones first, then by region and zone.

Google's rule for preferred backends (docs: "Advanced load balancing optimizations"):
they are used up to their capacity before any other gets requests, wherever it is; the
algorithm orders them among themselves, and the others after them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from penstock.balancing.groups import Group
from penstock.model import BackendService, BalancingAlgorithm

Orders = Mapping[str, tuple[str, ...]]
"""Region → all others, the nearest first."""

_DRAINED_BELOW: Final = 0.25
_DRAINED_AT_MOST: Final = 0.5
"""`autoCapacityDrain`: groups with less than a quarter of their endpoints healthy get nothing,
but never more than half of the groups (Network Services API)."""


def home_region(service: BackendService, region: str) -> str:
    """The region whose groups come first; empty where neither proxy nor service knows one."""
    return region or service.region


def allowed(service: BackendService, group: Group, home: str) -> bool:
    """Whether proxies of a region may use a group at all.

    A regional service has nothing elsewhere; an isolated one keeps to the proxies' region.
    """
    place = group.neg.region
    isolated = service.lb_policy is not None and (
        service.lb_policy.value.isolation is not None and service.lb_policy.value.isolation.value
    )
    if isolated and home and place not in ("", home):
        return False
    return not service.region or place in ("", service.region)


def drained(service: BackendService, groups: Sequence[Group]) -> frozenset[str]:
    """Names of the groups that have too few healthy endpoints to get any requests."""
    policy = service.lb_policy.value if service.lb_policy else None
    if policy is None or policy.auto_capacity_drain is None or not policy.auto_capacity_drain.value:
        return frozenset()
    poor = sorted((g.health, g.neg.name) for g in groups if g.health < _DRAINED_BELOW)
    return frozenset(name for _, name in poor[: int(len(groups) * _DRAINED_AT_MOST)])


def tiers(
    service: BackendService, groups: Iterable[Group], home: str, orders: Orders
) -> list[list[Group]]:
    """Groups that are filled together, in the order in which that happens; none is empty."""
    keys: dict[tuple[int, ...], list[Group]] = {}
    chosen = algorithm(service)
    listed = list(groups)
    places = {home: 0, **{name: i + 1 for i, name in enumerate(orders.get(home, ()))}}
    zone = _first_zone(listed, home)
    for group in listed:
        region = places.get(group.neg.region or home, len(places)) if home else 0
        near = int(region == 0 and group.neg.zone != zone)
        keys.setdefault((int(not group.preferred), *_rank(chosen, region, near)), []).append(group)
    return [sorted(keys[key], key=lambda group: group.neg.name) for key in sorted(keys)]


def algorithm(service: BackendService) -> BalancingAlgorithm:
    """The service's algorithm, or the default one."""
    policy = service.lb_policy
    return policy.value.algorithm.value if policy else BalancingAlgorithm.WATERFALL_BY_REGION


def _rank(chosen: BalancingAlgorithm, region: int, zone: int) -> tuple[int, int]:
    if chosen is BalancingAlgorithm.SPRAY_TO_WORLD:
        return (0, 0)
    if chosen is BalancingAlgorithm.WATERFALL_BY_ZONE:
        return (region, zone)
    return (region, 0)


def _first_zone(groups: Iterable[Group], home: str) -> str:
    """The zone that counts as the proxies' own, which is not known: the region's first by name."""
    zones = {g.neg.zone for g in groups if g.neg.zone and g.neg.region in ("", home)}
    return min(zones, default="")
