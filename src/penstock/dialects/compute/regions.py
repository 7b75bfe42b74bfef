"""Regions: where groups are, and which region is near to which.

A zone belongs to the region that a PenstockConfig says, otherwise to the one whose name
it begins with (``us-central1-a``).  Nobody publishes distances between regions, so the
nearest are those that a PenstockConfig names as neighbours, then those of the same
continent (the first word of a region's name), then all others.

https://docs.cloud.google.com/compute/docs/regions-zones
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from penstock.dialects.compute.config import Config
from penstock.objects.compute.base import GLOBAL, ComputeResource

_ZONAL_LINK: Final = re.compile(r"/zones/[^/]+/")


class Spot(NamedTuple):
    """Region and zone; the zone is empty of what is regional, both are of what is global."""

    region: str = ""
    zone: str = ""


def spot_of(resource: ComputeResource, location: str, config: Config) -> Spot:
    """Where a zonal, regional or global resource at `location` is."""
    if location == GLOBAL:
        return Spot()
    link = resource.self_link or ""
    is_regional = resource.region or not (resource.zone or _ZONAL_LINK.search(link))
    return Spot(location) if is_regional else Spot(config.region_of(location), location)


def region_order(config: Config, regions: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Region → all others, the nearest first; nothing where there are no two of them.

    Where there are, those that only PenstockConfigs know are ordered, too.
    """
    named = set(regions) - {""}
    if len(named) < 2:
        return {}
    every = sorted(named | config.known_regions)
    return {region: _others(config, region, every) for region in every}


def _others(config: Config, region: str, every: Iterable[str]) -> tuple[str, ...]:
    near = config.neighbours.get(region, ())
    rank = {name: i for i, name in enumerate(near)}
    continent = region.partition("-")[0]

    def distance(other: str) -> tuple[int, bool, str]:
        return (rank.get(other, len(near)), other.partition("-")[0] != continent, other)

    return tuple(sorted((name for name in every if name != region), key=distance))
