"""Record sets: their routing policies, as the model has them.

https://docs.cloud.google.com/dns/docs/routing-policies-overview
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from penstock.dialects.compute.defaults import ORIGIN
from penstock.dialects.compute.dns import codes
from penstock.dialects.compute.dns.targets import Targets, canonical
from penstock.model import (
    DnsItem,
    DnsPolicyKind,
    DnsRecord,
    DnsTarget,
    Finding,
    Origin,
    Setting,
)
from penstock.objects.dns.record_set import (
    GeoPolicy,
    HealthCheckTargets,
    PrimaryBackupPolicy,
    ResourceRecordSet,
    WrrPolicy,
)
from penstock.objects.meta import Object

SERVED: Final = ("A", "AAAA")
_OF_THE_ZONE: Final = ("SOA", "NS")
"""Types that every export has, and the responder makes by itself."""
_TTL: Final = Setting(300, ORIGIN)
"""Seconds; what ``gcloud`` writes where nobody says it."""


def read_record(
    obj: Object[ResourceRecordSet], targets: Targets, findings: list[Finding]
) -> DnsRecord:
    """One record set."""
    records = obj.resource
    of_type = (records.type or "").upper()
    ttl = _TTL if records.ttl is None else Setting(records.ttl, obj.origin("ttl"))
    name = records.name.lower()
    if of_type not in SERVED:
        if of_type not in _OF_THE_ZONE:
            message = (
                f"records of type {of_type[:20]} are not answered; {name} has none for whoever asks"
            )
            findings.append(codes.TYPE_NOT_SERVED.at(obj.origin("type"), message))
        return DnsRecord(name, of_type, ttl, DnsPolicyKind.SIMPLE, (), obj.origin())
    return _Reader(obj, of_type, ttl, targets).read()


class _Reader:
    """Reads one record set whose addresses are answered."""

    def __init__(
        self,
        obj: Object[ResourceRecordSet],
        of_type: str,
        ttl: Setting[int],
        targets: Targets,
    ) -> None:
        self._obj = obj
        self._type = of_type
        self._ttl = ttl
        self._targets = targets

    def read(self) -> DnsRecord:
        """By the kind of its policy."""
        policy = self._obj.resource.routing_policy
        if policy is None:
            only = DnsItem(_plain(self._obj.resource.rrdatas))
            return self._record(DnsPolicyKind.SIMPLE, (only,))
        origin = self._obj.origin("routingPolicy")
        if policy.geo is not None:
            items = tuple(self._geo(policy.geo, origin.child("geo")))
            return self._record(DnsPolicyKind.GEO, items, fencing=bool(policy.geo.enable_fencing))
        if policy.wrr is not None:
            items = tuple(self._wrr(policy.wrr, origin.child("wrr")))
            return self._record(DnsPolicyKind.WEIGHTED, items)
        assert policy.primary_backup is not None  # said when the file was read
        return self._failover(policy.primary_backup, origin.child("primaryBackup"))

    def _record(
        self,
        kind: DnsPolicyKind,
        items: tuple[DnsItem, ...],
        *,
        fencing: bool = False,
        trickle: float = 0.0,
    ) -> DnsRecord:
        name = self._obj.resource.name.lower()
        origin = self._obj.origin()
        return DnsRecord(name, self._type, self._ttl, kind, items, origin, fencing, trickle)

    def _failover(self, policy: PrimaryBackupPolicy, origin: Origin) -> DnsRecord:
        primary = self._all(None, policy.primary_targets, origin.child("primaryTargets"))
        items = [DnsItem(primary)]
        backup = policy.backup_geo_targets
        if backup is not None:
            items += self._geo(backup, origin.child("backupGeoTargets"), is_backup=True)
        return self._record(
            DnsPolicyKind.FAILOVER,
            tuple(items),
            fencing=bool(backup and backup.enable_fencing),
            trickle=policy.trickle_traffic or 0.0,
        )

    def _geo(
        self, policy: GeoPolicy, origin: Origin, *, is_backup: bool = False
    ) -> Iterator[DnsItem]:
        for i, item in enumerate(policy.items or ()):
            where = origin.child("items", i, "healthCheckedTargets")
            found = self._all(item.rrdatas, item.health_checked_targets, where)
            yield DnsItem(found, region=item.location or "", is_backup=is_backup)

    def _wrr(self, policy: WrrPolicy, origin: Origin) -> Iterator[DnsItem]:
        for i, item in enumerate(policy.items or ()):
            where = origin.child("items", i, "healthCheckedTargets")
            found = self._all(item.rrdatas, item.health_checked_targets, where)
            yield DnsItem(found, weight=item.weight or 0.0)

    def _all(
        self, rrdatas: Sequence[str] | None, targets: HealthCheckTargets | None, origin: Origin
    ) -> tuple[DnsTarget, ...]:
        checked = self._targets.of(targets, origin) if targets is not None else ()
        return (*_plain(rrdatas), *checked)


def _plain(rrdatas: Sequence[str] | None) -> tuple[DnsTarget, ...]:
    """Addresses that are answered whatever their health."""
    return tuple(DnsTarget(canonical(address)) for address in rrdatas or ())
