"""The waterfall: how a demand runs over tiers of groups, each up to its limit.

Plain numbers in, plain numbers out.  A tier gets requests when those before it are
full, or have too few healthy endpoints.  Limits are targets, no circuit breakers: what
nobody has room for is spread over all in proportion to capacity.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_NOTHING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Room:
    """What one group can take."""

    limit: float
    """Requests per second that are left for us; infinite without a limit."""
    capacity: float
    """Requests per second of the whole group; infinite without a limit."""
    size: float
    """Healthy endpoints times capacity scaler: the share's measure where a limit is missing.
    What has none has no capacity either."""


@dataclass(frozen=True, slots=True)
class Tier:
    """Groups that are filled together."""

    rooms: tuple[Room, ...]
    stays: float = 1.0
    """The part of the whole demand that the tier may get, because of its endpoints' health."""


Split = list[list[float]]


def split(tiers: Sequence[Tier], demand: float) -> Split:
    """Each room's part of the demand, 0 to 1; they add up to 1 unless nothing is healthy."""
    if not any(room.size > 0 for tier in tiers for room in tier.rooms):
        return [[0.0] * len(tier.rooms) for tier in tiers]
    if demand <= _NOTHING:  # As little as it may be: no limit is in sight.
        tiers = [_unlimited(tier) for tier in tiers]
        demand = 1.0
    given = [[0.0] * len(tier.rooms) for tier in tiers]
    rest = _pour(tiers, given, demand, [demand * tier.stays for tier in tiers])
    if rest > demand * _NOTHING:
        rest = _pour(tiers, given, rest, [math.inf] * len(tiers))
    if rest > demand * _NOTHING:
        _spread(tiers, given, rest)
    whole = sum(map(sum, given))
    return [[amount / whole for amount in tier] for tier in given]


def weights(rooms: Sequence[Room]) -> list[float]:
    """In which proportion rooms are filled: by capacity, or by size where one has no limit."""
    if all(math.isfinite(room.capacity) for room in rooms):
        return [room.capacity for room in rooms]
    return [room.size for room in rooms]


def _unlimited(tier: Tier) -> Tier:
    rooms = tuple(
        Room(math.inf if room.size > 0 else 0.0, room.capacity, room.size) for room in tier.rooms
    )
    return Tier(rooms, tier.stays)


def _pour(tiers: Sequence[Tier], given: Split, rest: float, offers: Sequence[float]) -> float:
    """Fill one tier after the other; what is left over."""
    for tier, amounts, offer in zip(tiers, given, offers, strict=True):
        rest -= _fill(tier.rooms, amounts, min(rest, offer))
    return rest


def _fill(rooms: Sequence[Room], amounts: list[float], offer: float) -> float:
    """Share an offer out by weight, none above its limit; what was taken."""
    weight = weights(rooms)
    left = offer
    open_ = [i for i, room in enumerate(rooms) if weight[i] > 0 and room.limit > amounts[i]]
    while open_ and left > offer * _NOTHING:
        whole = sum(weight[i] for i in open_)
        parts = {i: left * weight[i] / whole for i in open_}
        for i, part in parts.items():
            taken = min(part, rooms[i].limit - amounts[i])
            amounts[i] += taken
            left -= taken
        before = len(open_)
        open_ = [i for i in open_ if rooms[i].limit - amounts[i] > offer * _NOTHING]
        if len(open_) == before:
            break
    return offer - left


def _spread(tiers: Sequence[Tier], given: Split, rest: float) -> None:
    """Everything is full: by capacity over all, so that all are overloaded alike."""
    rooms = [room for tier in tiers for room in tier.rooms]
    weight = weights(rooms)
    if not any(weight):
        weight = [room.size for room in rooms]
    whole = sum(weight)
    parts = iter(weight)
    for amounts in given:
        for i in range(len(amounts)):
            amounts[i] += rest * next(parts) / whole
