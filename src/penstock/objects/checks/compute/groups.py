"""Network endpoint groups and instance groups."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.model import FieldPath
from penstock.objects.checks.compute.common import address, name, port
from penstock.objects.compute.groups import InstanceGroup, NetworkEndpoint, NetworkEndpointGroup
from penstock.objects.compute.wording import invalid, required
from penstock.objects.problem import Problem

_WITHOUT_PORT = frozenset({"GCE_VM_IP", "SERVERLESS", "PRIVATE_SERVICE_CONNECT"})
_BY_ADDRESS = frozenset({"NON_GCP_PRIVATE_IP_PORT", "INTERNET_IP_PORT"})


def check_endpoint_group(group: NetworkEndpointGroup) -> Iterator[Problem]:
    """Problems of a network endpoint group and of the endpoints that stand in it."""
    kind = group.network_endpoint_type
    if kind is None:
        yield required((), "networkEndpointType", "For example GCE_VM_IP_PORT.")
    yield from port(("defaultPort",), group.default_port)
    if group.default_port is not None and kind in _WITHOUT_PORT:
        reason = f"Cannot be set for network endpoint type {kind}."
        yield invalid(("defaultPort",), group.default_port, reason)
    for index, endpoint in enumerate(group.network_endpoints or ()):
        yield from _endpoint(("networkEndpoints", index), endpoint, group)


def _endpoint(
    path: FieldPath, endpoint: NetworkEndpoint, group: NetworkEndpointGroup
) -> Iterator[Problem]:
    kind = group.network_endpoint_type
    yield from port((*path, "port"), endpoint.port)
    yield from address((*path, "ipAddress"), endpoint.ip_address)
    yield from address((*path, "ipv6Address"), endpoint.ipv6_address)
    if kind in _WITHOUT_PORT and endpoint.port is not None:
        reason = f"Cannot be set for network endpoint type {kind}."
        yield invalid((*path, "port"), endpoint.port, reason)
    address_given = endpoint.ip_address is not None or endpoint.ipv6_address is not None
    if kind in _BY_ADDRESS and not address_given:
        yield required(path, "ipAddress")
    elif kind == "INTERNET_FQDN_PORT" and endpoint.fqdn is None:
        yield required(path, "fqdn")
    elif not address_given and endpoint.instance is None and endpoint.fqdn is None:
        yield required(path, "ipAddress", "Or name an instance.")
    if endpoint.port is None and group.default_port is None and kind not in _WITHOUT_PORT:
        yield required(path, "port", "Or set the group's defaultPort.")


def check_instance_group(group: InstanceGroup) -> Iterator[Problem]:
    """Problems of an instance group's named ports."""
    for index, named in enumerate(group.named_ports or ()):
        path: FieldPath = ("namedPorts", index)
        if named.name is None:
            yield required(path, "name")
        if named.port is None:
            yield required(path, "port")
        yield from name((*path, "name"), named.name)
        yield from port((*path, "port"), named.port)
