"""Ports of Services that have network endpoint groups of their own, whatever Ingresses say.

``exposed_ports`` of the annotation ``cloud.google.com/neg`` has GKE make a group in each
zone for whoever configures load balancers by hand.  Here the groups are resources like
those of the Compute API's documents: backend services name them in the same way.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from penstock.dialects.compute.config import Config
from penstock.dialects.compute.groups import POD_ANNOTATION
from penstock.dialects.compute.index import Located
from penstock.dialects.gke import codes
from penstock.dialects.gke.annotations import annotation_origin
from penstock.dialects.gke.failure import Failure
from penstock.dialects.gke.groups import members
from penstock.dialects.gke.names import neg_name
from penstock.dialects.gke.neg_annotation import (
    NegSettings,
    read_neg_settings,
    without_groups,
)
from penstock.dialects.gke.nodes import Nodes
from penstock.dialects.kubernetes.endpoints import EndpointIndex, Sources
from penstock.dialects.memo import Memo
from penstock.model import Endpoint, Finding
from penstock.objects.compute.groups import NetworkEndpoint, NetworkEndpointGroup
from penstock.objects.gke.annotations import NEG, json_object
from penstock.objects.meta import Object
from penstock.objects.service import Service, ServicePort
from penstock.objects.world import Key, Table, World

_TYPE: Final = "GCE_VM_IP_PORT"
_OWNER: Final = ("namespace", "service-name", "port")
"""What a group's description says, as JSON, of whom it is."""

Group = Object[NetworkEndpointGroup]


class ExposedPort(NamedTuple):
    """One port of a Service that has groups of its own."""

    service: Object[Service]
    port: ServicePort
    name: str
    """Of the group in every zone."""
    zones: tuple[str, ...]
    """Where the annotation asks for groups even without endpoints."""

    @property
    def owner(self) -> tuple[str, str, str]:
        """As the groups' descriptions have it."""
        return (self.service.namespace, self.service.name, str(self.port.port))


class ExposedGroup(NamedTuple):
    """The group of one port in one zone."""

    port: ExposedPort
    at: Located
    pods: tuple[str, ...]
    """``namespace/name``, sorted."""
    object: Group


class Exposed(NamedTuple):
    """All groups of one world that Services ask for by themselves."""

    groups: tuple[ExposedGroup, ...] = ()
    failures: tuple[Failure, ...] = ()
    """Of Services that get none."""
    findings: tuple[Finding, ...] = ()
    refused: tuple[ExposedGroup, ...] = ()
    """Groups whose name somebody else's group has."""
    replaced: frozenset[Key] = frozenset()
    """Written groups that are the Services' own, as somebody exported them."""


class _Asked(NamedTuple):
    ports: tuple[ExposedPort, ...]
    failures: tuple[Failure, ...]
    findings: tuple[Finding, ...]


class _Made(NamedTuple):
    groups: tuple[ExposedGroup, ...]
    findings: tuple[Finding, ...]


class ExposedReader:
    """Reads one world after the other; what did not change is the same object."""

    def __init__(self, local: bool) -> None:
        self._local = local
        self._index = EndpointIndex()
        self._memo = Memo()

    def read(self, world: World, config: Config, nodes: Nodes) -> Exposed:
        """The groups of a world."""
        services = world.table(Service)
        asked = self._memo.get("asked", (services,), lambda: self._asked(services))
        made: list[_Made] = []
        if asked.ports:
            self._index.update(world)
            made = [self._make(port, config, nodes) for port in asked.ports]
        written = world.table(NetworkEndpointGroup)
        inputs = (asked, config, written, *made)
        exposed = self._memo.get("exposed", inputs, lambda: _join(asked, made, written, config))
        self._memo.turn()
        return exposed

    def extend(self, world: World, exposed: Exposed) -> World:
        """The world with the groups among its Compute resources."""
        if not exposed.groups:
            return world
        written = world.table(NetworkEndpointGroup)
        table = self._memo.get("table", (exposed, written), lambda: _table(exposed, written))
        return world.with_table(NetworkEndpointGroup, table)

    def _asked(self, services: Table) -> _Asked:
        ports: list[ExposedPort] = []
        failures: list[Failure] = []
        findings: list[Finding] = []
        for service in services.values():
            neg = self._settings(service) if NEG in service.annotations else None
            if isinstance(neg, Failure):
                failures.append(neg)
            elif neg is not None and neg.exposed:
                failure = without_groups(service)
                failures += [failure] if failure else []
                ports += _ports(service, neg) if failure is None else ()
                findings += neg.findings
        return _Asked(tuple(ports), tuple(failures), tuple(findings))

    def _settings(self, service: Object[Service]) -> NegSettings | Failure:
        make = lambda: read_neg_settings(service)  # noqa: E731
        return self._memo.get(("settings", *service.key), (service,), make)

    def _make(self, port: ExposedPort, config: Config, nodes: Nodes) -> _Made:
        sources = self._index.sources(port.service)
        key = ("groups", *port.service.key, port.port.port)
        make = lambda: _groups(port, config, nodes, sources, self._local)  # noqa: E731
        return self._memo.get(key, (port.service, config, nodes, *sources), make)


def _ports(service: Object[Service], neg: NegSettings) -> Iterator[ExposedPort]:
    known = {p.port: p for p in service.resource.spec.ports or () if p.protocol == "TCP"}
    for number, name in sorted(neg.exposed.items()):
        if number in known:
            name = name or neg_name(service.namespace, service.name, number)
            yield ExposedPort(service, known[number], name, neg.zones)


def _groups(
    port: ExposedPort, config: Config, nodes: Nodes, sources: Sources, local: bool
) -> _Made:
    by_zone: dict[str, list[Endpoint]] = {zone: [] for zone in _zones(port, config, nodes)}
    found, findings = members(port.service, port.port, sources, local)
    for member in found:
        by_zone.setdefault(nodes.zone_of(member.node, member.zone), []).append(member)
    groups = (_group(port, config, zone, of) for zone, of in sorted(by_zone.items()))
    return _Made(tuple(groups), findings)


def _zones(port: ExposedPort, config: Config, nodes: Nodes) -> set[str]:
    """Those of the nodes; without nodes those that a PenstockConfig says, else the default."""
    written = {zone for zone, region in config.zones.items() if region == config.region}
    found = set(nodes.zones) if nodes.by_name else written | {config.zone}
    return found | set(port.zones)


def _group(
    port: ExposedPort, config: Config, zone: str, endpoints: Iterable[Endpoint]
) -> ExposedGroup:
    listed = sorted(endpoints)
    resource = NetworkEndpointGroup(
        kind=NetworkEndpointGroup.KIND,
        name=port.name,
        zone=zone,
        network_endpoint_type=_TYPE,
        default_port=port.port.port,
        network_endpoints=tuple(map(_listed, listed)),
    )
    pods = tuple(sorted({endpoint.target for endpoint in listed} - {""}))
    at = Located(config.project, zone, port.name)
    return ExposedGroup(port, at, pods, Object(resource, port.service.locator))


def _listed(endpoint: Endpoint) -> NetworkEndpoint:
    is_v4 = ipaddress.ip_address(endpoint.address).version == 4
    return NetworkEndpoint(
        ip_address=endpoint.address if is_v4 else None,
        ipv6_address=None if is_v4 else endpoint.address,
        port=endpoint.port,
        instance=endpoint.node or None,
        annotations={POD_ANNOTATION: endpoint.target} if endpoint.target else None,
    )


def _join(asked: _Asked, made: list[_Made], written: Table, config: Config) -> Exposed:
    """All groups of which nobody else has the name: not a document, not an earlier Service."""
    taken: dict[Located, str] = {}
    keys: dict[Located, Key] = {}
    for key, obj in written.items():
        at = Located(*config.place(obj.resource.place), obj.name)
        taken[at], keys[at] = obj.resource.description or "", key
    groups: list[ExposedGroup] = []
    refused: list[ExposedGroup] = []
    findings = [*asked.findings, *(finding for each in made for finding in each.findings)]
    for group in (group for each in made for group in each.groups):
        if group.at in taken and not _is_owner(group.port, taken[group.at]):
            findings.append(_finding(group))
            refused.append(group)
            continue
        taken[group.at] = _description(group.port)
        groups.append(group)
    replaced = frozenset(keys[group.at] for group in groups if group.at in keys)
    unique = tuple(dict.fromkeys(findings))
    return Exposed(tuple(groups), asked.failures, unique, tuple(refused), replaced)


def _is_owner(port: ExposedPort, description: str) -> bool:
    """Whether a written group is that of the Service, as GKE had made it."""
    value = json_object(description) or {}
    return tuple(str(value.get(key, "")) for key in _OWNER) == port.owner


def _description(port: ExposedPort) -> str:
    return json.dumps(dict(zip(_OWNER, port.owner, strict=True)))


def conflict(group: ExposedGroup) -> str:
    """What GKE says of a group whose name is taken."""
    return f"found conflicting description in neg {group.at.name}"


def _finding(group: ExposedGroup) -> Finding:
    message = (
        f"{conflict(group)}: another one has this name in zone {group.at.location}; the Service's "
        "own group is left out"
    )
    origin = annotation_origin(group.port.service, NEG)
    return codes.NEG_CONFLICT.at(origin, message, "give one of them another name")


def _table(exposed: Exposed, written: Table) -> Table:
    """Groups of documents and of Services."""
    kept = {key: obj for key, obj in written.items() if key not in exposed.replaced}
    made = {group.object.key: group.object for group in exposed.groups}
    return dict(sorted({**kept, **made}.items()))
