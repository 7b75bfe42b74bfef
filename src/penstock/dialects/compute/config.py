"""What PenstockConfigs say, as one value: places, machines, subnets, names of cloud resources.

Several PenstockConfigs add up in the order of their names; of a scalar the first counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from penstock.dialects.compute import defaults
from penstock.model import Origin, Setting
from penstock.objects.compute.base import ANY_PROJECT, Place
from penstock.objects.meta import Object
from penstock.objects.penstock_config import (
    AddressConfig,
    CertificateConfig,
    ClientConfig,
    InstanceConfig,
    PenstockConfig,
    SubnetConfig,
)

_LOCAL: Final = "local"


@dataclass(frozen=True, slots=True)
class Config:
    """All PenstockConfigs together, with what holds where they say nothing."""

    project: str
    region: str
    zone: str
    via: Setting[str]
    numbers: Mapping[str, str]
    """Project number → project."""
    subnets: tuple[tuple[SubnetConfig, Origin], ...]
    instances: Mapping[tuple[str, str, str], str]
    """(Project, zone, name) → address."""
    certificates: Mapping[str, tuple[CertificateConfig, Origin]]
    addresses: tuple[tuple[AddressConfig, Origin], ...]
    clients: tuple[tuple[ClientConfig, Origin], ...] = ()

    def place(self, place: Place) -> Place:
        """A place whose project is known, by name."""
        return Place(self.named(place.project), place.location)

    def named(self, project: str) -> str:
        """A project's name, of its name, its number or nothing."""
        return self.project if project == ANY_PROJECT else self.numbers.get(project, project)

    def instance(self, project: str, zone: str, name: str) -> str | None:
        """The address of a machine; one of another zone counts if there is no other choice."""
        found = self.instances.get((project, zone, name))
        if found is None:
            named = [a for (p, _, n), a in self.instances.items() if (p, n) == (project, name)]
            found = named[0] if len(named) == 1 else None
        return found


def read_config(objects: Iterable[Object[PenstockConfig]]) -> Config:
    """The configuration of one world."""
    listed = list(objects)
    project = _first(listed, "project") or _LOCAL
    region = _first(listed, "region") or _LOCAL
    return Config(
        project=project,
        region=region,
        zone=_first(listed, "zone") or _first_zone(listed, region),
        via=_via(listed),
        numbers={p.number: p.name for o in listed for p in o.resource.spec.projects if p.number},
        subnets=tuple(
            (subnet, obj.origin("spec", "subnets", i))
            for obj in listed
            for i, subnet in enumerate(obj.resource.spec.subnets)
        ),
        instances=dict(_instances(listed, project, _first(listed, "zone") or f"{region}-a")),
        certificates=_certificates(listed),
        addresses=tuple(
            (address, obj.origin("spec", "addresses", i))
            for obj in listed
            for i, address in enumerate(obj.resource.spec.addresses)
        ),
        clients=tuple(
            (clients, obj.origin("spec", "clients", i))
            for obj in listed
            for i, clients in enumerate(obj.resource.spec.clients)
        ),
    )


def _first(objects: list[Object[PenstockConfig]], field: str) -> str | None:
    values = (getattr(obj.resource.spec, field) for obj in objects)
    return next((str(value) for value in values if value), None)


def _first_zone(objects: list[Object[PenstockConfig]], region: str) -> str:
    zones = [r.zones for o in objects for r in o.resource.spec.regions if r.name == region]
    return zones[0][0] if zones and zones[0] else f"{region}-a"


def _via(objects: list[Object[PenstockConfig]]) -> Setting[str]:
    for obj in objects:
        if obj.resource.spec.via:
            return Setting(obj.resource.spec.via, obj.origin("spec", "via"))
    return defaults.VIA


def _instances(
    objects: list[Object[PenstockConfig]], project: str, zone: str
) -> Iterator[tuple[tuple[str, str, str], str]]:
    for obj in reversed(objects):
        for instance in reversed(obj.resource.spec.instances):
            yield _instance_key(instance, project, zone), instance.address


def _instance_key(instance: InstanceConfig, project: str, zone: str) -> tuple[str, str, str]:
    return (instance.project or project, instance.zone or zone, instance.name)


def _certificates(
    objects: list[Object[PenstockConfig]],
) -> dict[str, tuple[CertificateConfig, Origin]]:
    found: dict[str, tuple[CertificateConfig, Origin]] = {}
    for obj in objects:
        for i, certificate in enumerate(obj.resource.spec.certificates):
            found.setdefault(certificate.name, (certificate, obj.origin("spec", "certificates", i)))
    return found
