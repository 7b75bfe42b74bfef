"""Locations of geolocation policies that cannot be regions.

Cloud DNS refuses what is no Google region.  Here a region may have any name, if somebody
uses it; so a location is doubted only when nobody does and Google would not call one so.

https://docs.cloud.google.com/compute/docs/regions-zones#available
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from penstock.dialects.compute.dns import codes
from penstock.model import FieldPath, Finding
from penstock.objects.dns.record_set import ResourceRecordSet
from penstock.objects.meta import Object
from penstock.objects.suggest import did_you_mean

_OF_GOOGLE: Final = re.compile(
    r"(africa|asia|australia|europe|me|northamerica|southamerica|us)"
    r"-(central|north|south|east|west|northeast|northwest|southeast|southwest)[0-9]+"
)


def doubtful_locations(
    obj: Object[ResourceRecordSet], regions: frozenset[str]
) -> Iterator[Finding]:
    """A finding for each; `regions` are those that load balancers, networks or people name."""
    for path, location in _locations(obj.resource):
        if location in regions or _OF_GOOGLE.fullmatch(location):
            continue
        message = (
            f"nothing is in a region {location[:63]}, and Google has none of that name; clients "
            "are never in it, so they get this item only where no nearer one is healthy"
        )
        hint = did_you_mean(location, regions) or "write the name of a region"
        yield codes.REGION_UNKNOWN.at(obj.origin(*path), message, hint)


def _locations(records: ResourceRecordSet) -> Iterator[tuple[FieldPath, str]]:
    policy = records.routing_policy
    if policy is None:
        return
    backup = policy.primary_backup.backup_geo_targets if policy.primary_backup else None
    for path, geo in (
        (("geo",), policy.geo),
        (("primaryBackup", "backupGeoTargets"), backup),
    ):
        for index, item in enumerate(geo.items or () if geo is not None else ()):
            if item.location:
                yield ("routingPolicy", *path, "items", index, "location"), item.location
