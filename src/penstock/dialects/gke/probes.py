"""Health checks inferred from readiness probes.

Of the pods that a Service selects the oldest comes first (then by name), and of its
containers the first with a simple HTTP probe: no ``host``, no headers but one ``Host``,
the scheme of the backend's protocol, on the container port that the Service's port
leads to (ingress-gce, pkg/healthchecks).  Where the input has no pods, what they would be
made from stands for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from penstock.dialects.kubernetes.age import precedence
from penstock.model import BackendProtocol, Origin
from penstock.objects.meta import Object
from penstock.objects.service import Service, ServicePort
from penstock.objects.workloads import (
    Container,
    DaemonSet,
    Deployment,
    HTTPGetAction,
    Pod,
    PodSpec,
    ReplicaSet,
    StatefulSet,
    Workload,
)
from penstock.objects.world import World

KINDS = (Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet)
"""What probes are read from."""
_KUBERNETES_PERIOD = 10.0
_KUBERNETES_TIMEOUT = 1.0


class ProbeFacts(NamedTuple):
    """What a health check takes from a readiness probe; times in seconds."""

    path: str
    host: str
    period: float
    timeout: float
    origin: Origin
    """Of the probe."""


class PassedOver(NamedTuple):
    """A readiness probe that no health check is made of."""

    why: str
    origin: Origin


class _Candidate(NamedTuple):
    order: tuple[bool, tuple[str, str, str]]
    labels: dict[str, str]
    spec: PodSpec
    origin: Origin


class Probes:
    """Readiness probes of one world."""

    def __init__(self, world: World) -> None:
        self._pods: dict[str, list[_Candidate]] = {}
        for namespace, candidate in _candidates(world):
            self._pods.setdefault(namespace, []).append(candidate)
        for candidates in self._pods.values():
            candidates.sort(key=lambda candidate: candidate.order)

    def find(
        self, service: Object[Service], port: ServicePort, protocol: BackendProtocol
    ) -> ProbeFacts | PassedOver | None:
        """The probe that decides about a Service's port, or else the first that does not, and
        why."""
        passed: PassedOver | None = None
        for pod in self._selected(service):
            for found in _of_pod(pod, port, protocol):
                if isinstance(found, ProbeFacts):
                    return found
                passed = passed or found
        return passed

    def listed_ports(self, service: Object[Service]) -> frozenset[int]:
        """The ports that containers of a Service's pods list; empty if none lists any."""
        return frozenset(
            port.container_port
            for pod in self._selected(service)
            for container in pod.spec.containers or ()
            for port in container.ports or ()
        )

    def _selected(self, service: Object[Service]) -> Iterator[_Candidate]:
        selector = service.resource.spec.selector
        if selector:
            for pod in self._pods.get(service.namespace, ()):
                if selector.items() <= pod.labels.items():
                    yield pod


def _candidates(world: World) -> Iterator[tuple[str, _Candidate]]:
    for pod in world.all(Pod):
        origin = pod.origin("spec")
        order = (False, precedence(pod))
        yield pod.namespace, _Candidate(order, pod.labels, pod.resource.spec, origin)
    kinds: tuple[type[Workload], ...] = (Deployment, StatefulSet, DaemonSet, ReplicaSet)
    for kind in kinds:
        for workload in world.all(kind):
            template = workload.resource.spec.template
            origin = workload.origin("spec", "template", "spec")
            order = (True, precedence(workload))
            labels = template.metadata.labels or {}
            yield workload.namespace, _Candidate(order, labels, template.spec, origin)


def _of_pod(
    pod: _Candidate, port: ServicePort, protocol: BackendProtocol
) -> Iterator[ProbeFacts | PassedOver]:
    containers = pod.spec.containers or ()
    serving = [each for each in containers if _lists(each, port.pods_port)]
    for index, container in enumerate(containers):
        # The probe of a container beside the one that serves is not meant for the port.
        if container.readiness_probe is None or (serving and container not in serving):
            continue
        origin = pod.origin.child("containers", index, "readinessProbe")
        action = container.readiness_probe.http_get
        why = _why_not(container, action, port, protocol)
        if why or action is None:
            yield PassedOver(why, origin)
        else:
            yield _facts(container, action, origin)


def _why_not(
    container: Container,
    action: HTTPGetAction | None,
    port: ServicePort,
    protocol: BackendProtocol,
) -> str:
    """Why a probe is not taken; empty if it is."""
    if action is None:
        return "it is no httpGet"
    leads = f"the Service's port {port.port} leads to {port.pods_port}"
    if not _lists(container, port.pods_port):
        return f"{leads}, which is not among the container's ports"
    if not _leads_to(container, port, action):
        return f"it asks port {action.port}, and {leads}"
    if action.host:
        return f"it asks another host, {action.host[:80]}"
    headers = action.http_headers or ()
    if len(headers) > 1 or any(h.name != "Host" for h in headers):
        return "it has other headers than one Host"
    scheme = "HTTPS" if protocol.is_tls else "HTTP"
    if action.scheme.upper() != scheme:
        return f"it asks by {action.scheme[:10]}, the backend speaks {protocol.value}"
    return ""


def _lists(container: Container, port: int | str) -> bool:
    """Whether the container has the port, by number or name."""
    return any(port in (known.container_port, known.name) for known in container.ports or ())


def _leads_to(container: Container, port: ServicePort, action: HTTPGetAction) -> bool:
    """Whether the Service's port and the probe mean the same port of the container."""
    for known in container.ports or ():
        words = (known.container_port, known.name) if known.name else (known.container_port,)
        if port.pods_port in words and action.port in words:
            return True
    return False


def _facts(container: Container, action: HTTPGetAction, origin: Origin) -> ProbeFacts:
    probe = container.readiness_probe
    assert probe is not None
    path = action.path or "/"
    return ProbeFacts(
        path=path if path.startswith("/") else f"/{path}",
        host=next((header.value for header in action.http_headers or ()), ""),
        period=float(probe.period_seconds or _KUBERNETES_PERIOD),
        timeout=float(probe.timeout_seconds or _KUBERNETES_TIMEOUT),
        origin=origin,
    )
