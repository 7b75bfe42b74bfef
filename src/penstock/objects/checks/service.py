"""Service: type, ports, addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from penstock.model import FieldPath
from penstock.objects import codes
from penstock.objects.checks.common import PROTOCOLS, app_protocol, number, one_of, port_name
from penstock.objects.checks.metadata import check_labels
from penstock.objects.naming import bad_label, bad_subdomain, is_ip, lower_hint
from penstock.objects.problem import Problem
from penstock.objects.service import Service, ServicePort, ServiceSpec

_TYPES = ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")
_AFFINITIES = ("None", "ClientIP")
_POLICIES = ("Cluster", "Local")


def check_service(service: Service) -> Iterator[Problem]:
    """Problems of a Service's spec."""
    spec = service.spec
    yield from one_of(("spec", "type"), spec.type, _TYPES)
    yield from one_of(("spec", "sessionAffinity"), spec.session_affinity or None, _AFFINITIES)
    for name, policy in (
        ("externalTrafficPolicy", spec.external_traffic_policy),
        ("internalTrafficPolicy", spec.internal_traffic_policy),
    ):
        yield from one_of(("spec", name), policy or None, _POLICIES)
    if spec.selector:
        yield from check_labels(spec.selector, ("spec", "selector"))
    yield from _addresses(spec)
    if spec.type == "ExternalName":
        yield from _external_name(spec)
    elif not spec.ports and spec.cluster_ip != "None":
        message = "The Service has no ports."
        hint = "Add spec.ports with at least one port."
        yield Problem(codes.MISSING_FIELD, ("spec",), message, hint, absent=("ports",))
    yield from _ports(spec.ports or ())


def _external_name(spec: ServiceSpec) -> Iterator[Problem]:
    if not spec.external_name:
        message = "A Service of type ExternalName needs `externalName`."
        hint = "Add externalName: with the DNS name it stands for."
        yield Problem(codes.MISSING_FIELD, ("spec",), message, hint, absent=("externalName",))
        return
    name = spec.external_name.removesuffix(".").lower()
    path = ("spec", "externalName")
    reason = bad_subdomain(name)
    if reason:
        message = f"The external name `{spec.external_name[:100]}` is not allowed: {reason}."
        yield Problem(codes.INVALID_VALUE, path, message, lower_hint(name))


def _addresses(spec: ServiceSpec) -> Iterator[Problem]:
    if spec.cluster_ip and spec.cluster_ip != "None" and not is_ip(spec.cluster_ip):
        yield _bad_address(("spec", "clusterIP"), spec.cluster_ip, "an IP address or None")
    for index, address in enumerate(spec.external_ips or ()):
        if not is_ip(address):
            yield _bad_address(("spec", "externalIPs", index), address, "an IP address")
    if spec.load_balancer_ip and not is_ip(spec.load_balancer_ip):
        yield _bad_address(("spec", "loadBalancerIP"), spec.load_balancer_ip, "an IP address")
    for index, cidr in enumerate(spec.load_balancer_source_ranges or ()):
        if not _is_cidr(cidr.strip()):
            path = ("spec", "loadBalancerSourceRanges", index)
            yield _bad_address(path, cidr, "a range such as 10.0.0.0/8")


def _bad_address(path: FieldPath, value: str, wanted: str) -> Problem:
    return Problem(codes.INVALID_ADDRESS, path, f"`{value[:80]}` is not {wanted}.")


def _is_cidr(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return "/" in text


def _ports(ports: Sequence[ServicePort]) -> Iterator[Problem]:
    names: dict[str, int] = {}
    numbers: dict[tuple[str, int], int] = {}
    for index, port in enumerate(ports):
        path: FieldPath = ("spec", "ports", index)
        yield from _port(port, path)
        if not port.name and len(ports) > 1:
            message = "A port of a Service with several ports needs a name."
            hint = "Add name:, for example name: http"
            yield Problem(codes.INVALID_PORT, path, message, hint, absent=("name",))
        if port.name and names.setdefault(port.name, index) != index:
            message = f"The port name `{port.name}` is already taken by ports[{names[port.name]}]."
            yield Problem(codes.INVALID_PORT, (*path, "name"), message, "Give it another name.")
        identity = (port.protocol, port.port)
        if numbers.setdefault(identity, index) != index:
            first = numbers[identity]
            message = f"{port.protocol} port {port.port} is already taken by ports[{first}]."
            yield Problem(codes.INVALID_PORT, (*path, "port"), message, "Remove one of them.")


def _port(port: ServicePort, path: FieldPath) -> Iterator[Problem]:
    yield from number((*path, "port"), port.port)
    yield from one_of((*path, "protocol"), port.protocol, PROTOCOLS)
    yield from app_protocol((*path, "appProtocol"), port.app_protocol)
    if port.node_port:
        yield from number((*path, "nodePort"), port.node_port)
    if isinstance(port.target_port, int):
        yield from number((*path, "targetPort"), port.target_port)
    elif port.target_port is not None:
        yield from port_name((*path, "targetPort"), port.target_port)
    reason = bad_label(port.name) if port.name else None
    if reason:
        message = f"The port name `{port.name[:80]}` is not allowed: {reason}."
        yield Problem(codes.INVALID_PORT, (*path, "name"), message, lower_hint(port.name))
