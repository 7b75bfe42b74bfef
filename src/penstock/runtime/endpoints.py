"""`--endpoints`: real backends that the user gives for a Service or an endpoint group.

They become EndpointSlices, exactly what a cluster would say, or the group's own
endpoints, so that nothing behind this module knows the difference.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import structs

from penstock.model import Finding, Origin, Severity, code
from penstock.objects.compute.groups import NetworkEndpoint, NetworkEndpointGroup
from penstock.objects.endpoints import EndpointConditions, EndpointSlice, SliceEndpoint, SlicePort
from penstock.objects.meta import Object, ObjectMeta
from penstock.objects.service import Service, ServicePort
from penstock.objects.world import World
from penstock.runtime.settings import EndpointOverride

UNKNOWN_SERVICE = code(
    "runtime/endpoints-unknown-service",
    Severity.WARNING,
    "`--endpoints` names a Service or a port that is not in the input",
)


def parse_override(text: str) -> EndpointOverride:
    """Read ``NS/SERVICE[:PORT]=HOST:PORT[,HOST:PORT…]``; host names are resolved now.

    Raises:
        ValueError: the text has another form, or a host does not resolve.
    """
    left, equals, right = text.partition("=")
    namespace, slash, service = left.partition("/")
    if not equals or not right:
        raise ValueError(f"{text!r} is not of the form NAMESPACE/SERVICE=HOST:PORT")
    if not slash:
        namespace, service = "default", left
    service, _, port = service.partition(":")
    if not service or not namespace:
        raise ValueError(f"{text!r} names no Service; write NAMESPACE/SERVICE=HOST:PORT")
    targets = tuple(_target(part.strip()) for part in right.split(","))
    return EndpointOverride(namespace, service, port, targets)


def _target(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"{text!r} is not HOST:PORT with a port from 1 to 65535")
    try:
        return str(ipaddress.ip_address(host)), int(port)
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)
    except OSError as error:
        raise ValueError(f"{host!r} does not resolve: {error.strerror}") from error
    return str(found[0][4][0]), int(port)


def given(
    overrides: Sequence[EndpointOverride], world: World
) -> tuple[tuple[Object[Any], ...], tuple[Finding, ...]]:
    """What takes the place of endpoints: EndpointSlices of Services, and endpoint groups with
    other endpoints; with findings for what fits neither."""
    made: list[Object[Any]] = []
    findings: list[Finding] = []
    for override in overrides:
        service = world.get(Service, override.namespace, override.service)
        ports = tuple(_ports(service, override)) if service else ()
        groups = () if service else tuple(_groups(override, world))
        made += [_group_with(group, override) for group in groups]
        if not ports and not groups:
            findings.append(_unknown(override, world, service))
        for port in ports:
            made.extend(_port_slices(override, port))
    return tuple(made), tuple(findings)


def _groups(override: EndpointOverride, world: World) -> Iterator[Object[NetworkEndpointGroup]]:
    """Compute's groups that ``LOCATION/NAME`` means."""
    for group in world.all(NetworkEndpointGroup):
        if (group.resource.place.location, group.name) == (override.namespace, override.service):
            yield group


def _group_with(
    group: Object[NetworkEndpointGroup], override: EndpointOverride
) -> Object[NetworkEndpointGroup]:
    endpoints = tuple(
        NetworkEndpoint(ip_address=address, port=port) for address, port in override.targets
    )
    return Object(structs.replace(group.resource, network_endpoints=endpoints), group.locator)


def _ports(service: Object[Service], override: EndpointOverride) -> Iterator[ServicePort]:
    for port in service.resource.spec.ports or ():
        if override.port in ("", port.name, str(port.port)):
            yield port


def _port_slices(override: EndpointOverride, port: ServicePort) -> Iterator[Object[EndpointSlice]]:
    groups: dict[tuple[str, int], list[str]] = {}
    for address, number in override.targets:
        family = "IPv6" if ":" in address else "IPv4"
        groups.setdefault((family, number), []).append(address)
    for (family, number), addresses in sorted(groups.items()):
        name = f"{override.service}-given-{port.port}-{number}-{family.lower()}"
        yield Object(
            EndpointSlice(
                api_version="discovery.k8s.io/v1",
                kind="EndpointSlice",
                metadata=ObjectMeta(
                    name=name,
                    namespace=override.namespace,
                    labels={EndpointSlice.SERVICE_LABEL: override.service},
                ),
                address_type=family,
                endpoints=tuple(
                    SliceEndpoint(addresses=(a,), conditions=EndpointConditions(ready=True))
                    for a in sorted(set(addresses))
                ),
                ports=(SlicePort(name=port.name, protocol=port.protocol, port=number),),
            )
        )


def _unknown(override: EndpointOverride, world: World, service: Object[Service] | None) -> Finding:
    ref = f"Service {override.namespace}/{override.service}"
    if service is None:
        known = ", ".join(world.names(Service, override.namespace)) or "none"
        message = f"--endpoints names {ref}, which is not in the input."
        hint = f"Services of namespace {override.namespace}: {known}."
    else:
        message = f"--endpoints names port {override.port} of {ref}, which it does not have."
        ports = (p.name or str(p.port) for p in service.resource.spec.ports or ())
        hint = f"Its ports: {', '.join(ports) or 'none'}."
    return UNKNOWN_SERVICE.at(Origin(ref), message, hint)
