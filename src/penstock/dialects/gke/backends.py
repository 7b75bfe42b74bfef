"""From a backend of an Ingress to the Service's port and all that is said about it, or why not.

One backend service for each port and class, whatever Ingresses name it.
"""

from __future__ import annotations

from typing import Final

from penstock.dialects.gke import codes
from penstock.dialects.gke.classes import GkeClass
from penstock.dialects.gke.failure import Failure
from penstock.dialects.gke.missing import missing_hint
from penstock.dialects.gke.neg_annotation import without_groups
from penstock.dialects.gke.probes import PassedOver, ProbeFacts, Probes
from penstock.dialects.gke.services import ConfigNames, ServiceSettings, read_service
from penstock.dialects.gke.targets import Port, Surroundings, Target, make_target
from penstock.dialects.gke.validity import credentials_of
from penstock.dialects.kubernetes import codes as shared_codes
from penstock.dialects.kubernetes.services import PortRef, Problem, ServiceLookup, find_port
from penstock.dialects.memo import Memo
from penstock.objects.core import Secret
from penstock.objects.gke.annotations import NEG
from penstock.objects.gke.backend_config import BackendConfig
from penstock.objects.meta import Object
from penstock.objects.service import Service, ServicePort
from penstock.objects.world import World

_NO_PORTS: Final[frozenset[int]] = frozenset()
_NODE_TYPES: Final = ("NodePort", "LoadBalancer")


class Backends:
    """Resolves the backends of one world."""

    def __init__(self, world: World, around: Surroundings, memo: Memo) -> None:
        self._world = world
        self._lookup = ServiceLookup(world)
        self._probes = Probes(world)
        self._around = around
        self._memo = memo
        self._found: dict[tuple[PortRef, GkeClass], Target | Failure] = {}

    def resolve(self, ref: PortRef, of_class: GkeClass) -> Target | Failure:
        """What stands behind a backend, or why nothing can."""
        key = (ref, of_class)
        if key not in self._found:
            self._found[key] = self._resolve(ref, of_class)
        return self._found[key]

    def has(self, ref: PortRef) -> bool:
        """Whether there is such a Service."""
        return self._world.get(Service, ref.namespace, ref.service) is not None

    def _resolve(self, ref: PortRef, of_class: GkeClass) -> Target | Failure:
        service = self._lookup.find(ref.namespace, ref.service)
        name = f"{ref.namespace}/{ref.service}"
        if isinstance(service, Problem):
            text = f'could not find service "{name}"'
            return Failure(codes.SERVICE_MISSING, text, service.hint)
        found = find_port(service, ref)
        if isinstance(found, Problem):
            wrong = f": {found.message}" if found.code is shared_codes.SERVICE_NOT_TCP else ""
            text = f'could not find port "{ref.port}" in service "{name}"{wrong}'
            return Failure(codes.PORT_MISSING, text, found.hint)
        vpc_native = self._around.vpc_native
        settings = self._memo.get(
            ("service", service.key, vpc_native),
            (service,),
            lambda: read_service(service, vpc_native=vpc_native),
        )
        config = self._check(service, found, settings, str(ref.port))
        if isinstance(config, Failure):
            return config._replace(aside=settings.passed_over)
        port = Port(service, found, of_class, settings, config)
        failure = _check_groups(port) or _check_type(port)
        return failure._replace(aside=settings.passed_over) if failure else self._target(port)

    def _check(
        self, service: Object[Service], port: ServicePort, settings: ServiceSettings, shown: str
    ) -> Object[BackendConfig] | Failure | None:
        """The port's BackendConfig; `shown` is the port as the Ingress names it."""
        for reading in (settings.protocols, settings.neg):
            if isinstance(reading, Failure):
                return reading
        begin = (
            f'error getting BackendConfig for port "{shown}" on service '
            f'"{service.namespace}/{service.name}", err: '
        )
        if isinstance(settings.configs, Failure):
            return settings.configs._replace(text=begin + settings.configs.text)
        configs = settings.configs
        wanted = configs.of(port) if isinstance(configs, ConfigNames) else ""
        if not wanted or not isinstance(configs, ConfigNames):
            return None
        found = self._world.get(BackendConfig, service.namespace, wanted)
        if found is not None:
            return found
        text = f"{begin}no BackendConfig for service port exists."
        add = f"add the BackendConfig {wanted[:253]!r}; one with a mistake counts as missing"
        hint = missing_hint(self._world, BackendConfig, service.namespace, wanted, add)
        brief = f"BackendConfig {wanted[:253]} is not there"
        return Failure(codes.BACKEND_CONFIG, text, hint, configs.origin, brief=brief)

    def _target(self, port: Port) -> Target:
        probe = self._probe(port)
        source = self._around.sources[port.of_class]
        nodes = self._around.nodes
        # A place and a number say all there is to a port; the Service's object its content.
        key = ("target", port.place, port.of_class, self._around.project, self._around.region)
        named = port.config.resource.spec.security_policy if port.config else None
        policies = self._around.policies
        policy = policies.get(named.name or "", policies) if named else None
        secret = self._credentials(port)
        ports = self._listed_ports(port)
        inputs = (port.service, port.settings, port.config, probe, source, nodes, policy, secret)
        return self._memo.get(
            key, (*inputs, ports), lambda: make_target(port, probe, ports, secret, self._around)
        )

    def _listed_ports(self, port: Port) -> frozenset[int]:
        """What containers list, if a BackendConfig names a port to probe."""
        block = port.config.resource.spec.health_check if port.config else None
        if block is None or block.port is None or port.by_node:
            return _NO_PORTS
        found = self._probes.listed_ports(port.service)
        return self._memo.get(("ports", found), (), lambda: found)

    def _credentials(self, port: Port) -> Object[Secret] | None:
        name = credentials_of(port.config)
        return self._world.get(Secret, port.service.namespace, name) if name else None

    def _probe(self, port: Port) -> ProbeFacts | PassedOver | None:
        fresh = self._probes.find(port.service, port.port, port.protocol.value)
        if fresh is None:
            return None
        key = ("probe", port.place, fresh, fresh.origin)
        return self._memo.get(key, (fresh.origin.locator,), lambda: fresh)


def _check_groups(port: Port) -> Failure | None:
    """Whether the groups are made that GKE would ask; where it asks the nodes it needs none."""
    neg = port.settings.neg
    return None if port.by_node or isinstance(neg, Failure) else neg.refused


def _check_type(port: Port) -> Failure | None:
    """Whether GKE could reach the Service."""
    kind, service = port.service.resource.spec.type, port.service
    if kind == "ExternalName" or (port.by_node and kind not in _NODE_TYPES):
        text = (
            f'service "{service.namespace}/{service.name}" is type "{kind}", expected "NodePort" '
            'or "LoadBalancer" when not using NEGs'
        )
        hint = (
            "add cloud.google.com/neg: '{\"ingress\": true}'; a VPC-native cluster does it by "
            "itself: say spec.vpcNative: true in a PenstockConfig"
        )
        if NEG in service.annotations:
            hint = f'{NEG} is there, but has no "ingress": true'
        hint = "name a Service with pods" if kind == "ExternalName" else hint
        return Failure(codes.SERVICE_TYPE, text, hint, service.origin("spec", "type"))
    return None if port.by_node else without_groups(service)
