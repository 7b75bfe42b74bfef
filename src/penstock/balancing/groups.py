"""The state of a service's groups: endpoints with their health, capacity, place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from penstock.balancing.capacity import (
    NO_LOAD,
    Exchange,
    Loads,
    requests_per_second,
    scale,
    total,
)
from penstock.model import (
    AssignedEndpoint,
    BackendService,
    Capacity,
    EndpointStatus,
    GroupLoad,
    HealthView,
    NegName,
    NetworkEndpointGroup,
)


@dataclass(frozen=True, slots=True)
class Group:
    """One group of a backend service as it is now."""

    neg: NetworkEndpointGroup
    endpoints: tuple[AssignedEndpoint, ...]
    """Sorted; those that may get requests and those that are unhealthy."""
    healthy: int
    limit: Capacity | None
    capacity: float
    """Requests per second; infinite without a limit."""
    load: GroupLoad = field(default=NO_LOAD)
    """From the proxies of all regions."""

    @property
    def size(self) -> float:
        """Healthy endpoints times capacity scaler."""
        return self.healthy * scale(self.limit)

    @property
    def preferred(self) -> bool:
        """Whether it is filled before the others."""
        chosen = self.limit.preferred if self.limit else None
        return chosen is not None and chosen.value

    @property
    def health(self) -> float:
        """The healthy part of its endpoints, 0 to 1; none of none is 0."""
        return self.healthy / len(self.endpoints) if self.endpoints else 0.0


def groups_of(
    service: BackendService,
    negs: Sequence[NetworkEndpointGroup],
    health: HealthView,
    loads: Loads,
) -> tuple[Group, ...]:
    """The groups in the service's order; an address that two of them have is in the first."""
    limits = {capacity.neg: capacity for capacity in service.capacities}
    by_group = {neg.name: _load(neg.name, loads) for neg in negs}
    mean = Exchange.of(total(by_group.values()))
    return tuple(
        _group(neg, endpoints, limits.get(neg.name), by_group[neg.name], mean)
        for neg, endpoints in _endpoints(service, negs, health)
    )


def _group(
    neg: NetworkEndpointGroup,
    endpoints: tuple[AssignedEndpoint, ...],
    limit: Capacity | None,
    load: GroupLoad,
    mean: Exchange,
) -> Group:
    healthy = sum(endpoint.status is not EndpointStatus.UNHEALTHY for endpoint in endpoints)
    capacity = requests_per_second(limit, healthy, load, mean)
    return Group(neg, endpoints, healthy, limit, capacity, load)


def _load(name: NegName, loads: Loads) -> GroupLoad:
    found = [load for (_, neg), load in sorted(loads.items()) if neg == name]
    return total(found) if len(found) > 1 else found[0] if found else NO_LOAD


def _endpoints(
    service: BackendService, negs: Sequence[NetworkEndpointGroup], health: HealthView
) -> Iterator[tuple[NetworkEndpointGroup, tuple[AssignedEndpoint, ...]]]:
    seen: set[tuple[str, int]] = set()
    for neg in negs:
        places = {(e.address, e.port) for e in neg.endpoints if e.ready} - seen
        seen |= places
        yield (
            neg,
            tuple(
                AssignedEndpoint(address, port, _status(service, neg, (address, port), health))
                for address, port in sorted(places)
            ),
        )


def _status(
    service: BackendService,
    neg: NetworkEndpointGroup,
    place: tuple[str, int],
    health: HealthView,
) -> EndpointStatus:
    """A new endpoint is unhealthy until a probe says otherwise, as Compute's is.

    Where nobody has probed anything (files are looked at, nothing runs), all count as healthy.
    """
    if service.health_check is None:
        return EndpointStatus.HEALTHY
    if neg.probed_by_proxies:
        return EndpointStatus.UNPROBED
    if not health:
        return EndpointStatus.HEALTHY
    known = health.get((service.health_check, *place))
    is_healthy = known is not None and known.healthy
    return EndpointStatus.HEALTHY if is_healthy else EndpointStatus.UNHEALTHY
