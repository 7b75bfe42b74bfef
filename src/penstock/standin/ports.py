"""From a Service's port to the pod's: number, protocol, and what the probe needs."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from penstock.model import Finding
from penstock.objects.gke.annotations import app_protocol
from penstock.objects.meta import Object
from penstock.objects.service import Service, ServicePort
from penstock.objects.workloads import Container, ContainerPort, PodSpec
from penstock.standin.codes import PORT_NAME_UNKNOWN
from penstock.standin.spec import PodPort, PodProtocol
from penstock.standin.workloads import Workload

_APP_PROTOCOLS = {
    "http": PodProtocol.HTTP,
    "kubernetes.io/h2c": PodProtocol.H2C,
    "h2c": PodProtocol.H2C,
    "http2": PodProtocol.H2C,
    "grpc": PodProtocol.GRPC,
    "kubernetes.io/ws": PodProtocol.WS,
    "ws": PodProtocol.WS,
    "kubernetes.io/wss": PodProtocol.WSS,
    "wss": PodProtocol.WSS,
    "https": PodProtocol.HTTPS,
    "grpcs": PodProtocol.HTTP2,
    "tls": PodProtocol.HTTPS,
    "tcp": PodProtocol.TCP,
    "redis": PodProtocol.TCP,
    "mysql": PodProtocol.TCP,
    "mongo": PodProtocol.TCP,
    "postgres": PodProtocol.TCP,
    "postgresql": PodProtocol.TCP,
}
_NAME_HINTS = {"grpc": PodProtocol.GRPC, "tcp": PodProtocol.TCP}
"""Only these: a port called ``https`` without an appProtocol is spoken to in clear by the
load balancer, so its stand-in answers in clear."""


_GKE_PROTOCOLS = {
    "HTTP": PodProtocol.HTTP,
    "HTTPS": PodProtocol.HTTPS,
    "HTTP2": PodProtocol.HTTP2,
}


def protocol_of(port: ServicePort, annotations: Mapping[str, str]) -> PodProtocol | None:
    """What the pods speak on a Service's port; None for what stand-ins cannot.

    `annotations` are the Service's: GKE's say it, too.
    """
    if port.protocol == "UDP":
        return PodProtocol.UDP
    if port.protocol != "TCP":
        return None
    of_gke = _GKE_PROTOCOLS.get(app_protocol(annotations, port.name) or "")
    if of_gke is not None:
        return of_gke
    if port.app_protocol:
        return _APP_PROTOCOLS.get(port.app_protocol.lower(), PodProtocol.HTTP)
    return _NAME_HINTS.get(port.name.partition("-")[0], PodProtocol.HTTP)


def target_number(port: ServicePort, workload: Workload) -> int | None:
    """The pods' port behind a Service's port; None if it names one that is not there.

    Where nobody wrote the pods' ports a name stands for the Service's own number.
    """
    target = port.pods_port
    if isinstance(target, int):
        return target
    if workload.spec is None:
        return port.port
    return named(workload.spec, target, port.protocol)


def named(spec: PodSpec, name: str, protocol: str = "TCP") -> int | None:
    """The container port of a name."""
    for container_port in _container_ports(spec):
        if container_port.name == name and container_port.protocol == protocol:
            return container_port.container_port
    return None


def _container_ports(spec: PodSpec) -> Iterator[ContainerPort]:
    for container in spec.containers or ():
        yield from container.ports or ()


def unknown_name(service: Object[Service], index: int, workload: Workload) -> Finding:
    """The finding for a target port that names no container port."""
    port = (service.resource.spec.ports or ())[index]
    name = str(port.target_port)
    known = [p for p in _container_ports(workload.spec or PodSpec()) if p.name]
    origin = service.origin("spec", "ports", index, "targetPort")
    message = (
        f"{service.ref} sends port {port.port} to the container port named {name!r}, which "
        f"{workload.ref} does not have, so this port has no endpoints there."
    )
    return PORT_NAME_UNKNOWN.at(origin, message, _name_hint(name, port.protocol, known))


def _name_hint(name: str, protocol: str, known: list[ContainerPort]) -> str:
    if name.isdecimal():
        return f"Write the number without quotes: targetPort: {name}."
    names = [p.name for p in known]
    if name in names:
        return f"The container port {name!r} has another protocol than {protocol}."
    near = difflib.get_close_matches(name, names, 1, 0.5)
    if near:
        return f"Did you mean {near[0]!r}?"
    if names:
        return f"Named container ports: {', '.join(sorted(set(names)))}."
    return "The pod template names no container ports; name one, or write a number here."


def probe_path(spec: PodSpec | None) -> str | None:
    """The path of the pods' readiness probe, without query; None if it has none."""
    for container in _containers(spec):
        probe = container.readiness_probe
        if probe and probe.http_get:
            path = probe.http_get.path.partition("?")[0]
            return path if path.startswith("/") else f"/{path}"
    return None


def probe_ports(spec: PodSpec | None) -> Iterator[PodPort]:
    """The ports that readiness probes ask, which no Service need lead to."""
    if spec is None:
        return
    for container in _containers(spec):
        probe = container.readiness_probe
        if probe is None:
            continue
        if probe.http_get:
            is_tls = probe.http_get.scheme.upper() == "HTTPS"
            protocol = PodProtocol.HTTPS if is_tls else PodProtocol.HTTP
            yield from _probe_port(spec, probe.http_get.port, protocol)
        elif probe.grpc:
            yield from _probe_port(spec, probe.grpc.port, PodProtocol.GRPC)
        elif probe.tcp_socket:
            yield from _probe_port(spec, probe.tcp_socket.port, PodProtocol.HTTP)


def _probe_port(spec: PodSpec, port: int | str, protocol: PodProtocol) -> Iterator[PodPort]:
    number = port if isinstance(port, int) else named(spec, port)
    if number is not None:
        yield PodPort(number, protocol)


def container_port_name(spec: PodSpec | None, number: int, protocol: str) -> str:
    """The name a container gives to a port number; empty if none."""
    for port in _container_ports(spec or PodSpec()):
        if (port.container_port, port.protocol) == (number, protocol):
            return port.name
    return ""


def _containers(spec: PodSpec | None) -> tuple[Container, ...]:
    return (spec.containers if spec else None) or ()
