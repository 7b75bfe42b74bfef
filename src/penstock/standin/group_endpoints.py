"""Compute's groups written anew with the addresses of what stands in for their machines.

The dialect reads them as if somebody had written them so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from msgspec import structs

from penstock.objects.compute.base import ANY_PROJECT
from penstock.objects.compute.groups import (
    READY_ANNOTATION,
    InstanceGroup,
    InstanceReference,
    NamedPort,
    NetworkEndpoint,
    NetworkEndpointGroup,
)
from penstock.objects.compute.managed import OF_SERVICES
from penstock.objects.meta import Object, ObjectMeta
from penstock.objects.penstock_config import InstanceConfig, PenstockConfig, PenstockConfigSpec
from penstock.standin.health_checks import PlannedCheck
from penstock.standin.planned_groups import PlannedGroup, instance_name
from penstock.standin.spec import PodKey, PodSpec, PodState


def stood_in(
    pods: Collection[PodSpec],
    groups: Collection[PlannedGroup],
    states: Mapping[tuple[str, str], PodState],
    checks: Collection[PlannedCheck] = (),
) -> tuple[Object[Any], ...]:
    """The groups with the stand-ins' addresses, where instances are, and health checks whose
    port could not be bound with the one that could."""
    addresses = {pod.key: pod.address for pod in pods}
    made: list[Object[Any]] = [check.replacement for check in checks if check.replacement]
    instances: list[InstanceConfig] = []
    for planned in groups:
        if isinstance(planned.group.resource, NetworkEndpointGroup):
            made.append(_neg(planned, addresses, states))
        else:
            made.append(_instance_group(planned, states))
            instances.extend(_addresses(planned, addresses))
    if instances:
        made.append(_machines(instances))
    return tuple(made)


def _neg(
    planned: PlannedGroup,
    addresses: Mapping[PodKey, str],
    states: Mapping[tuple[str, str], PodState],
) -> Object[Any]:
    resource: NetworkEndpointGroup = planned.group.resource
    endpoints = list(resource.network_endpoints or ())
    if resource.network_endpoint_type in OF_SERVICES and planned.places:
        endpoints = [NetworkEndpoint()]
    for place in planned.places:
        state = PodState() if planned.is_probed else states.get(place.pod, PodState())
        old = endpoints[place.position]
        notes = {**(old.annotations or {}), READY_ANNOTATION: "true" if state.is_ready else "false"}
        endpoints[place.position] = structs.replace(
            old, ip_address=addresses[place.pod], port=place.port, annotations=notes
        )
    return Object(
        structs.replace(resource, network_endpoints=tuple(endpoints)), planned.group.locator
    )


def _instance_group(
    planned: PlannedGroup, states: Mapping[tuple[str, str], PodState]
) -> Object[Any]:
    """Without members whose stand-ins are not ready, with the ports that are really bound."""
    resource: InstanceGroup = planned.group.resource
    down = {
        place.position
        for place in planned.places
        if not planned.is_probed and not states.get(place.pod, PodState()).is_ready
    }
    members = tuple(m for i, m in enumerate(resource.instances or ()) if i not in down)
    bound = sorted({(place.port_name, place.port) for place in planned.places})
    names = {name for name, _ in bound}
    kept = tuple(port for port in resource.named_ports or () if port.name not in names)
    ports = (*kept, *(NamedPort(name=name, port=port) for name, port in bound))
    return Object(
        structs.replace(resource, instances=members, named_ports=ports), planned.group.locator
    )


def _addresses(planned: PlannedGroup, addresses: Mapping[PodKey, str]) -> Iterator[InstanceConfig]:
    place = planned.group.resource.place
    project = None if place.project == ANY_PROJECT else place.project
    members: tuple[str | InstanceReference, ...] = planned.group.resource.instances or ()
    for at in planned.places:
        name, address = instance_name(members[at.position]), addresses[at.pod]
        yield InstanceConfig(name=name, address=address, zone=place.location, project=project)


def _machines(instances: Iterable[InstanceConfig]) -> Object[Any]:
    known = {(i.project or "", i.zone or "", i.name): i for i in instances}
    config = PenstockConfig(
        api_version="penstock.dev/v1alpha1",
        kind=PenstockConfig.KIND,
        metadata=ObjectMeta(name=" stand-ins"),  # Sorts before all, and the first one wins.
        spec=PenstockConfigSpec(instances=tuple(known[key] for key in sorted(known))),
    )
    return Object(config)
