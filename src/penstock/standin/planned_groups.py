"""What was planned for Compute's groups: machines, and who stands in for which endpoint."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from penstock.model import Finding
from penstock.objects.compute.groups import InstanceReference
from penstock.objects.meta import Object
from penstock.standin.health_checks import PlannedCheck
from penstock.standin.spec import PodKey, PodPort
from penstock.standin.workloads import Workload


class Place(NamedTuple):
    """One endpoint of a group, on the machine that stands in for it."""

    position: int
    """Of the endpoint in its group."""
    workload: str
    pod: PodKey
    port: int
    transport: str
    port_name: str = ""
    """Of an instance group's port."""


@dataclass(frozen=True, slots=True)
class PlannedGroup:
    """A group and where its endpoints are stood in for."""

    group: Object[Any]
    places: tuple[Place, ...]
    is_probed: bool = False
    """Whether health checks find out who serves; stand-ins then need not tell."""

    def placed(
        self, numbers: Mapping[tuple[str, int, str], int], running: Collection[PodKey]
    ) -> PlannedGroup:
        """With the port numbers that are really bound, without what got no address."""
        places = tuple(
            place._replace(port=numbers[place.workload, place.port, place.transport])
            for place in self.places
            if place.pod in running
        )
        return replace(self, places=places)


@dataclass(slots=True)
class Machine:
    """A machine to stand in for."""

    workload: Workload
    asker: Object[Any]
    """The group that named it first."""
    groups: list[str] = field(default_factory=list)
    ports: dict[tuple[int, str], PodPort] = field(default_factory=dict)
    health: set[tuple[str, str]] = field(default_factory=set)


@dataclass(slots=True)
class Planned:
    """All machines and groups of a world."""

    machines: tuple[Machine, ...] = ()
    groups: tuple[PlannedGroup, ...] = ()
    findings: tuple[Finding, ...] = ()
    checks: tuple[PlannedCheck, ...] = ()


def instance_name(member: str | InstanceReference) -> str:
    """The name of a member of an instance group, which may be written as a URL."""
    link = member if isinstance(member, str) else member.instance
    return link.rpartition("/")[2]
