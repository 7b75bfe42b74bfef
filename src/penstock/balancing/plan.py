"""One backend service: from the state of its groups to an assignment, and why."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from penstock.balancing import regions
from penstock.balancing.capacity import Loads, scale, visible_loads
from penstock.balancing.groups import Group, groups_of
from penstock.balancing.placing import Placed, place
from penstock.balancing.shares import Room, Tier, split
from penstock.balancing.words import why
from penstock.model import (
    Assignment,
    BackendService,
    BalancingAlgorithm,
    GroupShare,
    HealthView,
    NegName,
    NetworkEndpointGroup,
)

Leaving = Mapping[NegName, tuple[tuple[str, int], ...]]
"""Group → addresses and ports that left it and are still drained, sorted."""
NONE_LEAVING: Final[Leaving] = {}

_FAILOVER_THRESHOLD: Final = 70.0
"""Percent, `failoverConfig.failoverHealthThreshold`'s default (Network Services API)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of one service's requests."""

    assignment: Assignment
    shares: tuple[GroupShare, ...]
    """In the order of the service's groups."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What a plan depends on beside service and groups."""

    region: str
    """Of the proxies; empty where they serve whatever there is."""
    orders: regions.Orders
    health: HealthView
    loads: Loads
    leaving: Leaving


def plan(
    service: BackendService, negs: Sequence[NetworkEndpointGroup], situation: Situation
) -> Plan:
    """The assignment of a service for the proxies of one region."""
    situation = replace(situation, loads=visible_loads(situation.loads, service.capacities))
    groups = groups_of(service, negs, situation.health, situation.loads)
    home = regions.home_region(service, situation.region)
    drained = regions.drained(service, groups)
    allowed = [group for group in groups if regions.allowed(service, group, home)]
    kept = [group for group in allowed if scale(group.limit) > 0]
    used = [group for group in kept if group.neg.name not in drained]
    tiers = regions.tiers(service, used, home, situation.orders)
    rooms = [_tier(service, tier, situation, home) for tier in tiers]
    parts = split(rooms, _demand(situation))
    placed = place(kept, tiers, rooms, parts, situation.leaving)
    shares = tuple(_share(service, group, placed, home, drained) for group in groups)
    return Plan(Assignment(service.name, placed.groups), shares)


def _demand(situation: Situation) -> float:
    """Requests per second that the region's proxies have for the service."""
    own = situation.region
    return math.fsum(load.rate for (region, _), load in situation.loads.items() if region == own)


def _tier(service: BackendService, tier: Sequence[Group], situation: Situation, home: str) -> Tier:
    rooms = tuple(_room(service, group, situation, home) for group in tier)
    endpoints = sum(len(group.endpoints) for group in tier)
    healthy = sum(group.healthy for group in tier)
    health = 100.0 * healthy / endpoints if endpoints else 0.0
    return Tier(rooms, min(1.0, health / _threshold(service)))


def _threshold(service: BackendService) -> float:
    policy = service.lb_policy.value if service.lb_policy else None
    chosen = policy.failover_threshold.value if policy and policy.failover_threshold else None
    return _FAILOVER_THRESHOLD if chosen is None else max(chosen, 1e-9)


def _room(service: BackendService, group: Group, situation: Situation, home: str) -> Room:
    """A region's own proxies come first: others get what these leave of a group."""
    if not group.healthy:
        return Room(0.0, 0.0, 0.0)
    limit = group.capacity
    is_ours = not home or group.neg.region in ("", home)
    if not is_ours and regions.algorithm(service) is not BalancingAlgorithm.SPRAY_TO_WORLD:
        limit = max(0.0, limit - _rate_of_others(group.neg.name, situation))
    return Room(limit, group.capacity, group.size)


def _rate_of_others(neg: NegName, situation: Situation) -> float:
    return math.fsum(
        load.rate
        for (region, name), load in situation.loads.items()
        if name == neg and region != situation.region
    )


def _share(
    service: BackendService, group: Group, placed: Placed, home: str, drained: frozenset[str]
) -> GroupShare:
    name = group.neg.name
    part = placed.parts.get(name, 0.0)
    return GroupShare(
        name,
        part,
        why(service, group, part, home, drained),
        group.healthy,
        len(group.endpoints),
        group.capacity if math.isfinite(group.capacity) else None,
        group.load.rate,
        placed.priorities.get(name, 0),
        group.limit.origin if group.limit else None,
    )
