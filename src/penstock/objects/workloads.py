"""Pod (v1) and what makes pods: Deployment, StatefulSet, DaemonSet, ReplicaSet (apps/v1)."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from penstock.objects.meta import LabelSelector, ObjectMeta, OpenFields, Resource


class ContainerPort(OpenFields, frozen=True):
    """A port that a container listens on."""

    container_port: int
    name: str = ""
    protocol: str = "TCP"


class HTTPHeader(OpenFields, frozen=True):
    """A header that a probe sends."""

    name: str
    value: str = ""


class HTTPGetAction(OpenFields, frozen=True):
    """An HTTP probe."""

    port: int | str
    path: str = "/"
    scheme: str = "HTTP"
    host: str = ""
    http_headers: tuple[HTTPHeader, ...] | None = None


class GRPCAction(OpenFields, frozen=True):
    """A gRPC health probe."""

    port: int
    service: str | None = None


class TCPSocketAction(OpenFields, frozen=True):
    """A TCP probe."""

    port: int | str
    host: str = ""


class Probe(OpenFields, frozen=True):
    """How a container is probed; times in seconds, None where Kubernetes' default holds."""

    http_get: HTTPGetAction | None = None
    grpc: GRPCAction | None = None
    tcp_socket: TCPSocketAction | None = None
    initial_delay_seconds: int | None = None
    period_seconds: int | None = None
    timeout_seconds: int | None = None
    success_threshold: int | None = None
    failure_threshold: int | None = None


class Container(OpenFields, frozen=True):
    """A container of a pod."""

    name: str
    image: str = ""
    ports: tuple[ContainerPort, ...] | None = None
    readiness_probe: Probe | None = None
    liveness_probe: Probe | None = None


class PodSpec(OpenFields, frozen=True):
    """The part of a pod's spec that concerns load balancing."""

    containers: tuple[Container, ...] | None = None
    node_name: str | None = None
    readiness_gates: tuple[dict[str, Any], ...] | None = None


class PodTemplateSpec(OpenFields, frozen=True):
    """What a workload makes pods from."""

    metadata: ObjectMeta = msgspec.field(default_factory=ObjectMeta)
    spec: PodSpec = msgspec.field(default_factory=PodSpec)


class PodStatus(OpenFields, frozen=True):
    """The part of a pod's status that concerns load balancing."""

    pod_ip: str | None = msgspec.field(default=None, name="podIP")
    phase: str | None = None


class Pod(Resource, frozen=True):
    """A pod."""

    KIND: ClassVar[str] = "Pod"
    API_VERSIONS: ClassVar[tuple[str, ...]] = ("v1",)

    spec: PodSpec = msgspec.field(default_factory=PodSpec)
    status: PodStatus = msgspec.field(default_factory=PodStatus)


class WorkloadSpec(OpenFields, frozen=True):
    """What Deployment, StatefulSet, DaemonSet and ReplicaSet share."""

    replicas: int | None = None
    """None is one (a DaemonSet: one a node)."""
    selector: LabelSelector = msgspec.field(default_factory=LabelSelector)
    template: PodTemplateSpec = msgspec.field(default_factory=PodTemplateSpec)
    service_name: str = ""


class Deployment(Resource, frozen=True):
    """Interchangeable pods, rolled over by revision."""

    KIND: ClassVar[str] = "Deployment"
    API_VERSIONS: ClassVar[tuple[str, ...]] = ("apps/v1",)

    spec: WorkloadSpec = msgspec.field(default_factory=WorkloadSpec)
    status: dict[str, Any] | None = None


class ReplicaSet(Resource, frozen=True):
    """Interchangeable pods of one revision."""

    KIND: ClassVar[str] = "ReplicaSet"
    API_VERSIONS: ClassVar[tuple[str, ...]] = ("apps/v1",)

    spec: WorkloadSpec = msgspec.field(default_factory=WorkloadSpec)
    status: dict[str, Any] | None = None


class StatefulSet(Resource, frozen=True):
    """Pods with stable names."""

    KIND: ClassVar[str] = "StatefulSet"
    API_VERSIONS: ClassVar[tuple[str, ...]] = ("apps/v1",)

    spec: WorkloadSpec = msgspec.field(default_factory=WorkloadSpec)
    status: dict[str, Any] | None = None


class DaemonSet(Resource, frozen=True):
    """One pod a node."""

    KIND: ClassVar[str] = "DaemonSet"
    API_VERSIONS: ClassVar[tuple[str, ...]] = ("apps/v1",)

    spec: WorkloadSpec = msgspec.field(default_factory=WorkloadSpec)
    status: dict[str, Any] | None = None


Workload = Deployment | ReplicaSet | StatefulSet | DaemonSet
