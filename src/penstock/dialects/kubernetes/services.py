"""From the Service and port a backend names to the port itself, or to why there is none."""

from __future__ import annotations

import ipaddress
import re
from typing import Final, NamedTuple

from penstock.dialects.kubernetes import codes
from penstock.dialects.kubernetes.spelling import Speller, listed
from penstock.model import FindingCode
from penstock.objects.meta import Object
from penstock.objects.service import Service, ServicePort
from penstock.objects.world import World

EXTERNAL_NAME: Final = "ExternalName"

_METADATA_NAMES: Final = frozenset(
    {"metadata.google.internal", "metadata.azure.internal", "instance-data.ec2.internal"}
)


class Problem(NamedTuple):
    """Why a backend cannot be used; the caller adds where it is named."""

    code: FindingCode
    message: str
    hint: str = ""


class PortRef(NamedTuple):
    """A Service's port as a backend names it: by name, or by number."""

    namespace: str
    service: str
    port_name: str = ""
    port_number: int | None = None

    @property
    def port(self) -> str:
        """The port as written."""
        return self.port_name or str(self.port_number)


class ServiceLookup:
    """Finds Services in one world; made anew for every world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._spellers: dict[str, Speller] = {}

    def find(self, namespace: str, name: str) -> Object[Service] | Problem:
        """The Service, or why not, with near names."""
        service = self._world.get(Service, namespace, name)
        return service or self._missing(namespace, name)

    def _missing(self, namespace: str, name: str) -> Problem:
        message = f"there is no Service {name} in namespace {namespace}"
        homes = self._world.homes(Service, name)
        if homes:
            message += f", only in {listed(homes)}"
            hint = "a backend must be in the Ingress's own namespace"
            return Problem(codes.SERVICE_MISSING, message, hint)
        near = self._speller(namespace).near(name)
        hint = f"did you mean {' or '.join(near)}?" if near else "add it, or correct the name"
        return Problem(codes.SERVICE_MISSING, message, hint)

    def _speller(self, namespace: str) -> Speller:
        if namespace not in self._spellers:
            self._spellers[namespace] = Speller(self._world.names(Service, namespace))
        return self._spellers[namespace]


def find_port(service: Object[Service], ref: PortRef) -> ServicePort | Problem:
    """The TCP port that `ref` names, or why not, with the ports there are."""
    spec = service.resource.spec
    ports = spec.ports or ()
    if not ports and spec.type == EXTERNAL_NAME and ref.port_number is not None:
        return ServicePort(port=ref.port_number)
    named = [port for port in ports if _is_named(port, ref)]
    for port in named:
        if port.protocol == "TCP":
            return port
    if named:
        message = f"port {ref.port} of {service.ref} is {named[0].protocol}; HTTP needs TCP"
        return Problem(codes.SERVICE_NOT_TCP, message, "name a TCP port of the Service")
    return _no_port(service, ref)


def _is_named(port: ServicePort, ref: PortRef) -> bool:
    return port.name == ref.port_name if ref.port_name else port.port == ref.port_number


def _no_port(service: Object[Service], ref: PortRef) -> Problem:
    message = f"{service.ref} has no port {ref.port}"
    return Problem(codes.SERVICE_PORT, message, port_hint(service, str(ref.port)))


def port_hint(service: Object[Service], wanted: str) -> str:
    """Which port of a Service is meant by a name or number that is none of its ports."""
    ports = service.resource.spec.ports or ()
    for port in ports:
        if str(port.target_port) != wanted:
            continue
        if wanted.isdecimal():
            return f"{wanted} is the pods' port; the Service's port is {port.port}"
        return f"{wanted} is the name of the pods' port; name the Service's: {_show(port)}"
    shown = listed(_show(port) for port in ports)
    return f"it has {shown}" if shown else "it has no ports"


def _show(port: ServicePort) -> str:
    return f"{port.name} ({port.port})" if port.name else str(port.port)


def check_external_name(service: Object[Service], allowed: bool) -> Problem | None:
    """Whether an ExternalName Service may be a backend.

    Names that lead to the proxy's own machine or to a cloud's metadata server are
    refused even where external names are allowed: whoever may write a Service
    must not reach what only the proxy can reach.
    """
    target = (service.resource.spec.external_name or "").lower().rstrip(".")
    if not allowed:
        message = (
            f"{service.ref} is of type ExternalName ({target or 'no name'}), which is not served"
        )
        hint = "name a Service with endpoints of its own, or allow external names"
        return Problem(codes.EXTERNAL_NAME, message, hint)
    reason = _refuse_name(target)
    if not reason:
        return None
    message = f"{service.ref} points to {target!r}, {reason}"
    return Problem(codes.EXTERNAL_TARGET, message, "use a full DNS name of another host")


def _refuse_name(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9_]([-a-z0-9_.]{0,251}[a-z0-9_])?", name) or ".." in name:
        return "which is not a DNS name"
    if name == "localhost" or name.endswith(".localhost"):
        return "which is the proxy's own machine"
    if _looks_like_address(name):
        return "which is an address; addresses belong into an EndpointSlice"
    if "." not in name:
        return "which has a single label and could be anything"
    return "which is a metadata server" if name in _METADATA_NAMES else ""


def _looks_like_address(name: str) -> bool:
    """IP literals in every form a resolver takes: ``127.1``, ``0x7f000001``, ``2130706433``."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        last = name.rsplit(".", 1)[-1]
        return bool(re.fullmatch(r"\d+|0x[0-9a-f]*", last))
    return True
