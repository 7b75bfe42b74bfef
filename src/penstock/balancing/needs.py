"""Which backend services need an assignment; all others cost nothing.

Decided by what is written, not by what happens (an endpoint that drains, say), because
a cluster with weights is another cluster: to change it cuts its connections.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from penstock.model import BackendService, NegKind, NegName, NetworkEndpointGroup


def needs_assignment(service: BackendService, negs: Mapping[NegName, NetworkEndpointGroup]) -> bool:
    """Whether a service's endpoints have to be chosen and weighed.

    Not where a proxy resolves a name: nobody else knows those endpoints.
    """
    groups = [negs[name] for name in service.negs]
    if any(group.kind is NegKind.FQDN_PORT for group in groups):
        return False
    return asks(service) or len({group.region for group in groups}) > 1


def asks(service: BackendService) -> bool:
    """Whether a service itself says so, whatever its groups are."""
    return (
        service.health_check is not None
        or bool(service.capacities)
        or service.lb_policy is not None
        or drains(service)
        or (service.subsetting is not None and service.subsetting.value)
    )


def candidates(services: Iterable[BackendService]) -> list[BackendService]:
    """Those that may need one: their groups decide."""
    return [service for service in services if len(service.negs) > 1 or asks(service)]


def drains(service: BackendService) -> bool:
    """Whether sessions may go on with endpoints that left."""
    return service.draining_timeout is not None and service.draining_timeout.value > 0
