"""Network endpoint groups and instance groups: from what they list to endpoints.

What a backend service has to know of a group (`GroupFacts`) is kept apart from
its endpoints, so that an endpoint that comes or goes changes one group only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from penstock.dialects.compute import codes
from penstock.dialects.compute.config import Config
from penstock.dialects.compute.families import chosen_address
from penstock.dialects.compute.index import Located
from penstock.dialects.compute.managed import Managed, find_service
from penstock.dialects.compute.references import parse_reference
from penstock.dialects.compute.regions import Spot, spot_of
from penstock.model import (
    AddressFamily,
    Endpoint,
    Finding,
    NegKind,
    NegName,
    NetworkEndpointGroup,
    Origin,
)
from penstock.objects.compute import groups as kinds
from penstock.objects.compute.managed import OF_SERVICES, PSC, SERVERLESS, product_of
from penstock.objects.meta import Object
from penstock.objects.naming import is_ip

POD_ANNOTATION: Final = "penstock.dev/pod"
"""On an endpoint: the pod that it is, ``namespace/name``."""
INSTANCES: Final = "instance group"
NAMES: Final = "INTERNET_FQDN_PORT"
"""Groups of one name that the proxy resolves."""

_FAMILIES: Final = {
    "GCE_VM_IP_PORT": "zonal and hybrid groups",
    "NON_GCP_PRIVATE_IP_PORT": "zonal and hybrid groups",
    "INTERNET_IP_PORT": "internet groups",
    NAMES: "internet groups",
    SERVERLESS: "serverless groups",
    PSC: "Private Service Connect groups",
    INSTANCES: "instance groups",
}
INTERNET: Final = frozenset({"INTERNET_IP_PORT", NAMES})
SERVED: Final = frozenset(
    {"GCE_VM_IP_PORT", "NON_GCP_PRIVATE_IP_PORT", INSTANCES, *INTERNET, *OF_SERVICES}
)
"""Types of groups that internal Application Load Balancers take."""
LISTED: Final = frozenset({"GCE_VM_IP_PORT", "NON_GCP_PRIVATE_IP_PORT", "INTERNET_IP_PORT"})
"""Types of groups that list their endpoints' addresses."""
PROBED_BY_PROXIES: Final = INTERNET | {"NON_GCP_PRIVATE_IP_PORT"}
"""Hybrid and internet groups; Google's own probers do not reach what is outside of its network."""
_DEFAULT_TYPE: Final = "GCE_VM_IP_PORT"
_HTTP: Final = ("http", 80)
"""The port of a group without named ports, for backend services without a portName."""


GroupObject = Object[kinds.NetworkEndpointGroup] | Object[kinds.InstanceGroup]


class GroupFacts(NamedTuple):
    """What backend services have to know of a group."""

    at: Located
    type: str
    """The ``networkEndpointType``, or `INSTANCES`."""
    ports: tuple[tuple[str, int], ...] = ()
    """Named ports of an instance group."""
    spot: Spot = Spot()
    product: str = ""
    """Of serverless groups: the field that says what runs there, ``cloudRun``."""
    service: Managed | None = None
    """Of serverless and Private Service Connect groups: where the service is, if that is known."""

    @property
    def text(self) -> object:
        """The text that says where the service is; equality of origins does not see it."""
        return self.service.origin.locator if self.service else None

    @property
    def family(self) -> str:
        """Groups of one family may stand in one backend service."""
        return _FAMILIES.get(self.type, self.type)


class GroupUse(NamedTuple):
    """A group, and through which ports a backend service uses it."""

    facts: GroupFacts
    ports: tuple[int, ...] = ()
    """Of an instance group's machines; empty for network endpoint groups."""
    addresses: AddressFamily | None = None
    """Which of an endpoint's addresses are used; None is IPv4, as without a policy."""

    @property
    def kind(self) -> str:
        """Of the resource."""
        is_machines = self.facts.type == INSTANCES
        return kinds.InstanceGroup.KIND if is_machines else kinds.NetworkEndpointGroup.KIND

    @property
    def name(self) -> NegName:
        """The model's group that it becomes."""
        at = self.facts.at
        if not self.ports:
            return _neg_name(at, self.addresses)
        place = f"{at.project}/{at.location}"
        ports = ",".join(map(str, self.ports))
        return NegName(f"compute/{place}/instanceGroups/{at.name}:{ports}")


def names_of(at: Located) -> tuple[NegName, ...]:
    """The model's groups that a network endpoint group may become."""
    return tuple(_neg_name(at, addresses) for addresses in (None, *AddressFamily))


def _neg_name(at: Located, addresses: AddressFamily | None) -> NegName:
    return NegName(f"compute/{at}:{addresses.value}" if addresses else f"compute/{at}")


class GroupReading(NamedTuple):
    """The model's group of one use of a group."""

    neg: NetworkEndpointGroup
    findings: tuple[Finding, ...]


def facts_of(at: Located, obj: GroupObject, config: Config) -> GroupFacts:
    """What there is to know of a group but its endpoints."""
    resource = obj.resource
    spot = spot_of(resource, at.location, config)
    if isinstance(resource, kinds.InstanceGroup):
        ports = [(p.name, p.port) for p in resource.named_ports or () if p.name and p.port]
        return GroupFacts(at, INSTANCES, tuple(ports), spot)
    kind = resource.network_endpoint_type or _DEFAULT_TYPE
    if kind not in OF_SERVICES:
        return GroupFacts(at, kind, spot=spot)
    found = find_service(at.name, spot.region, resource, config)
    return GroupFacts(at, kind, spot=spot, product=product_of(resource), service=found)


def named_ports(facts: GroupFacts, name: str | None) -> tuple[int, ...]:
    """The ports of that name, of which there may be several; every one is used."""
    wanted = name or _HTTP[0]
    found = dict.fromkeys(port for known, port in facts.ports if known == wanted)
    return tuple(found) or ((_HTTP[1],) if wanted == _HTTP[0] else ())


def read_group(use: GroupUse, obj: GroupObject, config: Config) -> GroupReading:
    """The endpoints of a group."""
    findings: list[Finding] = []
    resource = obj.resource
    if isinstance(resource, kinds.InstanceGroup):
        endpoints = set(_machines(use, resource, obj.origin("instances"), config, findings))
        kind = NegKind.IP_PORT
    elif use.facts.type in OF_SERVICES and not resource.network_endpoints:
        return _managed(use, obj)
    else:
        origin = obj.origin("networkEndpoints")
        endpoints = set(_listed(use, resource, origin, config, findings))
        is_name = use.facts.type == NAMES
        kind = NegKind.FQDN_PORT if is_name else NegKind.IP_PORT
    return _reading(use, obj, kind, endpoints, findings)


def _managed(use: GroupUse, obj: GroupObject) -> GroupReading:
    """The one endpoint of a service of the cloud: what a PenstockConfig says."""
    service = use.facts.service
    if service is None:
        message = f"it is not known where the service behind {obj.ref} is; requests get 503"
        hint = "say it in a PenstockConfig: spec.services: [{name: …, address: …, port: …}]"
        missing = codes.UNKNOWN_SERVICE.at(obj.origin(), message, hint)
        return _reading(use, obj, NegKind.IP_PORT, set(), [missing])
    kind = NegKind.IP_PORT if is_ip(service.address) else NegKind.FQDN_PORT
    return _reading(use, obj, kind, {Endpoint(service.address, service.port)}, [])


def _reading(
    use: GroupUse,
    obj: GroupObject,
    kind: NegKind,
    endpoints: set[Endpoint],
    findings: list[Finding],
) -> GroupReading:
    if not endpoints and not findings:
        message = f"{obj.ref} has no endpoints; requests for it are answered with 503"
        findings.append(codes.EMPTY_GROUP.at(obj.origin(), message))
    neg = NetworkEndpointGroup(
        name=use.name,
        kind=kind,
        endpoints=tuple(sorted(endpoints)),
        origin=obj.origin(),
        region=use.facts.spot.region,
        zone=use.facts.spot.zone,
        probed_by_proxies=use.facts.type in PROBED_BY_PROXIES,
    )
    return GroupReading(neg, tuple(findings))


def _listed(
    use: GroupUse,
    group: kinds.NetworkEndpointGroup,
    origin: Origin,
    config: Config,
    findings: list[Finding],
) -> Iterator[Endpoint]:
    is_name = use.facts.type == NAMES
    for i, written in enumerate(group.network_endpoints or ()):
        port = written.port or group.default_port
        machine = parse_reference(written.instance).name if written.instance else ""
        address = written.fqdn if is_name else _address(use, written, config)
        if not address and not is_name and (written.ip_address or written.ipv6_address):
            findings.append(_other_family(use, written, origin.child(i)))
            continue
        if not address and machine and not is_name:
            findings.append(_unknown(machine, origin.child(i)))
            continue
        if not address or port is None or not (is_name or is_ip(address)):
            continue  # said when the group was read
        notes = written.annotations or {}
        ready, pod = notes.get(kinds.READY_ANNOTATION) != "false", notes.get(POD_ANNOTATION, "")
        zone = use.facts.spot.zone
        yield Endpoint(address, port, ready, target=pod, node=machine, zone=zone)


def _address(use: GroupUse, written: kinds.NetworkEndpoint, config: Config) -> str | None:
    address = chosen_address(written, use.addresses)
    if address or not written.instance or written.ip_address or written.ipv6_address:
        return address
    return _instance(use.facts.at, written.instance, config)


def _other_family(use: GroupUse, written: kinds.NetworkEndpoint, origin: Origin) -> Finding:
    policy = use.addresses or AddressFamily.IPV4_ONLY
    known = written.ip_address or written.ipv6_address
    message = f"under the ipAddressSelectionPolicy {policy.value}, {known} is left out"
    hint = "set ipAddressSelectionPolicy of the backend service to PREFER_IPV6 or IPV6_ONLY"
    is_default = policy is AddressFamily.IPV4_ONLY
    return codes.ADDRESS_FAMILY.at(origin, message, hint if is_default else "")


def _unknown(machine: str, origin: Origin) -> Finding:
    message = f"the address of {machine} is not known; it is left out"
    hint = "say it in a PenstockConfig: spec.instances: [{name: …, zone: …, address: …}]"
    return codes.UNKNOWN_INSTANCE.at(origin, message, hint)


def _machines(
    use: GroupUse,
    group: kinds.InstanceGroup,
    origin: Origin,
    config: Config,
    findings: list[Finding],
) -> Iterator[Endpoint]:
    for i, written in enumerate(group.instances or ()):
        reference = written if isinstance(written, str) else written.instance
        name = parse_reference(reference).name
        address = _instance(use.facts.at, reference, config)
        if address is None or not is_ip(address):
            findings.append(_unknown(name, origin.child(i)))
            continue
        for port in use.ports:
            yield Endpoint(address, port, node=name, zone=use.facts.spot.zone)


def _instance(at: Located, reference: str, config: Config) -> str | None:
    ref = parse_reference(reference)
    project = config.named(ref.project) if ref.project else at.project
    return config.instance(project, ref.location or at.location, ref.name)
