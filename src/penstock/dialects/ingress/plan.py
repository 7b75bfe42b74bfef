"""One Ingress read by itself: everything that needs no other object.

A plan is made once per Ingress object and kept; what depends on Services,
Secrets or other Ingresses comes later (`routes`, `tls`).
"""

from __future__ import annotations

import msgspec

from penstock.dialects.ingress import codes
from penstock.dialects.ingress.flavour import Flavour, read_flavour
from penstock.dialects.ingress.paths import PathReading, read_path
from penstock.dialects.ingress.precedence import path_order
from penstock.dialects.kubernetes.age import precedence
from penstock.dialects.kubernetes.hostname import ANY_HOST, host_pattern
from penstock.dialects.kubernetes.rule_names import rule_name
from penstock.dialects.kubernetes.services import PortRef
from penstock.model import (
    BackendProtocol,
    Finding,
    HostPattern,
    Origin,
    PathKind,
    PathMatch,
    RouteMatch,
    Setting,
)
from penstock.objects.ingress import HTTPIngressPath, Ingress, IngressBackend, IngressRule
from penstock.objects.meta import Object
from penstock.objects.naming import bad_host


class BackendRef(msgspec.Struct, frozen=True):
    """A backend as an Ingress names it."""

    port: PortRef | None
    """None if what is written names no Service's port."""
    protocol: Setting[BackendProtocol] | None
    """What the Ingress demands, over what the Service says."""
    origin: Origin

    @property
    def target(self) -> tuple[PortRef | None, BackendProtocol | None]:
        """Equal for backends that mean the same."""
        return (self.port, self.protocol.value if self.protocol else None)


class PathRule(msgspec.Struct, frozen=True):
    """One path of one host."""

    host: HostPattern
    name: str
    path: PathReading
    backend: BackendRef
    origin: Origin


class TlsEntry(msgspec.Struct, frozen=True):
    """One entry of ``spec.tls``."""

    secret: str
    """Empty if none is named."""
    hosts: tuple[tuple[str, Origin], ...]
    """Lower-case SNI names with the place of each; empty means the default certificate."""
    wants_default: bool
    """No hosts are written (as opposed to none that can be used)."""
    origin: Origin


class IngressPlan(msgspec.Struct, frozen=True):
    """An Ingress as understood."""

    ingress: Object[Ingress]
    age: tuple[str, str, str]
    hosts: tuple[HostPattern, ...]
    """Every host of a rule, in order, each once."""
    rules: tuple[PathRule, ...]
    default_backend: BackendRef | None
    tls: tuple[TlsEntry, ...]
    findings: tuple[Finding, ...]


_CATCH_ALL = PathReading(
    RouteMatch(PathMatch(PathKind.PREFIX, "/")), path_order(PathKind.PREFIX, "/")
)


def read_plan(ingress: Object[Ingress]) -> IngressPlan:
    """Understand one Ingress."""
    findings: list[Finding] = []
    flavour = read_flavour(ingress, findings)
    reader = _Reader(ingress, flavour, findings)
    if flavour.is_canary:
        return reader.left_out()
    return reader.plan()


class _Reader:
    """Holds what every part of the reading needs."""

    def __init__(self, ingress: Object[Ingress], flavour: Flavour, findings: list[Finding]) -> None:
        self._ingress = ingress
        self._id = f"{ingress.namespace}/{ingress.name}"
        self._spec = ingress.origin("spec")
        self._flavour = flavour
        self._findings = findings

    def left_out(self) -> IngressPlan:
        key = "nginx.ingress.kubernetes.io/canary"
        origin = self._ingress.origin("metadata", "annotations", key)
        message = "this canary Ingress is left out: all requests go to the main Ingress"
        self._findings.append(codes.CANARY.at(origin, message, "canaries have no effect yet"))
        return self._finish((), (), None, ())

    def plan(self) -> IngressPlan:
        spec = self._ingress.resource.spec
        default = None
        if spec.default_backend is not None:
            origin = self._spec.child("defaultBackend")
            default = self._backend(spec.default_backend, origin)
        hosts: dict[HostPattern, None] = {}
        rules: list[PathRule] = []
        for index, rule in enumerate(spec.rules or ()):
            host = self._host(rule.host, self._spec.child("rules", index, "host"))
            if host is not None:
                hosts[host] = None
                rules.extend(self._rule(index, host, rule, default))
        return self._finish(tuple(hosts), tuple(rules), default, self._tls())

    def _finish(
        self,
        hosts: tuple[HostPattern, ...],
        rules: tuple[PathRule, ...],
        default: BackendRef | None,
        tls: tuple[TlsEntry, ...],
    ) -> IngressPlan:
        age = precedence(self._ingress)
        return IngressPlan(self._ingress, age, hosts, rules, default, tls, tuple(self._findings))

    def _host(self, text: str, origin: Origin) -> HostPattern | None:
        if not text:
            return ANY_HOST
        bad = bad_host(text)
        if bad is None:
            return host_pattern(text)
        reason, hint = bad
        message = f"the host {text[:100]!r} is left out: {reason}"
        self._findings.append(codes.BAD_HOST.at(origin, message, hint))
        return None

    def _rule(
        self, index: int, host: HostPattern, rule: IngressRule, default: BackendRef | None
    ) -> list[PathRule]:
        paths = rule.http.paths if rule.http else ()
        if paths:
            read = (self._path(index, place, host, path) for place, path in enumerate(paths))
            return [rule for rule in read if rule is not None]
        if default is None:
            return []
        # A rule without paths is for everything of its host (Kubernetes leaves to the
        # controller where that goes): here, to the default backend of the same Ingress.
        origin = self._spec.child("rules", index)
        return [PathRule(host, f"{self._id} {rule_name(origin)}", _CATCH_ALL, default, origin)]

    def _path(
        self, index: int, place: int, host: HostPattern, item: HTTPIngressPath
    ) -> PathRule | None:
        origin = self._spec.child("rules", index, "http", "paths", place)
        reading = read_path(item.path, item.path_type, self._flavour, origin, self._findings)
        if reading is None:
            return None
        backend = self._backend(item.backend, origin.child("backend"))
        name = f"{self._id} {rule_name(origin)}"
        return PathRule(host, name, reading, backend, origin)

    def _backend(self, backend: IngressBackend, origin: Origin) -> BackendRef:
        return BackendRef(self._port(backend, origin), self._flavour.protocol, origin)

    def _port(self, backend: IngressBackend, origin: Origin) -> PortRef | None:
        service = backend.service
        if service is None:
            self._no_service(backend, origin)
            return None
        if backend.resource is not None:
            message = "the backend has a service and a resource; the service is used"
            self._findings.append(codes.BAD_BACKEND.at(origin, message, "keep one of them"))
        port = service.port
        place = origin.child("service", "port")
        if not port.name and port.number is None:
            message = f"the backend names no port of Service {service.name}; it answers 503"
            hint = "set port.number or port.name"
            self._findings.append(codes.BAD_BACKEND.at(place, message, hint))
            return None
        if port.name and port.number is not None:
            message = f"the port has a name and a number; the number {port.number} is used"
            self._findings.append(codes.BAD_BACKEND.at(place, message, "keep one of them"))
            return PortRef(self._ingress.namespace, service.name, "", port.number)
        return PortRef(self._ingress.namespace, service.name, port.name, port.number)

    def _no_service(self, backend: IngressBackend, origin: Origin) -> None:
        resource = backend.resource
        if resource is None:
            message = "the backend names neither a service nor a resource; it answers 503"
            hint = "set service.name and service.port"
            self._findings.append(codes.BAD_BACKEND.at(origin, message, hint))
            return
        message = f"resource backends ({resource.kind} {resource.name}) are not served; 503 instead"
        hint = "name a Service"
        place = origin.child("resource")
        self._findings.append(codes.RESOURCE_BACKEND.at(place, message, hint))

    def _tls(self) -> tuple[TlsEntry, ...]:
        entries = []
        for index, entry in enumerate(self._ingress.resource.spec.tls or ()):
            origin = self._spec.child("tls", index)
            hosts: dict[str, Origin] = {}
            for place, text in enumerate(entry.hosts or ()):
                spot = origin.child("hosts", place)
                host = self._host(text, spot) if text else None
                if host is not None:
                    hosts.setdefault(str(host), spot)
            wants_default = not any(entry.hosts or ())
            entries.append(TlsEntry(entry.secret_name, tuple(hosts.items()), wants_default, origin))
        return tuple(entries)
