"""Which workloads of the input a Service selects, and which pods each would have."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from penstock.model import Finding
from penstock.objects.core import Node
from penstock.objects.meta import Object
from penstock.objects.service import Service
from penstock.objects.workloads import (
    DaemonSet,
    Deployment,
    PodSpec,
    PodTemplateSpec,
    ReplicaSet,
    StatefulSet,
)
from penstock.objects.world import World
from penstock.standin import naming
from penstock.standin.codes import REPLICAS_LIMITED, SELECTOR_MATCHES_NOTHING
from penstock.standin.pods import Place, Pods, owner_of

MAX_REPLICAS = 100
"""Stand-ins of one workload; more would teach nothing."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Something that has pods: a workload of the input, or a Service without one."""

    ref: str
    """``Deployment default/web``: its identity."""
    namespace: str
    labels: Mapping[str, str]
    """Of its pods."""
    pod_names: tuple[str, ...]
    spec: PodSpec | None
    """Of its pods; None if nobody wrote one."""
    findings: tuple[Finding, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)
    """Where pods run of which the input says it, by name."""


class Workloads:
    """All workloads of a world, by namespace."""

    def __init__(self, world: World) -> None:
        self._by_namespace: dict[str, list[Workload]] = {}
        for workload in _all(world):
            self._by_namespace.setdefault(workload.namespace, []).append(workload)
        self._is_selected = {
            workload.ref for service in world.all(Service) for workload in self.selected(service)
        }

    def selected(self, service: Object[Service]) -> tuple[Workload, ...]:
        """The workloads whose pods have all labels of the Service's selector."""
        selector = service.resource.spec.selector
        if not selector:
            return ()
        candidates = self._by_namespace.get(service.namespace, ())
        return tuple(w for w in candidates if selector.items() <= w.labels.items())

    def near_miss(self, service: Object[Service]) -> Finding | None:
        """A finding if the selector looks like a mistaken form of a workload's labels.

        Only workloads that no Service selects count: others are not what was meant.
        """
        selector = service.resource.spec.selector or {}
        for workload in self._by_namespace.get(service.namespace, ()):
            if workload.ref in self._is_selected:
                continue
            wrong = [key for key in selector if workload.labels.get(key) != selector[key]]
            if wrong and _is_near(selector, workload.labels, wrong):
                return _near_miss(service, workload, wrong)
        return None


def for_service(service: Object[Service]) -> Workload:
    """The pod of a Service that has no workload in the input."""
    stem = naming.safe_hash(f"{service.namespace}/{service.name}".encode())
    name = naming.generated(f"{service.name}-{stem}", service.namespace, 0)
    return Workload(service.ref, service.namespace, {}, (name,), None)


def _all(world: World) -> Iterator[Workload]:
    pods = Pods(world)
    for deployment in world.all(Deployment):
        yield _of_replicas(deployment, pods, is_hashed=True)
    for replica_set in world.all(ReplicaSet):
        if owner_of(replica_set, world) is None:
            yield _of_replicas(replica_set, pods, is_hashed=False)
    for stateful_set in world.all(StatefulSet):
        count, findings = _replicas(stateful_set)
        names = tuple(f"{stateful_set.name}-{index}" for index in range(count))
        yield _workload(stateful_set, names, pods, findings)
    nodes = len(world.all(Node)) or 1
    for daemon_set in world.all(DaemonSet):
        count = min(len(pods.of(daemon_set)) or nodes, MAX_REPLICAS)
        names = _names(daemon_set, daemon_set.name, count, pods)
        yield _workload(daemon_set, names, pods)
    for pod in pods.alone:
        where = {pod.name: pods.place(pod)}
        spec = pod.resource.spec
        yield Workload(pod.ref, pod.namespace, pod.labels, (pod.name,), spec, places=where)


def _of_replicas(
    obj: Object[Deployment] | Object[ReplicaSet], pods: Pods, *, is_hashed: bool
) -> Workload:
    count, findings = _replicas(obj)
    template = obj.resource.spec.template
    base = f"{obj.name}-{naming.template_hash(template)}" if is_hashed else obj.name
    return _workload(obj, _names(obj, base, count, pods), pods, findings)


def _names(obj: Object[Any], base: str, count: int, pods: Pods) -> tuple[str, ...]:
    """Those of the workload's pods in the input first, then made ones."""
    known = tuple(pod.name for pod in pods.of(obj))[:count]
    made = tuple(naming.generated(base, obj.namespace, i) for i in range(len(known), count))
    return known + made


def _workload(
    obj: Object[Any], names: tuple[str, ...], pods: Pods, findings: tuple[Finding, ...] = ()
) -> Workload:
    template: PodTemplateSpec = obj.resource.spec.template
    labels = template.metadata.labels or {}
    places = {pod.name: pods.place(pod) for pod in pods.of(obj)}
    return Workload(obj.ref, obj.namespace, labels, names, template.spec, findings, places)


def _replicas(
    obj: Object[Deployment] | Object[ReplicaSet] | Object[StatefulSet],
) -> tuple[int, tuple[Finding, ...]]:
    wanted = obj.resource.spec.replicas
    wanted = 1 if wanted is None else max(wanted, 0)
    if wanted <= MAX_REPLICAS:
        return wanted, ()
    message = f"{obj.ref} has {wanted} replicas; {MAX_REPLICAS} stand-ins take their place."
    return MAX_REPLICAS, (REPLICAS_LIMITED.at(obj.origin("spec", "replicas"), message),)


def _is_near(selector: Mapping[str, str], labels: Mapping[str, str], wrong: list[str]) -> bool:
    if len(wrong) < len(selector):
        return True
    return all(_is_misspelt(selector[key], labels.get(key, "")) for key in wrong)


def _is_misspelt(value: str, other: str) -> bool:
    if sorted(value) == sorted(other):
        return True
    return difflib.SequenceMatcher(None, value, other).ratio() >= 0.75


def _near_miss(service: Object[Service], workload: Workload, wrong: list[str]) -> Finding:
    selector = service.resource.spec.selector or {}
    key = wrong[0]
    has = f"{key}: {workload.labels[key]}" if key in workload.labels else f"no label {key}"
    return SELECTOR_MATCHES_NOTHING.at(
        service.origin("spec", "selector", key),
        f"{service.ref} selects pods with {key}: {selector[key]}, which no workload of the "
        f"input has; the pods of {workload.ref} have {has}. In a cluster the Service would "
        "have no endpoints; here one stand-in takes their place.",
        f"Make the selector equal to the labels of {workload.ref}'s pods.",
    )
