"""Service (v1)."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from penstock.objects.meta import Fields, Resource


class ServicePort(Fields, frozen=True):
    """A port of a Service and the pods' port behind it."""

    port: int
    name: str = ""
    protocol: str = "TCP"
    target_port: int | str | None = None
    """Number, or the name of a container's port; None is `port`."""
    app_protocol: str | None = None
    node_port: int | None = None

    @property
    def pods_port(self) -> int | str:
        """The pods' port, by number or name; the Service's own number where nobody wrote it."""
        return self.port if self.target_port is None else self.target_port


class ServiceSpec(Fields, frozen=True):
    """What the user wants."""

    type: str = "ClusterIP"
    ports: tuple[ServicePort, ...] | None = None
    selector: dict[str, str] | None = None
    cluster_ip: str | None = msgspec.field(default=None, name="clusterIP")
    cluster_ips: tuple[str, ...] | None = msgspec.field(default=None, name="clusterIPs")
    external_name: str | None = None
    external_ips: tuple[str, ...] | None = msgspec.field(default=None, name="externalIPs")
    session_affinity: str | None = None
    session_affinity_config: dict[str, Any] | None = None
    load_balancer_ip: str | None = msgspec.field(default=None, name="loadBalancerIP")
    load_balancer_class: str | None = None
    load_balancer_source_ranges: tuple[str, ...] | None = None
    external_traffic_policy: str | None = None
    internal_traffic_policy: str | None = None
    traffic_distribution: str | None = None
    health_check_node_port: int | None = None
    publish_not_ready_addresses: bool | None = None
    ip_families: tuple[str, ...] | None = None
    ip_family_policy: str | None = None
    allocate_load_balancer_node_ports: bool | None = None


class Service(Resource, frozen=True):
    """A stable name for a set of pods."""

    KIND: ClassVar[str] = "Service"
    API_VERSIONS: ClassVar[tuple[str, ...]] = ("v1",)

    spec: ServiceSpec = msgspec.field(default_factory=ServiceSpec)
    status: dict[str, Any] | None = None
