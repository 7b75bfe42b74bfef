"""What Kubernetes' endpoint controller would write for planned pods: EndpointSlices."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from penstock.objects.endpoints import (
    EndpointConditions,
    EndpointSlice,
    ObjectReference,
    SliceEndpoint,
    SlicePort,
)
from penstock.objects.meta import Object, ObjectMeta
from penstock.objects.service import Service
from penstock.standin import naming
from penstock.standin.pods import Place
from penstock.standin.spec import PodKey, PodSpec, PodState

MANAGED_BY_LABEL = "endpointslice.kubernetes.io/managed-by"
MANAGER = "stand-in.penstock.dev"
_READY = PodState()


@dataclass(frozen=True, slots=True)
class PlannedPort:
    """A Service's port and the pods' port behind it."""

    name: str
    protocol: str
    app_protocol: str | None
    number: int

    @property
    def transport(self) -> str:
        """``tcp`` or ``udp``."""
        return self.protocol.lower()


@dataclass(frozen=True, slots=True)
class PlannedService:
    """The pods of one workload that one Service leads to."""

    service: Object[Service]
    workload: str
    """As people write it: ``Deployment default/web``."""
    ports: tuple[PlannedPort, ...]
    pods: tuple[PodKey, ...]
    publish_not_ready: bool
    places: Mapping[str, Place] = field(default_factory=dict)
    """Where pods run of which the input says it, by name."""

    def placed(self, numbers: Mapping[tuple[str, int, str], int]) -> PlannedService:
        """With the port numbers that are really bound."""
        ports = tuple(
            replace(port, number=numbers[self.workload, port.number, port.transport])
            for port in self.ports
        )
        return replace(self, ports=ports)

    def only(self, running: Collection[PodKey]) -> PlannedService:
        """Without pods that got no address."""
        return replace(self, pods=tuple(key for key in self.pods if key in running))


class HasPods(Protocol):
    """What of a plan is needed here."""

    @property
    def pods(self) -> tuple[PodSpec, ...]:
        """All pods."""
        ...

    @property
    def services(self) -> tuple[PlannedService, ...]:
        """Which Service leads where."""
        ...


def endpoint_slices(
    plan: HasPods, states: Mapping[tuple[str, str], PodState]
) -> tuple[Object[EndpointSlice], ...]:
    """One slice for each Service and workload; pods without a state count as ready.

    A Service that publishes addresses that are not ready has all its pods ready,
    as in Kubernetes; `serving` still tells the truth.
    """
    addresses = {pod.key: pod.address for pod in plan.pods}
    return tuple(_slice(planned, addresses, states) for planned in plan.services)


def _slice(
    planned: PlannedService,
    addresses: Mapping[PodKey, str],
    states: Mapping[tuple[str, str], PodState],
) -> Object[EndpointSlice]:
    service = planned.service
    endpoints = tuple(
        _endpoint(planned, key, addresses[key], states.get(key, _READY)) for key in planned.pods
    )
    meta = ObjectMeta(
        name=f"{service.name}-{naming.suffix(service.name, planned.workload)}",
        namespace=service.namespace,
        labels={
            EndpointSlice.SERVICE_LABEL: service.name,
            MANAGED_BY_LABEL: MANAGER,
        },
    )
    family = "IPv6" if any(":" in e.addresses[0] for e in endpoints) else "IPv4"
    made = EndpointSlice(
        api_version="discovery.k8s.io/v1",
        kind="EndpointSlice",
        metadata=meta,
        address_type=family,
        endpoints=endpoints,
        ports=tuple(
            SlicePort(name=p.name, protocol=p.protocol, port=p.number, app_protocol=p.app_protocol)
            for p in planned.ports
        ),
    )
    return Object(made, service.locator)


def _endpoint(planned: PlannedService, key: PodKey, address: str, state: PodState) -> SliceEndpoint:
    place = planned.places.get(key.name, Place())
    return SliceEndpoint(
        addresses=(address,),
        conditions=EndpointConditions(
            ready=state.is_ready or planned.publish_not_ready,
            serving=state.is_ready,
            terminating=False,
        ),
        target_ref=ObjectReference(kind="Pod", namespace=key.namespace, name=key.name),
        node_name=place.node or None,
        zone=place.zone or None,
    )
