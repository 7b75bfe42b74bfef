"""Pods and what makes them: ports, probes, selectors."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.model import FieldPath
from penstock.objects import codes
from penstock.objects.checks.common import PROTOCOLS, number, one_of, port_name
from penstock.objects.checks.metadata import check_labels
from penstock.objects.meta import LabelSelector
from penstock.objects.naming import bad_label
from penstock.objects.problem import Harm, Problem
from penstock.objects.workloads import Container, Pod, PodSpec, Probe, Workload

_REFUSED = "Kubernetes refuses this; Penstock goes by the pod template alone."


def check_pod(pod: Pod) -> Iterator[Problem]:
    """Problems of a Pod's spec."""
    yield from _pod_spec(pod.spec, ("spec",))


def check_workload(workload: Workload) -> Iterator[Problem]:
    """Problems of a Deployment, ReplicaSet, StatefulSet or DaemonSet."""
    spec = workload.spec
    if spec.replicas is not None and spec.replicas < 0:
        message = f"`replicas: {spec.replicas}` is not allowed: it is less than 0."
        yield Problem(codes.INVALID_VALUE, ("spec", "replicas"), message)
    labels = spec.template.metadata.labels or {}
    yield from check_labels(labels, ("spec", "template", "metadata", "labels"))
    yield from _selector(spec.selector, labels)
    yield from _pod_spec(spec.template.spec, ("spec", "template", "spec"))


def _selector(selector: LabelSelector, labels: dict[str, str]) -> Iterator[Problem]:
    wanted = selector.match_labels or {}
    if not wanted and not selector.match_expressions:
        message = f"`selector` is missing. {_REFUSED}"
        hint = "Add spec.selector.matchLabels with labels of the pod template."
        yield Problem(codes.MISSING_FIELD, ("spec",), message, hint, Harm.NOTHING, ("selector",))
    missing = sorted(key for key, value in wanted.items() if labels.get(key) != value)
    if missing:
        listed = ", ".join(f"`{key}`" for key in missing)
        message = f"The pod template does not have what the selector asks for: {listed}. {_REFUSED}"
        hint = "Give spec.template.metadata.labels the same labels."
        path: FieldPath = ("spec", "selector", "matchLabels", missing[0])
        yield Problem(codes.SELECTOR_MISMATCH, path, message, hint, Harm.NOTHING)


def _pod_spec(spec: PodSpec, path: FieldPath) -> Iterator[Problem]:
    if not spec.containers:
        message = "`containers` is missing: a pod needs at least one. Kubernetes refuses this."
        yield Problem(codes.MISSING_FIELD, path, message, "", Harm.NOTHING, ("containers",))
    for index, container in enumerate(spec.containers or ()):
        yield from _container(container, (*path, "containers", index))


def _container(container: Container, path: FieldPath) -> Iterator[Problem]:
    reason = bad_label(container.name)
    if reason:
        message = f"The container name `{container.name[:80]}` is not allowed: {reason}."
        yield Problem(codes.BAD_NAME, (*path, "name"), message, harm=Harm.NOTHING)
    for index, port in enumerate(container.ports or ()):
        where = (*path, "ports", index)
        yield from number((*where, "containerPort"), port.container_port)
        yield from one_of((*where, "protocol"), port.protocol, PROTOCOLS)
        if port.name:
            yield from port_name((*where, "name"), port.name)
    for name, probe in (
        ("readinessProbe", container.readiness_probe),
        ("livenessProbe", container.liveness_probe),
    ):
        if probe is not None:
            yield from _probe(probe, (*path, name))


def _probe(probe: Probe, path: FieldPath) -> Iterator[Problem]:
    for name, action in (("httpGet", probe.http_get), ("tcpSocket", probe.tcp_socket)):
        if action is None:
            continue
        where = (*path, name, "port")
        if isinstance(action.port, int):
            yield from number(where, action.port)
        else:
            yield from port_name(where, action.port)
    if probe.grpc is not None:
        yield from number((*path, "grpc", "port"), probe.grpc.port)
