"""Stand-ins for the machines behind Compute's groups.

A network endpoint group names addresses and ports, an instance group machines
and named ports; neither is to be had on a laptop.  Each machine gets a stand-in
that speaks what the backend services demand.  The groups are then written anew
with the stand-ins' addresses, so that the dialect cannot tell the difference.
Endpoints on loopback addresses are real ones and stay.  A group that stands for a service
of the cloud gets one stand-in if nobody says where the service is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, Final

from penstock.model import Finding
from penstock.objects.compute.backend_service import BackendService
from penstock.objects.compute.groups import (
    InstanceGroup,
    NamedPort,
    NetworkEndpoint,
    NetworkEndpointGroup,
)
from penstock.objects.compute.managed import OF_SERVICES, SERVERLESS, find_service, product_of
from penstock.objects.meta import Object
from penstock.objects.penstock_config import PenstockConfig
from penstock.objects.world import World
from penstock.standin.codes import PORT_CONFLICT
from penstock.standin.health_checks import Demand, Demands, PlannedCheck
from penstock.standin.planned_groups import (
    Machine,
    Place,
    Planned,
    PlannedGroup,
    instance_name,
)
from penstock.standin.projects import Projects
from penstock.standin.spec import PodKey, PodPort, PodProtocol
from penstock.standin.workloads import Workload

_PROTOCOLS: Final = {
    "HTTP": PodProtocol.HTTP,
    "H2C": PodProtocol.H2C,
    "HTTPS": PodProtocol.HTTPS,
    "HTTP2": PodProtocol.HTTP2,
    "GRPC": PodProtocol.HTTP2,
    "TCP": PodProtocol.TCP,
    "SSL": PodProtocol.TCP,
    "UDP": PodProtocol.UDP,
}
_STOOD_IN: Final = (None, "GCE_VM_IP_PORT", "NON_GCP_PRIVATE_IP_PORT", "INTERNET_IP_PORT")
"""Kinds of groups whose endpoints are machines with an address."""
_SERVICE_PORT: Final = 8080
"""Where containers of Cloud Run listen as a rule (its ``PORT``)."""
_GROUP: Final = re.compile(
    r"(?:(?:zones|regions)/(?P<place>[^/]+)/|global/)?"
    r"(?:(?P<kind>networkEndpointGroups|instanceGroups)/)?(?P<name>[^/]+)$"
)
_DEFAULT_PORT: Final = NamedPort(name="http", port=80)
"""What a backend service without a port name means (Compute API, backendServices.portName)."""

Group = NetworkEndpointGroup | InstanceGroup


def plan_groups(world: World, external: Collection[tuple[str, str]] = ()) -> Planned:
    """Which machines have to be stood in for.

    Groups in `external` (location, name) have endpoints that the user gives.
    """
    return _Planning(world, external).run()


class _Planning:
    def __init__(self, world: World, external: Collection[tuple[str, str]]) -> None:
        self._world = world
        self._external = external
        self._projects = Projects(world)
        self._users = _users(world, self._projects)
        self._demands = Demands(world)
        self._checks: dict[str, PlannedCheck] = {}
        self._local = _local_instances(world)
        self._services = [
            service
            for config in world.all(PenstockConfig)
            for service in config.resource.spec.services
        ]
        self._machines: dict[str, Machine] = {}
        self._findings: list[Finding] = []

    def run(self) -> Planned:
        groups: list[PlannedGroup] = []
        for neg in self._world.all(NetworkEndpointGroup):
            if self._is_given(neg):
                continue
            if neg.resource.network_endpoint_type in _STOOD_IN:
                groups.append(self._planned(neg, tuple(self._endpoints(neg))))
            elif self._is_unknown_service(neg):
                groups.append(self._planned(neg, (self._service(neg),)))
        for group in self._world.all(InstanceGroup):
            if not self._is_given(group):
                groups.append(self._planned(group, tuple(self._instances(group))))
        return Planned(
            tuple(self._machines.values()),
            tuple(groups),
            tuple(self._findings),
            tuple(self._checks.values()),
        )

    def _planned(self, group: Object[Any], places: tuple[Place, ...]) -> PlannedGroup:
        """The group, whose machines do what health checks of its users ask for."""
        demands = [self._demands.of(user) for user in self._users_of(group)]
        for demand in filter(None, demands):
            for place in places:
                self._meet(demand, self._machines[place.workload])
        return PlannedGroup(group, places, bool(demands) and None not in demands)

    def _meet(self, demand: Demand, machine: Machine) -> None:
        if demand.answer is not None:
            machine.health.add(demand.answer)
        if demand.port is not None:
            machine.ports.setdefault((demand.port.port, "tcp"), demand.port)
            fresh = PlannedCheck(demand, frozenset(), demand.port.port)
            known = self._checks.get(demand.check.ref, fresh)
            workloads = known.workloads | {machine.workload.ref}
            self._checks[demand.check.ref] = known._replace(workloads=workloads)

    def _is_given(self, group: Object[Any]) -> bool:
        return (group.resource.place.location, group.name) in self._external

    def _endpoints(self, neg: Object[NetworkEndpointGroup]) -> Iterator[Place]:
        protocol = self._protocol(neg)
        for index, endpoint in enumerate(neg.resource.network_endpoints or ()):
            number = endpoint.port or neg.resource.default_port
            name = _machine_of(endpoint)
            is_local = (endpoint.ip_address or "").startswith("127.") or (
                not endpoint.ip_address and name in self._local
            )
            if number and 0 < number < 65536 and name and not is_local:
                yield self._place(neg, index, name, number, protocol, "")

    def _is_unknown_service(self, neg: Object[NetworkEndpointGroup]) -> bool:
        """Whether a group stands for a service of which nobody says where it is; load balancers
        take none but Cloud Run's and published ones."""
        resource = neg.resource
        if resource.network_endpoint_type not in OF_SERVICES:
            return False
        region = resource.place.location
        is_known = find_service(neg.name, region, resource, self._services) is not None
        return not is_known and product_of(resource) in ("", "cloudRun")

    def _service(self, neg: Object[NetworkEndpointGroup]) -> Place:
        """The one machine of a service of the cloud, named as the service is."""
        resource = neg.resource
        is_run = resource.network_endpoint_type == SERVERLESS
        producer = resource.psc_data.producer_port if resource.psc_data else None
        run = resource.cloud_run
        name = run.service if run and run.service else neg.name
        protocol = PodProtocol.HTTP if is_run else self._protocol(neg)
        return self._place(neg, 0, name, producer or _SERVICE_PORT, protocol, "")

    def _instances(self, group: Object[InstanceGroup]) -> Iterator[Place]:
        for index, member in enumerate(group.resource.instances or ()):
            name = instance_name(member)
            if name in self._local:
                continue
            for user, port in self._named_ports(group):
                protocol = _PROTOCOLS.get(user.resource.protocol or "HTTP", PodProtocol.HTTP)
                yield self._place(group, index, name, port.port or 0, protocol, port.name or "")

    def _named_ports(
        self, group: Object[InstanceGroup]
    ) -> Iterator[tuple[Object[BackendService], NamedPort]]:
        named = group.resource.named_ports or ()
        for user in self._users_of(group):
            wanted = user.resource.port_name or "http"
            found = [port for port in named if port.name == wanted and port.port]
            if not found and wanted == "http":
                found = [_DEFAULT_PORT]
            for port in found:
                yield user, port

    def _users_of(self, group: Object[Any]) -> tuple[Object[BackendService], ...]:
        place, project = group.resource.place.location, self._projects.of(group)
        is_neg = isinstance(group.resource, NetworkEndpointGroup)
        kind = "networkEndpointGroups" if is_neg else "instanceGroups"
        keys = [(project, where, what, group.name) for where in (place, "") for what in (kind, "")]
        return tuple(user for key in keys for user in self._users.get(key, ()))

    def _protocol(self, group: Object[Any]) -> PodProtocol:
        for user in self._users_of(group):
            return _PROTOCOLS.get(user.resource.protocol or "HTTP", PodProtocol.HTTP)
        return PodProtocol.HTTP

    def _place(
        self,
        group: Object[Any],
        index: int,
        name: str,
        number: int,
        protocol: PodProtocol,
        port_name: str,
    ) -> Place:
        place = self._projects.place(group)
        machine = self._machine(group, place, name)
        port = PodPort(number, protocol, port_name, group.name)
        known = machine.ports.setdefault((number, port.transport), port)
        if known.protocol.family != protocol.family:
            self._findings.append(_conflict(group, name, known, protocol))
        ref = machine.workload.ref
        pod = PodKey(place, _pod_name(name))
        return Place(index, ref, pod, number, port.transport, port_name)

    def _machine(self, group: Object[Any], place: str, name: str) -> Machine:
        ref = f"machine {place}/{name}"
        machine = self._machines.get(ref)
        if machine is None:
            workload = Workload(ref, place, {}, (_pod_name(name),), None)
            machine = self._machines[ref] = Machine(workload, group)
        machine.groups.append(group.name)
        return machine


def _pod_name(machine: str) -> str:
    """Of an address: ``10-0-0-5``."""
    return machine.replace(".", "-").replace(":", "-")


def _machine_of(endpoint: NetworkEndpoint) -> str:
    """What names the machine of an endpoint; an instance may have endpoints with addresses
    of their own (its pods), which are machines then."""
    if endpoint.ip_address:
        return endpoint.ip_address
    return instance_name(endpoint.instance) if endpoint.instance else endpoint.ipv6_address or ""


def _users(
    world: World, projects: Projects
) -> dict[tuple[str, str, str, str], list[Object[BackendService]]]:
    """Backend services by the (project, location, collection, name) of their groups, which are of
    their own project; empty if not said."""
    found: dict[tuple[str, str, str, str], list[Object[BackendService]]] = {}
    for service in world.all(BackendService):
        for backend in service.resource.backends or ():
            match = _GROUP.search(backend.group or "")
            if match:
                where = (match["place"] or "", match["kind"] or "", match["name"])
                found.setdefault((projects.of(service), *where), []).append(service)
    return found


def _local_instances(world: World) -> set[str]:
    """Machines that the user says are on this machine."""
    return {
        instance.name
        for config in world.all(PenstockConfig)
        for instance in config.resource.spec.instances
        if instance.address.startswith("127.")
    }


def _conflict(group: Object[Any], name: str, known: PodPort, protocol: PodProtocol) -> Finding:
    return PORT_CONFLICT.at(
        group.origin(),
        f"A backend service of {group.ref} speaks {protocol} to port {known.port} of {name}, but "
        f"another one speaks {known.protocol} to it; the stand-in speaks {known.protocol}.",
        "Give both the same protocol, or the group another port.",
    )
