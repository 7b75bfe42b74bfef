"""What PenstockConfigs say, as one value: places, machines, subnets, names of cloud resources.

Several PenstockConfigs add up in the order of their names; of a scalar the first counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from penstock.dialects.compute import defaults
from penstock.dialects.compute.config_conflicts import overruled
from penstock.dialects.compute.security_policies import (
    Policies,
    read_policy_resources,
    read_security_policies,
)
from penstock.model import Finding, Origin, SecurityPolicy, Setting
from penstock.objects.compute.base import ANY_PROJECT, GLOBAL, Place, last_segment
from penstock.objects.compute.security_policy import SecurityPolicy as PolicyResource
from penstock.objects.meta import Object
from penstock.objects.penstock_config import (
    AddressConfig,
    CertificateConfig,
    ClientConfig,
    InstanceConfig,
    PenstockConfig,
    RegionConfig,
    ServiceConfig,
    SubnetConfig,
)

_LOCAL: Final = "local"
_NETWORK: Final = re.compile(r"(?:^|/)projects/(?P<project>[^/]+)/")


class NetworkName(NamedTuple):
    """A network, told from those of the same name in other projects."""

    project: str
    name: str

    def shown(self, project: str) -> str:
        """As one writes it in a project: ``name``, or ``project/name`` of another one's."""
        return self.name if self.project == project else "/".join(self)


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
    services: tuple[tuple[ServiceConfig, Origin], ...]
    zones: Mapping[str, str]
    """Zone → region, as far as it is written."""
    neighbours: Mapping[str, tuple[str, ...]]
    """Region → others, the nearest first, as far as it is written."""
    known_regions: frozenset[str]
    """All that PenstockConfigs name."""
    clients: tuple[tuple[ClientConfig, Origin], ...]
    vpc_native: bool
    """Whether GKE's cluster writes cloud.google.com/neg onto Services by itself."""
    connected: frozenset[frozenset[NetworkName]]
    """Pairs of networks."""
    grants: frozenset[tuple[str, str]]
    """Project, and another one whose URL maps may name its backend services."""
    security_policies: Policies
    """Of PenstockConfigs."""
    policy_resources: Mapping[Place, Policies]
    findings: tuple[Finding, ...]

    def place(self, place: Place) -> Place:
        """A place whose project is known, by name."""
        return Place(self.named(place.project), place.location)

    def named(self, project: str) -> str:
        """A project's name, of its name, its number or nothing."""
        return self.project if project == ANY_PROJECT else self.numbers.get(project, project)

    def policies(self, place: Place) -> Policies:
        """The security policies that backend services of a place may name."""
        return {**self.policy_resources.get(self.place(place), {}), **self.security_policies}

    def policies_elsewhere(self) -> Mapping[str, str]:
        """Global security policies of other projects than the configured one: name → project."""
        places = sorted(self.policy_resources, reverse=True)
        return {
            name: place.project
            for place in places
            if place.location == GLOBAL and place.project != self.project
            for name in self.policy_resources[place]
        }

    def policy(self, place: Place, name: str) -> Setting[SecurityPolicy] | None:
        """One of those policies."""
        resources = self.policy_resources.get(self.place(place), {})
        return self.security_policies.get(name) or resources.get(name)

    def network(self, reference: str, project: str | None) -> NetworkName:
        """A network of its name or URL; `project` is whose it is if the URL does not say it."""
        return _network(reference, project or self.project, self.numbers)

    def region_of(self, zone: str) -> str:
        """The region of a zone: what is written, or its name without the last part."""
        return self.zones.get(zone) or zone.rpartition("-")[0] or zone

    def instance(self, project: str, zone: str, name: str) -> str | None:
        """The address of a machine; one of another zone counts if there is no other choice."""
        found = self.instances.get((project, zone, name))
        if found is None:
            named = [a for (p, _, n), a in self.instances.items() if (p, n) == (project, name)]
            found = named[0] if len(named) == 1 else None
        return found


def read_config(
    objects: Iterable[Object[PenstockConfig]],
    policies: Iterable[Object[PolicyResource]] = (),
) -> Config:
    """The configuration of one world, with the security policies that are resources."""
    listed = list(objects)
    project = _first(listed, "project") or _LOCAL
    region = _first(listed, "region") or _LOCAL
    numbers = {
        p.number: p.name for o in reversed(listed) for p in o.resource.spec.projects if p.number
    }
    return Config(
        project=project,
        region=region,
        zone=_first(listed, "zone") or _first_zone(listed, region),
        via=_via(listed),
        numbers=numbers,
        subnets=tuple(
            (subnet, obj.origin("spec", "subnets", i))
            for obj in listed
            for i, subnet in enumerate(obj.resource.spec.subnets)
        ),
        instances=dict(
            _instances(listed, project, _first(listed, "zone") or f"{region}-a", numbers)
        ),
        certificates=_certificates(listed),
        addresses=tuple(
            (address, obj.origin("spec", "addresses", i))
            for obj in listed
            for i, address in enumerate(obj.resource.spec.addresses)
        ),
        services=tuple(
            (service, obj.origin("spec", "services", i))
            for obj in listed
            for i, service in enumerate(obj.resource.spec.services)
        ),
        zones={z: r.name for r in reversed(_regions(listed)) for z in r.zones},
        neighbours={r.name: r.neighbours for r in reversed(_regions(listed)) if r.neighbours},
        known_regions=frozenset(_known_regions(listed)),
        clients=tuple(
            (clients, obj.origin("spec", "clients", i))
            for obj in listed
            for i, clients in enumerate(obj.resource.spec.clients)
        ),
        vpc_native=any(obj.resource.spec.vpc_native for obj in listed),
        connected=frozenset(_connected(listed, project, numbers)),
        grants=frozenset(_grants(listed, numbers)),
        security_policies=read_security_policies(listed),
        policy_resources=read_policy_resources(
            policies,
            lambda place: Place(
                project
                if place.project == ANY_PROJECT
                else numbers.get(place.project, place.project),
                place.location,
            ),
        ),
        findings=tuple(overruled(listed)),
    )


def _connected(
    objects: list[Object[PenstockConfig]], project: str, numbers: Mapping[str, str]
) -> Iterator[frozenset[NetworkName]]:
    for obj in objects:
        for network in obj.resource.spec.networks:
            own = _network(network.name, network.project or project, numbers)
            for other in network.connected:
                yield frozenset((own, _network(other, own.project, numbers)))


def _network(reference: str, project: str, numbers: Mapping[str, str]) -> NetworkName:
    written = _NETWORK.search(reference)
    owner = written["project"] if written else project
    return NetworkName(numbers.get(owner, owner), last_segment(reference))


def _grants(
    objects: list[Object[PenstockConfig]], numbers: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Only what is written; all roles that can be written are about backend services."""
    for obj in objects:
        for project in obj.resource.spec.projects:
            for grant in project.grants:
                yield from ((project.name, numbers.get(to, to)) for to in grant.to)


def _regions(objects: list[Object[PenstockConfig]]) -> list[RegionConfig]:
    return [region for obj in objects for region in obj.resource.spec.regions]


def _known_regions(objects: list[Object[PenstockConfig]]) -> Iterator[str]:
    for region in _regions(objects):
        yield from (region.name, *region.neighbours)
    for obj in objects:
        yield from (client.region for client in obj.resource.spec.clients if client.region)


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
    objects: list[Object[PenstockConfig]], project: str, zone: str, numbers: Mapping[str, str]
) -> Iterator[tuple[tuple[str, str, str], str]]:
    for obj in reversed(objects):
        for instance in reversed(obj.resource.spec.instances):
            key = _instance_key(instance, project, zone)
            yield (numbers.get(key[0], key[0]), *key[1:]), instance.address


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
