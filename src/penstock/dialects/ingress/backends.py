"""From backends that Ingresses name to backend services of the model.

One backend service per Service port and protocol, whoever names it.  Two
Ingresses may demand different protocols of one port; then the one that differs
from what the Service itself says carries the protocol in its name.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from penstock.dialects.ingress import defaults
from penstock.dialects.ingress.plan import BackendRef
from penstock.dialects.kubernetes import codes
from penstock.dialects.kubernetes.protocols import read_app_protocol, suggest_app_protocol
from penstock.dialects.kubernetes.services import (
    EXTERNAL_NAME,
    PortRef,
    Problem,
    ServiceLookup,
    check_external_name,
    find_port,
)
from penstock.dialects.memo import Memo
from penstock.dialects.options import TranslateOptions
from penstock.model import (
    BackendProtocol,
    BackendService,
    BackendServiceName,
    Finding,
    NegName,
    Setting,
)
from penstock.objects.meta import Object
from penstock.objects.service import Service, ServicePort
from penstock.objects.world import World


class Target(msgspec.Struct, frozen=True):
    """A backend service and what its endpoints are read from."""

    backend: BackendService
    service: Object[Service]
    port: ServicePort
    findings: tuple[Finding, ...]
    """About the Service itself."""

    @property
    def neg(self) -> NegName:
        """The one group behind it."""
        return self.backend.negs[0]

    @property
    def is_external(self) -> bool:
        """Whether a DNS name stands behind it."""
        return self.service.resource.spec.type == EXTERNAL_NAME


class _Found(NamedTuple):
    service: Object[Service]
    port: ServicePort


class Backends:
    """Resolves the backends of one world."""

    def __init__(self, world: World, options: TranslateOptions, memo: Memo) -> None:
        self._lookup = ServiceLookup(world)
        self._options = options
        self._memo = memo
        self._found: dict[PortRef, _Found | Problem] = {}
        self._targets: dict[tuple[object, ...], Target] = {}

    def resolve(self, ref: BackendRef) -> Target | Problem | None:
        """What stands behind a backend; a problem if nothing can, None if that is known.

        Targets of one name may differ in who demanded their protocol.
        """
        if ref.port is None:
            return None
        found = self._found.get(ref.port)
        if found is None:
            found = self._found[ref.port] = self._find(ref.port)
        if isinstance(found, Problem):
            return found
        # Each demander has a target of its own, so that none carries another one's origin.
        key = (ref.port, ref.protocol)
        target = self._targets.get(key)
        if target is None:
            target = self._targets[key] = self._target(found, ref.protocol)
        return target

    def _find(self, ref: PortRef) -> _Found | Problem:
        service = self._lookup.find(ref.namespace, ref.service)
        if isinstance(service, Problem):
            return service
        if service.resource.spec.type == EXTERNAL_NAME:
            problem = check_external_name(service, self._options.allow_external_names)
            if problem:
                return problem
        port = find_port(service, ref)
        return port if isinstance(port, Problem) else _Found(service, port)

    def _target(self, found: _Found, demanded: Setting[BackendProtocol] | None) -> Target:
        service, port = found
        demand = demanded.origin if demanded else None
        key = ("target", service.key, port.port, port.name, demand)
        return self._memo.get(
            key, (service, demanded), lambda: make_target(service, port, demanded)
        )


def make_target(
    service: Object[Service], port: ServicePort, demanded: Setting[BackendProtocol] | None
) -> Target:
    """The backend service of a Service's port, spoken to as demanded or as the Service says."""
    findings: list[Finding] = []
    own = _own_protocol(service, port, findings)
    protocol = demanded or own
    place = f"{service.namespace}/{service.name}:{port.port}"
    suffix = "" if protocol.value is own.value else f":{protocol.value.lower()}"
    backend = BackendService(
        name=BackendServiceName(f"ingress/{place}{suffix}"),
        protocol=protocol,
        negs=(NegName(place),),
        connect_timeout=defaults.CONNECT_TIMEOUT,
        retry=defaults.RETRY,
        origin=service.origin("spec", "ports", _index(service, port)),
    )
    return Target(backend, service, port, tuple(findings))


def _index(service: Object[Service], port: ServicePort) -> int:
    ports = service.resource.spec.ports or ()
    return next((i for i, known in enumerate(ports) if known is port), 0)


def _own_protocol(
    service: Object[Service], port: ServicePort, findings: list[Finding]
) -> Setting[BackendProtocol]:
    if not port.app_protocol:
        return Setting(BackendProtocol.HTTP, defaults.ORIGIN)
    origin = service.origin("spec", "ports", _index(service, port), "appProtocol")
    protocol = read_app_protocol(port.app_protocol)
    if protocol is None:
        near = suggest_app_protocol(port.app_protocol)
        message = f"appProtocol {port.app_protocol[:80]!r} is not known here; HTTP is spoken"
        hint = f"did you mean {near}?" if near else ""
        findings.append(codes.APP_PROTOCOL.at(origin, message, hint))
        return Setting(BackendProtocol.HTTP, defaults.ORIGIN)
    return Setting(protocol, origin)
