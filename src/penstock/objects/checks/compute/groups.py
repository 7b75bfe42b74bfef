"""Network endpoint groups and instance groups."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.model import FieldPath
from penstock.objects.checks.compute.common import address, exclusive, name, port, set_names
from penstock.objects.compute.groups import InstanceGroup, NetworkEndpoint, NetworkEndpointGroup
from penstock.objects.compute.managed import OF_SERVICES
from penstock.objects.compute.wording import invalid, required
from penstock.objects.problem import Harm, Problem

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
    yield from _service(group)
    for index, endpoint in enumerate(group.network_endpoints or ()):
        if kind in OF_SERVICES:
            reason = f"Network endpoints cannot be attached to network endpoint type {kind}."
            yield invalid(("networkEndpoints", index), "", reason)
            continue
        yield from _endpoint(("networkEndpoints", index), endpoint, group)


def _service(group: NetworkEndpointGroup) -> Iterator[Problem]:
    """What says which service of the cloud a group stands for."""
    kind = group.network_endpoint_type
    given = set_names(
        ("cloudRun", group.cloud_run),
        ("appEngine", group.app_engine),
        ("cloudFunction", group.cloud_function),
    )
    yield from exclusive((), given, ("cloudRun", "appEngine", "cloudFunction"))
    run = group.cloud_run
    if run is not None and run.service is None and run.url_mask is None:
        yield required(("cloudRun",), "service", "Or set urlMask.")
    if kind == "PRIVATE_SERVICE_CONNECT" and group.psc_target_service is None:
        yield required((), "pscTargetService")
    wrong = [] if kind == "SERVERLESS" else given
    if group.psc_target_service is not None and kind != "PRIVATE_SERVICE_CONNECT":
        wrong = [*wrong, "pscTargetService"]
    for one in wrong:
        reason = f"Cannot be set for network endpoint type {kind}."
        yield invalid((one,), "", reason, harm=Harm.NOTHING)
    if group.psc_data is not None:
        yield from port(("pscData", "producerPort"), group.psc_data.producer_port)


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
