"""All that Cloud DNS resources of a world say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from penstock.dialects.compute.config import Config
from penstock.dialects.compute.dns import codes
from penstock.dialects.compute.dns.clients import client_places
from penstock.dialects.compute.dns.locations import doubtful_locations
from penstock.dialects.compute.dns.records import read_record
from penstock.dialects.compute.dns.targets import Targets
from penstock.dialects.compute.dns.zones import Zones, all_zones, read_zones
from penstock.dialects.compute.routing import Routing
from penstock.model import ClientPlace, DnsRecord, DnsZone, Finding
from penstock.objects.dns.managed_zone import ManagedZone
from penstock.objects.dns.record_set import HealthCheckTargets, ResourceRecordSet, RoutingPolicy
from penstock.objects.meta import Object
from penstock.objects.world import World


class DnsReading(NamedTuple):
    """Records, their zones, and where clients are."""

    records: tuple[DnsRecord, ...] = ()
    zones: tuple[DnsZone, ...] = ()
    places: tuple[ClientPlace, ...] = ()
    findings: tuple[Finding, ...] = ()


def read_dns(world: World, config: Config, routing: Routing) -> DnsReading:
    """Nothing where there are no such resources."""
    written, managed = world.all(ResourceRecordSet), world.all(ManagedZone)
    if not written and not managed:
        return DnsReading()
    findings: list[Finding] = []
    zones = read_zones(managed, config, findings)
    targets = Targets(routing.rules, config, findings)
    served = (obj for obj in written if _is_served(obj, zones, findings))
    places = client_places(config, routing.subnets)
    regions = _regions(config, routing, places)
    records = []
    for obj in served:
        findings += doubtful_locations(obj, regions)
        records.append(read_record(obj, targets, findings))
    return DnsReading(
        tuple(sorted(records, key=lambda record: (record.name, record.type))),
        all_zones(zones, records),
        places,
        tuple(findings),
    )


def _regions(config: Config, routing: Routing, places: tuple[ClientPlace, ...]) -> frozenset[str]:
    """All that anything is in, as far as it is written."""
    return frozenset(
        {config.region, *config.known_regions}
        | routing.region_order.keys()
        | {rule.location for rule in routing.rules}
        | {place.region for place in places}
    ) - {""}


def _is_served(obj: Object[ResourceRecordSet], zones: Zones, findings: list[Finding]) -> bool:
    zone = zones.of(obj.resource.name.lower())
    if zone is None:
        return True
    if zone.is_elsewhere:
        return False
    if zone.is_public and _names_balancers(obj):
        message = (
            "Routing policies referencing internal load balancers cannot be added to public "
            f"zones; {zone.origin.object} is one. The record set is left out"
        )
        hint = "write visibility: private in the zone"
        findings.append(codes.PUBLIC_ZONE.at(obj.origin("routingPolicy"), message, hint))
        return False
    return True


def _names_balancers(obj: Object[ResourceRecordSet]) -> bool:
    policy = obj.resource.routing_policy
    if policy is None:
        return False
    return any(each.internal_load_balancers for each in _checked(policy))


def _checked(policy: RoutingPolicy) -> Iterator[HealthCheckTargets]:
    """All targets of a policy that are checked."""
    backup = policy.primary_backup
    if backup is not None and backup.primary_targets is not None:
        yield backup.primary_targets
    for geo in (policy.geo, backup.backup_geo_targets if backup else None):
        for near in geo.items or () if geo else ():
            if near.health_checked_targets is not None:
                yield near.health_checked_targets
    for weighted in policy.wrr.items or () if policy.wrr else ():
        if weighted.health_checked_targets is not None:
            yield weighted.health_checked_targets
