"""Parts of the demand → priorities and weights, as Envoy takes them.

Priority 0 has every group with a share, by weight.  Usable groups without a share
follow in later priorities, tier by tier, so that a proxy that finds all of priority 0
dead (outlier detection, probes of its own) goes on by itself.  What may get no new
requests (unhealthy, draining) stays in priority 0 without weight: a proxy keeps its
connections, its statistics and the sessions that name it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from penstock.balancing.groups import Group
from penstock.balancing.shares import Split, Tier, weights
from penstock.balancing.weights import whole_weights
from penstock.model import AssignedEndpoint, AssignedGroup, EndpointStatus, NegName

_Leaving = Mapping[NegName, tuple[tuple[str, int], ...]]


@dataclass(frozen=True, slots=True)
class Placed:
    """Where every group ended up."""

    groups: tuple[AssignedGroup, ...]
    """By priority, then name."""
    parts: Mapping[NegName, float]
    """Of the demand, 0 to 1."""
    priorities: Mapping[NegName, int]


@dataclass(frozen=True, slots=True)
class _Place:
    group: Group
    priority: int
    weight: int


def place(
    groups: Sequence[Group],
    tiers: Sequence[Sequence[Group]],
    rooms: Sequence[Tier],
    parts: Split,
    leaving: _Leaving,
) -> Placed:
    """Groups beside `tiers` get no new requests, whatever their health.

    `leaving` may name groups that are not among `groups` any more.
    """
    places = {p.group.neg.name: p for p in (*_first(tiers, parts), *_later(tiers, rooms, parts))}
    made = [_assigned(group, places.get(group.neg.name), leaving) for group in groups]
    known = {group.neg.name for group in groups}
    made += [_gone(neg, left) for neg, left in leaving.items() if neg not in known]
    used = [group for group in made if group.endpoints]
    return Placed(
        tuple(sorted(used, key=lambda group: (group.priority, group.neg))),
        {
            group.neg.name: part
            for tier, amounts in zip(tiers, parts, strict=True)
            for group, part in zip(tier, amounts, strict=True)
        },
        {name: p.priority for name, p in places.items()},
    )


def _first(tiers: Sequence[Sequence[Group]], parts: Split) -> Iterator[_Place]:
    flat = [group for tier in tiers for group in tier]
    amounts = [amount for tier in parts for amount in tier]
    for group, weight in zip(flat, whole_weights(amounts), strict=True):
        if weight:
            yield _Place(group, 0, weight)


def _later(
    tiers: Sequence[Sequence[Group]], rooms: Sequence[Tier], parts: Split
) -> Iterator[_Place]:
    priority = 1
    for tier, filled, amounts in zip(tiers, rooms, parts, strict=True):
        idle = [i for i, group in enumerate(tier) if group.healthy and not amounts[i]]
        chosen = [filled.rooms[i] for i in idle]
        weight = weights(chosen) if any(weights(chosen)) else [room.size for room in chosen]
        for i, value in zip(idle, whole_weights(weight), strict=True):
            yield _Place(tier[i], priority, max(1, value))
        priority += bool(idle)


def _assigned(group: Group, place: _Place | None, leaving: _Leaving) -> AssignedGroup:
    own = group.endpoints if place else tuple([_drained(e) for e in group.endpoints])
    there = {(endpoint.address, endpoint.port) for endpoint in own}
    left = (item for item in leaving.get(group.neg.name, ()) if item not in there)
    return AssignedGroup(
        group.neg.name,
        tuple(sorted((*own, *_draining(left)))),
        group.neg.region,
        group.neg.zone,
        place.priority if place else 0,
        place.weight if place else 0,
    )


def _gone(neg: NegName, left: Sequence[tuple[str, int]]) -> AssignedGroup:
    return AssignedGroup(neg, tuple(_draining(left)), weight=0)


def _draining(
    left: Sequence[tuple[str, int]] | Iterator[tuple[str, int]],
) -> Iterator[AssignedEndpoint]:
    for address, port in left:
        yield AssignedEndpoint(address, port, EndpointStatus.DRAINING)


def _drained(endpoint: AssignedEndpoint) -> AssignedEndpoint:
    """As it is told of a group that shall get nothing: healthy would draw requests."""
    if endpoint.status is EndpointStatus.UNHEALTHY:
        return endpoint
    return AssignedEndpoint(endpoint.address, endpoint.port, EndpointStatus.DRAINING)
