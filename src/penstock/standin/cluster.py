"""Endpoints that a cluster listed: they are of its pods, which are not on this machine.

A dump of a living cluster has them for every Service.  Its controllers write
EndpointSlices with a label of their own, and Endpoints of every Service that has a
selector, over whatever was written before; so what has no such label, or leads to this
machine, is somebody's own and taken for real.  Rules: Kubernetes' EndpointSlice and
Service APIs.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from penstock.model import Finding
from penstock.objects.endpoints import Endpoints, EndpointSlice
from penstock.objects.meta import Object
from penstock.objects.service import Service
from penstock.objects.world import World
from penstock.standin.codes import CLUSTER_ENDPOINTS
from penstock.standin.endpoints import MANAGED_BY_LABEL

CONTROLLER: Final = "endpointslice-controller.k8s.io"
"""The manager of EndpointSlices of Services with a selector."""
_SHOWN: Final = 3
"""Names in the finding; there may be hundreds."""

ServiceKey = tuple[str, str]
"""Namespace and name."""


class Listed(NamedTuple):
    """Services that have endpoints in the input; no Service is in both."""

    real: frozenset[ServiceKey]
    of_cluster: frozenset[ServiceKey]
    """All of them are of a cluster's pods."""


def listed(world: World) -> Listed:
    """Whose endpoints are in the input, and which are a cluster's."""
    real: set[ServiceKey] = set()
    others: set[ServiceKey] = set()
    for endpoints in world.all(Endpoints):
        is_made = not _is_local(_addresses(endpoints.resource))
        (others if is_made else real).add(endpoints.key)
    for piece in world.all(EndpointSlice):
        owner, is_made = whose(piece)
        if owner:
            (others if is_made else real).add((piece.namespace, owner))
    without = {key for key in others if not _has_selector(world, key)}
    return Listed(frozenset(real | without), frozenset(others - real - without))


def whose(piece: Object[EndpointSlice]) -> tuple[str, bool]:
    """The Service that an EndpointSlice is of, and whether a cluster lists its pods there."""
    owner = piece.labels.get(EndpointSlice.SERVICE_LABEL, "")
    is_made = piece.labels.get(MANAGED_BY_LABEL) == CONTROLLER
    return owner, is_made and not _is_local(_addresses(piece.resource))


def _has_selector(world: World, key: ServiceKey) -> bool:
    service = world.get(Service, *key)
    return service is not None and bool(service.resource.spec.selector)


def _addresses(resource: EndpointSlice | Endpoints) -> Iterator[str]:
    if isinstance(resource, EndpointSlice):
        for endpoint in resource.endpoints or ():
            yield from endpoint.addresses
        return
    for subset in resource.subsets or ():
        for address in (*(subset.addresses or ()), *(subset.not_ready_addresses or ())):
            yield address.ip


def _is_local(addresses: Iterator[str]) -> bool:
    return any(_is_loopback(address) for address in addresses)


def _is_loopback(address: str) -> bool:
    if ":" not in address:
        return address.startswith("127.")
    try:
        parsed = ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return (parsed.ipv4_mapped or parsed).is_loopback


def remark(services: Sequence[Object[Any]]) -> Iterator[Finding]:
    """One note about all Services whose listed pods are stood in for."""
    if not services:
        return
    names = ", ".join(f"{service.namespace}/{service.name}" for service in services[:_SHOWN])
    more = f" and {len(services) - _SHOWN} more" if len(services) > _SHOWN else ""
    yield CLUSTER_ENDPOINTS.at(
        services[0].origin(),
        f"The input lists endpoints of a cluster's pods, which are not on this machine: "
        f"stand-ins take their place, for {names}{more}.",
        "To ask real endpoints: --endpoints NAMESPACE/SERVICE=ADDRESS:PORT for one Service, "
        "--stand-ins off for all.",
    )
