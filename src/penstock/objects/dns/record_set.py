"""Record sets: a name's addresses, or the policy by which they are chosen."""

from __future__ import annotations

from typing import ClassVar

from penstock.objects.dns.base import DnsFields, DnsResource


class LoadBalancerTarget(DnsFields, frozen=True):
    """An internal load balancer, by where its forwarding rule listens."""

    ip_address: str | None = None
    ip_protocol: str | None = None
    kind: str | None = None
    load_balancer_type: str | None = None
    network_url: str | None = None
    port: str | int | None = None
    project: str | None = None
    region: str | None = None


class HealthCheckTargets(DnsFields, frozen=True):
    """Addresses that are answered while they are healthy."""

    external_endpoints: tuple[str, ...] | None = None
    internal_load_balancers: tuple[LoadBalancerTarget, ...] | None = None


class GeoPolicyItem(DnsFields, frozen=True):
    """What clients near one region are answered."""

    health_checked_targets: HealthCheckTargets | None = None
    kind: str | None = None
    location: str | None = None
    rrdatas: tuple[str, ...] | None = None
    signature_rrdatas: tuple[str, ...] | None = None


class GeoPolicy(DnsFields, frozen=True):
    """The nearest item."""

    enable_fencing: bool | None = None
    items: tuple[GeoPolicyItem, ...] | None = None
    kind: str | None = None


class WrrPolicyItem(DnsFields, frozen=True):
    """What some share of the clients is answered."""

    health_checked_targets: HealthCheckTargets | None = None
    kind: str | None = None
    rrdatas: tuple[str, ...] | None = None
    signature_rrdatas: tuple[str, ...] | None = None
    weight: float | None = None


class WrrPolicy(DnsFields, frozen=True):
    """Items by weight."""

    items: tuple[WrrPolicyItem, ...] | None = None
    kind: str | None = None


class PrimaryBackupPolicy(DnsFields, frozen=True):
    """The primary targets while one is healthy, else the nearest backup."""

    backup_geo_targets: GeoPolicy | None = None
    kind: str | None = None
    primary_targets: HealthCheckTargets | None = None
    trickle_traffic: float | None = None


class RoutingPolicy(DnsFields, frozen=True):
    """How the answer is chosen."""

    geo: GeoPolicy | None = None
    health_check: str | None = None
    kind: str | None = None
    primary_backup: PrimaryBackupPolicy | None = None
    wrr: WrrPolicy | None = None


class ResourceRecordSet(DnsResource, frozen=True):
    """All records of one name and type."""

    KIND: ClassVar[str] = "dns#resourceRecordSet"
    ENTITY: ClassVar[str] = "entity.rrset"

    routing_policy: RoutingPolicy | None = None
    rrdatas: tuple[str, ...] | None = None
    signature_rrdatas: tuple[str, ...] | None = None
    ttl: int | None = None
    type: str | None = None

    @property
    def identity(self) -> tuple[str, str]:
        """Type and name; names differ in more than case."""
        return self.named({"name": self.name, "type": self.type})

    @classmethod
    def named(cls, value: dict[str, object]) -> tuple[str, str]:
        """Type and name of a plain value."""
        name, of_type = value.get("name"), value.get("type")
        return (
            of_type if isinstance(of_type, str) else "",
            name.lower() if isinstance(name, str) else "",
        )
