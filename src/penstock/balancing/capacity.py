"""What a group can take, in requests per second, whatever its balancing mode counts.

A limit in another unit (connections, requests at once, utilization) is translated by
what the group itself shows at its present rate, else by the mean of the service's
groups.  Facts: Compute API, `Backend.balancingMode`, `maxRate*`, `maxConnections*`,
`maxInFlightRequests*`, `maxUtilization`, `capacityScaler`, `customMetrics`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from penstock.model import BackendService, BalancingMode, Capacity, GroupLoad, NegName

UNLIMITED: Final = math.inf
Loads = Mapping[tuple[str, NegName], GroupLoad]
"""Region of the proxies, group → load, of one backend service."""
_AT_ONCE: Final = (BalancingMode.CONNECTION, BalancingMode.IN_FLIGHT)
_SLOWEST: Final = 1e-3
"""Requests per second that something open at once stands for at least."""
NO_LOAD: Final = GroupLoad(0.0)
CPU: Final = "cpu"
"""How load reports name the utilization of the endpoints' processors."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Requests per second that one connection, or one request at once, stands for."""

    connection: float = 1.0
    in_flight: float = 1.0

    @classmethod
    def of(cls, load: GroupLoad, otherwise: Exchange | None = None) -> Exchange:
        """What a load shows; `otherwise` where it shows nothing."""
        spare = otherwise or cls()
        return cls(
            _ratio(load.rate, load.connections, spare.connection),
            _ratio(load.rate, load.in_flight, spare.in_flight),
        )


def is_limited(service: BackendService) -> bool:
    """Whether load can change the shares of a service's groups."""
    return len(service.negs) > 1 and any(
        limit.max_total is not None
        or limit.max_per_endpoint is not None
        or limit.max_utilization is not None
        or bool(limit.metrics)
        for limit in service.capacities
    )


def visible_loads(loads: Loads, limits: Iterable[Capacity]) -> Loads:
    """Loads as limits see them: what is counted at once is there even when nothing new comes.

    Without a rate, long streams would look like no load at all.
    """
    if all(limit.mode.value not in _AT_ONCE for limit in limits):
        return loads
    return {
        key: msgspec.structs.replace(
            load, rate=max(load.rate, max(load.in_flight, load.connections) * _SLOWEST)
        )
        for key, load in loads.items()
    }


def total(loads: Iterable[GroupLoad]) -> GroupLoad:
    """The sum; of metrics the mean by rate."""
    rate = in_flight = connections = 0.0
    sums: dict[str, tuple[float, float]] = {}
    for load in loads:
        rate, in_flight = rate + load.rate, in_flight + load.in_flight
        connections += load.connections
        for name, value in load.metrics.items():
            weight = max(load.rate, 1e-9)
            before = sums.get(name, (0.0, 0.0))
            sums[name] = (before[0] + value * weight, before[1] + weight)
    metrics = {name: value / weight for name, (value, weight) in sorted(sums.items())}
    return GroupLoad(rate, in_flight, connections, metrics)


def scale(capacity: Capacity | None) -> float:
    """The capacity scaler."""
    return 1.0 if capacity is None or capacity.scaler is None else capacity.scaler.value


def requests_per_second(
    capacity: Capacity | None, healthy: int, load: GroupLoad, mean: Exchange
) -> float:
    """What a group with so many healthy endpoints takes; `UNLIMITED` where nothing limits it.

    `load` is the group's own, from the proxies of all regions.
    """
    if capacity is None:
        return UNLIMITED
    limits = (*_counted(capacity, healthy, load, mean), *_utilized(capacity, load))
    return min(limits, default=UNLIMITED) * scale(capacity) if limits else UNLIMITED


def _counted(capacity: Capacity, healthy: int, load: GroupLoad, mean: Exchange) -> Iterator[float]:
    """Limits of what is counted, in the mode's unit, as rates."""
    own = Exchange.of(load, mean)
    rates = {BalancingMode.CONNECTION: own.connection, BalancingMode.IN_FLIGHT: own.in_flight}
    rate = rates.get(capacity.mode.value, 1.0)
    if capacity.max_total is not None:
        yield capacity.max_total.value * rate
    if capacity.max_per_endpoint is not None:
        yield capacity.max_per_endpoint.value * healthy * rate


def _utilized(capacity: Capacity, load: GroupLoad) -> Iterator[float]:
    """The rates at which utilizations would be full, if they grow as the rate does."""
    full: list[tuple[str, float]] = []
    if capacity.mode.value is BalancingMode.UTILIZATION and capacity.max_utilization is not None:
        full.append((CPU, capacity.max_utilization.value))
    if capacity.mode.value is BalancingMode.CUSTOM_METRICS:
        full += [(m.name, m.max_utilization) for m in capacity.metrics if not m.dry_run]
    for name, limit in full:
        used = load.metrics.get(name, 0.0)
        if used > 0 and load.rate > 0:
            yield load.rate * limit / used


def _ratio(rate: float, count: float, otherwise: float) -> float:
    return rate / count if rate > 0 and count > 0 else otherwise
