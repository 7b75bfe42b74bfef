"""A backend service with its health check and its endpoint groups, made of one Service's port."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import msgspec

from penstock.dialects.compute.security_policies import Policies
from penstock.dialects.gke import codes, defaults
from penstock.dialects.gke.annotations import annotation_origin
from penstock.dialects.gke.backend_config import PLAIN, BackendSettings, read_backend_config
from penstock.dialects.gke.classes import GkeClass
from penstock.dialects.gke.failure import SYNC, Failure
from penstock.dialects.gke.groups import GroupUse
from penstock.dialects.gke.health_checks import (
    Unsound,
    default_check,
    sound,
    with_config,
    with_probe,
)
from penstock.dialects.gke.names import (
    instance_group_backend_name,
    neg_name,
    regional_external_name,
)
from penstock.dialects.gke.neg_annotation import NegSettings
from penstock.dialects.gke.node_ports import said_of_nodes
from penstock.dialects.gke.nodes import Nodes
from penstock.dialects.gke.probes import PassedOver, ProbeFacts
from penstock.dialects.gke.services import ServiceSettings
from penstock.dialects.gke.transparent_checks import transparent_check
from penstock.dialects.gke.validity import check_config
from penstock.model import (
    BackendProtocol,
    BackendService,
    BackendServiceName,
    BalancingMode,
    Capacity,
    Finding,
    HealthCheck,
    HealthCheckName,
    ObjectEvent,
    Origin,
    Setting,
)
from penstock.objects.core import Secret
from penstock.objects.gke.annotations import NEG
from penstock.objects.gke.backend_config import BackendConfig
from penstock.objects.meta import Object
from penstock.objects.service import Service, ServicePort

_HTTP: Final[Setting[BackendProtocol]] = Setting(BackendProtocol.HTTP, defaults.ORIGIN)


class Target(msgspec.Struct, frozen=True):
    """A backend service with all that belongs to it."""

    backend: BackendService
    check: HealthCheck
    use: GroupUse
    settings: BackendSettings
    cloud_name: str
    """What GKE calls the backend service."""
    in_negs: bool
    """Whether GKE has its pods in network endpoint groups."""
    findings: tuple[Finding, ...]
    failures: tuple[Failure, ...] = ()
    """What GKE would stop for though the backend is served."""
    events: tuple[ObjectEvent, ...] = ()
    """Of the Service."""
    empty_zones: tuple[str, ...] = ()
    """Where the Service asks for groups even without endpoints; nothing is sent there."""

    def kept(self, zones: tuple[str, ...]) -> Target:
        """As it stays live among these zones; what is written now has findings of its own."""
        if self.use.zones == zones and not self.findings:
            return self
        use = self.use._replace(zones=zones)
        limits = self.backend.capacities[0]
        capacities = tuple(msgspec.structs.replace(limits, neg=name) for name in use.names)
        backend = msgspec.structs.replace(self.backend, negs=use.names, capacities=capacities)
        return msgspec.structs.replace(self, backend=backend, use=use, findings=())


class Surroundings(NamedTuple):
    """What holds for all backends of one translation."""

    nodes: Nodes
    project: str
    region: str
    sources: Mapping[GkeClass, Setting[str] | None]
    """Where connections to endpoints come from."""
    local: bool
    policies: Policies
    """That BackendConfigs may name."""
    policies_elsewhere: Mapping[str, str]
    """Name → the other project that has it."""
    vpc_native: bool = False
    """Whether Services without the annotation cloud.google.com/neg have groups, too."""


class Port(NamedTuple):
    """One port of a Service with everything that is said about it."""

    service: Object[Service]
    port: ServicePort
    of_class: GkeClass
    settings: ServiceSettings
    config: Object[BackendConfig] | None

    @property
    def place(self) -> str:
        """The port in names."""
        return f"{self.service.namespace}/{self.service.name}:{self.port.port}"

    @property
    def protocol(self) -> Setting[BackendProtocol]:
        """What is spoken to the endpoints."""
        found = self.settings.protocols
        return found.get(self.port.name, _HTTP) if isinstance(found, Mapping) else _HTTP

    @property
    def is_system(self) -> bool:
        """Whether it is the cluster's own default backend."""
        return self.service.key == (defaults.SYSTEM_NAMESPACE, defaults.SYSTEM_SERVICE)

    @property
    def by_node(self) -> bool:
        """Whether GKE asks the nodes, not the pods."""
        return self.of_class is GkeClass.EXTERNAL and not self.has_neg

    @property
    def has_neg(self) -> bool:
        """Whether the Service asks for network endpoint groups for Ingresses."""
        neg = self.settings.neg
        return isinstance(neg, NegSettings) and neg.ingress


def make_target(
    port: Port,
    probe: ProbeFacts | PassedOver | None,
    ports: frozenset[int],
    secret: Object[Secret] | None,
    around: Surroundings,
) -> Target:
    """The backend service of a port; `secret` has credentials that its BackendConfig names,
    `ports` are those that the pods' containers list."""
    findings, failures = list(port.settings.findings), list(port.settings.failures)
    settings, name = PLAIN, _cloud_name(port)
    if port.config is not None:
        settings = read_backend_config(
            port.config, port.of_class, around.policies, around.policies_elsewhere, name
        )
        invalid, said = check_config(port.config, secret, local=around.local)
        failures += invalid
        findings += said
    failures += settings.failures
    findings += settings.findings
    transparent = transparent_check(port.service, port.config, in_negs=not port.by_node)
    findings += [transparent.finding] if transparent else []
    use = _use(port, around, findings)
    check = _check_of(port, probe, findings, failures)
    findings += _unlisted(port, check, ports)
    if port.by_node:
        findings += said_of_nodes(port.service, check, settings.affinity)
    protocol, is_regional = port.protocol, port.of_class.is_regional
    backend = BackendService(
        name=BackendServiceName(f"gke/{port.of_class.value}/{port.place}"),
        protocol=protocol,
        negs=use.names,
        connect_timeout=defaults.CONNECT_TIMEOUT,
        retry=defaults.NO_RETRY,
        origin=_origin(port),
        idle_timeout=defaults.BACKEND_KEEP_ALIVE,
        tls=defaults.BACKEND_TLS if protocol.value.is_tls else None,
        source=around.sources[port.of_class],
        project=around.project,
        region=around.region if is_regional else "",
        health_check=check.name,
        capacities=_capacities(port, use),
        locality_policy=settings.locality,
        affinity=settings.affinity,
        draining_timeout=settings.draining,
        logging=settings.logging,
        security_policy=settings.policy,
    )
    return Target(
        *(backend, check, use, settings, name, not port.by_node),
        findings=tuple(findings),
        failures=tuple(failures),
        events=(transparent.event,) if transparent and transparent.event else (),
        empty_zones=port.settings.neg.zones if isinstance(port.settings.neg, NegSettings) else (),
    )


def _cloud_name(port: Port) -> str:
    """By the NodePort; a Service without one, for whose nodes pods stand in, as with groups."""
    namespace, name, number = port.service.namespace, port.service.name, port.port.port
    if port.by_node and port.port.node_port:
        return instance_group_backend_name(port.port.node_port)
    if port.of_class is GkeClass.REGIONAL_EXTERNAL:
        return regional_external_name(namespace, name, number)
    return neg_name(namespace, name, number)


def _origin(port: Port) -> Origin:
    ports = port.service.resource.spec.ports or ()
    index = next((i for i, known in enumerate(ports) if known is port.port), 0)
    return port.service.origin("spec", "ports", index)


def _use(port: Port, around: Surroundings, findings: list[Finding]) -> GroupUse:
    """Which endpoints: pods, or NodePorts, for which pods stand in where there are no nodes."""
    nodes = around.nodes
    by_node = port.by_node
    if by_node and around.local and (why := _why_no_node(port, nodes)):
        by_node = False
        reason, hint = why
        message = (
            f"GKE asks the nodes' NodePort of {port.service.ref}; {reason}, so its pods are asked "
            "directly"
        )
        findings.append(codes.NODES.at(_origin(port), message, hint))
    elif by_node and not any(node.is_asked for node in nodes.by_name.values()):
        message = f"no node could be asked for {port.service.ref}: none is ready and has an address"
        findings.append(codes.NO_NODES.at(_origin(port), message))
    # The system's Service gets groups without asking for them.
    if port.of_class.is_regional and not port.has_neg and not port.is_system:
        findings.append(_without_neg(port))
    return GroupUse(port.service, port.port, nodes.zones, by_node, port.by_node and not by_node)


def _without_neg(port: Port) -> Finding:
    """GKE adds the annotation where there is none, and leaves one that is there as it is."""
    service = port.service
    needs = f"without which GKE makes no backend for class {port.of_class.value}"
    if NEG in service.annotations:
        origin = annotation_origin(service, NEG)
        message = f'{NEG} of {service.ref} has no "ingress": true, {needs}'
        return codes.NEG_MISSING.at(origin, message, 'add "ingress": true to the object')
    message = (
        f"{service.ref} has no annotation {NEG}, {needs}; VPC-native clusters add it to Services"
    )
    hint = f"write {NEG}: '{{\"ingress\": true}}', or spec.vpcNative: true in a PenstockConfig"
    return codes.NEG_MISSING.at(service.origin("metadata"), message, hint)


def _why_no_node(port: Port, nodes: Nodes) -> tuple[str, str] | None:
    """Why a local load balancer has no node to ask, and a hint; None if it has one."""
    as_gke = (
        "with cloud.google.com/neg: '{\"ingress\": true}', which VPC-native clusters add by "
        "themselves, GKE does so, too (spec.vpcNative: true in a PenstockConfig)"
    )
    if not nodes.by_name:
        return "the input has no Node", as_gke
    if not port.port.node_port:
        return "the input has no nodePort", as_gke
    if nodes.are_elsewhere:
        hint = "to ask the nodes: --stand-ins off, or spec.instances of a PenstockConfig"
        return "the Nodes of the input are not on this machine", hint
    return None


def _check_of(
    port: Port,
    probe: ProbeFacts | PassedOver | None,
    findings: list[Finding],
    failures: list[Failure],
) -> HealthCheck:
    of_nodes = port.by_node
    check = default_check(
        HealthCheckName(f"gke/{port.of_class.value}/{port.place}"),
        port.protocol.value,
        _origin(port),
        of_class=port.of_class,
        of_nodes=of_nodes,
        path=defaults.DEFAULT_BACKEND_CHECK_PATH if port.is_system else defaults.CHECK_PATH,
    )
    if isinstance(probe, ProbeFacts):
        check = with_probe(check, probe, of_nodes=of_nodes)
    if port.config is not None:
        check = with_config(check, port.config)
    if isinstance(probe, PassedOver) and check.path.origin.default_of is not None:
        findings.append(_passed_over(port, probe, check.path.value))
    refused: list[Unsound] = []
    check = sound(check, refused)
    failures += (Failure(codes.HEALTH_CHECK, text, event=SYNC) for _, text in refused)
    findings += (finding for finding, _ in refused)
    return check


def _passed_over(port: Port, probe: PassedOver, path: str) -> Finding:
    message = (
        f"GKE makes no health check of this readiness probe for port {port.port.port} of "
        f"{port.service.ref}: {probe.why}; GKE asks for {path}"
    )
    hint = "say what to ask for in healthCheck of a BackendConfig"
    return codes.PROBE_PASSED_OVER.at(probe.origin, message, hint)


def _unlisted(port: Port, check: HealthCheck, ports: frozenset[int]) -> Iterator[Finding]:
    """Whether a BackendConfig has a port probed at which nobody seems to listen."""
    if check.port is None or not ports or check.port.value in ports:
        return
    probed, known = check.port.value, ", ".join(map(str, sorted(ports)))
    message = (
        f"GKE probes port {probed} of the pods of {port.service.ref}, whose containers list "
        f"{known}; stand-ins open it, as if the pods did"
    )
    hint = "list it among the container's ports if the pods listen there"
    if probed == port.port.port:
        hint = f"{probed} is the Service's port; write the pods'"
    yield codes.HEALTH_CHECK_PORT.at(check.port.origin, message, hint)


def _capacities(port: Port, use: GroupUse) -> tuple[Capacity, ...]:
    settings = port.settings
    return tuple(
        Capacity(
            neg=name,
            mode=Setting(BalancingMode.RATE, defaults.ORIGIN),
            origin=port.service.origin(),
            max_per_endpoint=settings.max_rate,
            scaler=settings.capacity,
        )
        for name in use.names
    )
