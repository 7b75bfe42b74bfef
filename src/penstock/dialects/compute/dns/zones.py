"""Zones: those that are written, and for other records the shortest that hold them.

Without a managed zone, an export's SOA record says where a zone begins; without that
a zone is a record's name without its first label, never a single label such as
``internal.``, under which others' names may be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from penstock.dialects.compute.config import Config
from penstock.dialects.compute.dns import codes
from penstock.dialects.compute.references import parse_reference
from penstock.model import DnsRecord, DnsZone, Finding
from penstock.objects.dns.managed_zone import ManagedZone
from penstock.objects.meta import Object

_ELSEWHERE: Final = {
    "forwardingConfig": "other name servers",
    "peeringConfig": "another network",
    "reverseLookupConfig": "machines' own records",
    "serviceDirectoryConfig": "Service Directory",
}


class Zones(NamedTuple):
    """The zones of one world."""

    written: Mapping[str, DnsZone]
    """By name."""

    def of(self, name: str) -> DnsZone | None:
        """The longest written zone that has a name."""
        return next((self.written[zone] for zone in around(name) if zone in self.written), None)


def around(name: str) -> Iterable[str]:
    """A name and all above it, longest first; the root is left out."""
    labels = name.removesuffix(".").split(".")
    return (".".join(labels[i:]) + "." for i in range(len(labels)))


def read_zones(
    objects: Iterable[Object[ManagedZone]], config: Config, findings: list[Finding]
) -> Zones:
    """The written zones."""
    written: dict[str, DnsZone] = {}
    for obj in objects:
        zone = _zone(obj, config)
        other = _elsewhere(obj)
        if other is not None:
            message = f"answers for {zone.name} come from {_ELSEWHERE[other]}, not from here"
            findings.append(codes.ZONE_NOT_SERVED.at(obj.origin(other), message))
        first = written.setdefault(zone.name, zone)
        if first is not zone:
            message = (
                f"{obj.ref} and {first.origin.object} are both {zone.name}; record sets do not "
                "say their zone, so the first one counts"
            )
            findings.append(codes.ZONE_TWICE.at(obj.origin("dnsName"), message))
    return Zones(written)


def _elsewhere(obj: Object[ManagedZone]) -> str | None:
    zone = obj.resource
    given = {
        "forwardingConfig": zone.forwarding_config,
        "peeringConfig": zone.peering_config,
        "reverseLookupConfig": zone.reverse_lookup_config,
        "serviceDirectoryConfig": zone.service_directory_config,
    }
    return next((name for name, value in given.items() if value is not None), None)


def _zone(obj: Object[ManagedZone], config: Config) -> DnsZone:
    zone = obj.resource
    seen_by = zone.private_visibility_config
    urls = [each.network_url for each in (seen_by.networks or () if seen_by else ())]
    return DnsZone(
        (zone.dns_name or "").lower(),
        obj.origin(),
        is_elsewhere=_elsewhere(obj) is not None,
        is_public=zone.visibility != "private",
        networks=tuple(sorted({network_name(url, config) for url in urls if url})),
        name_servers=tuple(server.lower() for server in zone.name_servers or ()),
    )


def network_name(reference: str, config: Config, project: str | None = None) -> str:
    """``project/network`` of a network's name or URL; `project` is that of who says it."""
    ref = parse_reference(reference)
    known = config.named(ref.project) if ref.project else project or config.project
    return f"{known}/{ref.name}"


def all_zones(zones: Zones, records: Iterable[DnsRecord]) -> tuple[DnsZone, ...]:
    """The written zones, and one for all records that are in none."""
    orphans = [record for record in records if zones.of(record.name) is None]
    apexes = {record.name: record for record in orphans if record.type == "SOA"}
    made: dict[str, DnsZone] = {}
    for record in orphans:
        apex = next((name for name in around(record.name) if name in apexes), None)
        name = apex or _holder(record.name)
        origin = apexes[apex].origin if apex else record.origin
        made.setdefault(name, DnsZone(name, origin))
    widest = (
        zone
        for zone in made.values()
        if zone.name in apexes or not any(above in made for above in list(around(zone.name))[1:])
    )
    return tuple(sorted((*zones.written.values(), *widest), key=lambda zone: zone.name))


def _holder(name: str) -> str:
    """The name without its first label, if more than one label is left."""
    parent = name.partition(".")[2]
    return parent if parent.count(".") > 1 else name.removeprefix("*.")
