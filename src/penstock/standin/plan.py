"""Which stand-ins the input asks for: from Services and workloads to pods with addresses.

Pure but for addresses, which are handed out once for a workload's n-th pod and
kept, so that a pod keeps its address whatever else changes.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from penstock.model import Finding
from penstock.objects.meta import Object
from penstock.objects.service import Service
from penstock.objects.world import World
from penstock.standin import ports
from penstock.standin.checks import asked
from penstock.standin.cluster import ServiceKey, listed, remark
from penstock.standin.codes import NO_ADDRESS, PORT_CONFLICT, PROTOCOL_UNSUPPORTED
from penstock.standin.draft import Draft, bound_numbers, fix_together
from penstock.standin.endpoints import PlannedPort, PlannedService, endpoint_slices
from penstock.standin.groups import plan_groups
from penstock.standin.health_checks import PlannedCheck
from penstock.standin.planned_groups import PlannedGroup
from penstock.standin.spec import PodKey, PodPort, PodProtocol, PodSpec
from penstock.standin.workloads import Workload, Workloads, for_service

__all__ = ["Plan", "Planner", "StandInMode", "endpoint_slices"]


class StandInMode(enum.StrEnum):
    """Which Services get stand-ins."""

    SERVICES = "services"
    """Every Service without endpoints of its own."""
    WORKLOADS = "workloads"
    """Of these, only those that select a workload of the input."""
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Plan:
    """The pods to run, what is wrong with the input, and which Service leads where."""

    pods: tuple[PodSpec, ...] = ()
    """By namespace and name."""
    findings: tuple[Finding, ...] = ()
    services: tuple[PlannedService, ...] = ()
    groups: tuple[PlannedGroup, ...] = ()
    """Compute's groups whose machines are stood in for."""
    checks: tuple[PlannedCheck, ...] = ()
    """Health checks that ask these machines on a port of their own."""
    displaced: frozenset[ServiceKey] = frozenset()
    """Services whose listed endpoints are of a cluster's pods, which stand-ins replace."""


class Planner:
    """Makes plans; remembers addresses between them."""

    def __init__(
        self,
        mode: StandInMode,
        addresses: Callable[[], str],
        port_floor_offset: int = 0,
        remembered: Mapping[tuple[str, int], str] | None = None,
    ) -> None:
        """`addresses` hands out the next free loopback address; `remembered` are those of before.

        It raises RuntimeError when none is left.  `port_floor_offset` is added to
        ports below 1024, for processes that may not bind them.
        """
        self._mode = mode
        self._hand_out = addresses
        self._offset = port_floor_offset
        self._addresses: dict[tuple[str, int], str] = dict(remembered or {})

    @property
    def addresses(self) -> Mapping[tuple[str, int], str]:
        """Who has which address: (workload, index of the pod) → address."""
        return self._addresses

    def plan(self, world: World, external: Collection[tuple[str, str]] = ()) -> Plan:
        """The stand-ins for a world.

        Services in `external` (namespace, name) have endpoints from elsewhere.
        """
        if self._mode is StandInMode.OFF:
            return Plan()
        draft = _Drafting(world, self._mode, external)
        draft.add_services()
        groups, checks = self._groups(draft, world, external)
        pods, numbers = self._pods(draft)
        placed = tuple(service.placed(numbers) for service in draft.planned)
        running = {pod.key for pod in pods}
        services = tuple(service.only(running) for service in placed)
        found = {*draft.findings, *remark(draft.displaced)}
        findings = sorted(found, key=lambda finding: finding.sort_key)
        return Plan(
            tuple(sorted(pods, key=lambda pod: pod.key)),
            tuple(findings),
            services,
            tuple(group.placed(numbers, running) for group in groups),
            tuple(check.placed(numbers) for check in checks),
            frozenset(service.key for service in draft.displaced),
        )

    def _groups(
        self, draft: _Drafting, world: World, external: Collection[tuple[str, str]]
    ) -> tuple[tuple[PlannedGroup, ...], tuple[PlannedCheck, ...]]:
        if self._mode is not StandInMode.SERVICES:
            return (), ()
        planned = plan_groups(world, external)
        for machine in planned.machines:
            workload = machine.workload
            health = tuple(sorted(machine.health))
            draft.drafts[workload.ref] = Draft(
                workload, [machine.groups[0]], dict(machine.ports), health
            )
            draft.askers[workload.ref] = machine.asker
        for check in planned.checks:
            fix_together(
                [draft.drafts[ref] for ref in sorted(check.workloads)], check.number, self._offset
            )
        draft.findings += planned.findings
        return planned.groups, planned.checks

    def _pods(self, draft: _Drafting) -> tuple[list[PodSpec], dict[tuple[str, int, str], int]]:
        """Pod specs, and by (workload, port, transport) the number that is bound."""
        pods: list[PodSpec] = []
        numbers: dict[tuple[str, int, str], int] = {}
        for item in draft.drafts.values():
            bound = bound_numbers(item.ports, self._offset, item.fixed)
            for (number, transport), actual in bound.items():
                numbers[item.workload.ref, number, transport] = actual
            try:
                for pod in self._pods_of(item, bound):
                    pods.append(pod)  # one by one: those before the last address count
            except RuntimeError as error:
                asker = draft.askers[item.workload.ref]
                message = f"{item.workload.ref} has not all its stand-ins: {error}."
                draft.findings.append(NO_ADDRESS.at(asker.origin(), message))
        return pods, numbers

    def _pods_of(self, item: Draft, bound: dict[tuple[int, str], int]) -> Iterator[PodSpec]:
        workload = item.workload
        own = tuple(
            sorted(
                PodPort(bound[key], port.protocol, port.name, port.service, port.service_port)
                for key, port in item.ports.items()
            )
        )
        path = ports.probe_path(workload.spec)
        for index, name in enumerate(workload.pod_names):
            address = self._address(workload, index)
            yield PodSpec(
                workload.namespace, name, item.services[0], address, own, path, item.health
            )

    def _address(self, workload: Workload, index: int) -> str:
        key = (workload.ref, index)
        if key not in self._addresses:
            self._addresses[key] = self._hand_out()
        return self._addresses[key]


class _Drafting:
    """One plan in the making: Services one after the other, by namespace and name."""

    def __init__(
        self, world: World, mode: StandInMode, external: Collection[tuple[str, str]]
    ) -> None:
        self._world = world
        self._mode = mode
        self._listed = listed(world)
        self._served = {*external, *self._listed.real}
        self._workloads = Workloads(world)
        self.drafts: dict[str, Draft] = {}
        self.askers: dict[str, Object[Any]] = {}
        self.planned: list[PlannedService] = []
        self.displaced: list[Object[Service]] = []
        """Whose pods a cluster lists."""
        self.findings: list[Finding] = []

    def add_services(self) -> None:
        """Draft the pods of every Service that needs them."""
        for service in self._world.all(Service):
            is_external = service.resource.spec.type == "ExternalName"
            if is_external or service.key in self._served or not service.resource.spec.ports:
                continue
            workloads = self._workloads_of(service)
            if workloads:
                self._add(service, workloads)
                self.displaced += [service] if service.key in self._listed.of_cluster else []

    def _workloads_of(self, service: Object[Service]) -> tuple[Workload, ...]:
        selected = self._workloads.selected(service)
        if selected:
            return selected
        near_miss = self._workloads.near_miss(service)
        if near_miss:
            self.findings.append(near_miss)
        return (for_service(service),) if self._mode is StandInMode.SERVICES else ()

    def _add(self, service: Object[Service], workloads: tuple[Workload, ...]) -> None:
        for workload in workloads:
            draft = self._draft(service, workload)
            planned = []
            for index in range(len(service.resource.spec.ports or ())):
                port = self._port(service, index, draft)
                if port is not None:
                    planned.append(port)
            for check in asked(self._world, service):
                if check.path is not None and (check.path, "") not in draft.health:
                    draft.health = (*draft.health, (check.path, ""))
                if check.port is not None:
                    draft.ports.setdefault((check.port.port, "tcp"), check.port)
            pods = tuple(PodKey(workload.namespace, name) for name in workload.pod_names)
            publish = bool(service.resource.spec.publish_not_ready_addresses)
            self.planned.append(
                PlannedService(
                    service, workload.ref, tuple(planned), pods, publish, workload.places
                )
            )

    def _draft(self, service: Object[Service], workload: Workload) -> Draft:
        draft = self.drafts.get(workload.ref)
        if draft is None:
            draft = self.drafts[workload.ref] = Draft(workload)
            self.askers[workload.ref] = service
            self.findings += workload.findings
            for port in ports.probe_ports(workload.spec):
                draft.ports.setdefault((port.port, "tcp"), port)
        draft.services.append(service.name)
        return draft

    def _port(self, service: Object[Service], index: int, draft: Draft) -> PlannedPort | None:
        port = (service.resource.spec.ports or ())[index]
        protocol = ports.protocol_of(port, service.annotations)
        if protocol is None:
            origin = service.origin("spec", "ports", index, "protocol")
            message = f"Stand-ins do not speak {port.protocol}; port {port.port} has none."
            self.findings.append(PROTOCOL_UNSUPPORTED.at(origin, message))
            return None
        number = ports.target_number(port, draft.workload)
        if number is None:
            self.findings.append(ports.unknown_name(service, index, draft.workload))
            return None
        if not 0 < number < 65536:
            return None  # the source has said so already
        name = ports.container_port_name(draft.workload.spec, number, port.protocol) or port.name
        wanted = PodPort(number, protocol, name, service.name, port.port)
        self._claim(service, index, draft, wanted)
        return PlannedPort(port.name, port.protocol, port.app_protocol, number)

    def _claim(self, service: Object[Service], index: int, draft: Draft, wanted: PodPort) -> None:
        key = (wanted.port, wanted.transport)
        present = draft.ports.setdefault(key, wanted)
        if not present.service:  # so far only a probe asked for it
            draft.ports[key] = wanted
        elif present.protocol.family != wanted.protocol.family:
            self.findings.append(
                _conflict(service, index, draft.workload, present, wanted.protocol)
            )


def _conflict(
    service: Object[Service],
    index: int,
    workload: Workload,
    present: PodPort,
    protocol: PodProtocol,
) -> Finding:
    return PORT_CONFLICT.at(
        service.origin("spec", "ports", index),
        f"{service.ref} speaks {protocol} to port {present.port} of {workload.ref}, but "
        f"Service {service.namespace}/{present.service} speaks {present.protocol} to it; "
        f"the stand-ins speak {present.protocol}.",
        "Give both ports the same appProtocol, or different target ports.",
    )
