"""PenstockConfigs that contradict each other: the first one counts, and the others are told.

Several add up, and each may be right by itself, so only together does it show.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from penstock.dialects.compute import codes
from penstock.model import FieldPath, Finding, Origin
from penstock.objects.meta import Object
from penstock.objects.penstock_config import (
    AddressConfig,
    CertificateConfig,
    InstanceConfig,
    PenstockConfig,
    PenstockConfigSpec,
    SecurityPolicyConfig,
    ServiceConfig,
    SubnetConfig,
)

_Named = (
    AddressConfig
    | CertificateConfig
    | InstanceConfig
    | SecurityPolicyConfig
    | ServiceConfig
    | SubnetConfig
)

_PLACE: Final = ("project", "region", "zone", "tag")
"""What tells two items of one name apart."""


class _Saying(NamedTuple):
    """That something (`key`, with what it is called) is `value`, at `path` below ``spec``."""

    key: tuple[str, ...]
    value: object
    path: FieldPath


def overruled(objects: Iterable[Object[PenstockConfig]]) -> Iterator[Finding]:
    """What does not count, because a PenstockConfig before says something else."""
    first: dict[tuple[str, ...], tuple[object, Origin]] = {}
    for obj in objects:
        own: dict[tuple[str, ...], tuple[object, Origin]] = {}
        for key, value, path in _sayings(obj.resource.spec):
            origin = obj.origin("spec", *path)
            known = first.get(key)
            if known is None:  # What one object says twice was told when it was read.
                own.setdefault(key, (value, origin))
            elif known[0] != value:
                what = " ".join((key[0], *key[1:][-1:]))
                other = known[0] if isinstance(known[0], str) else "another one"
                message = f"{what[:100]} is {other} by {known[1].describe()}, which counts"
                yield codes.OVERRULED.at(origin, message, "keep one of them, or make them equal")
        first |= own


def _sayings(spec: PenstockConfigSpec) -> Iterator[_Saying]:
    for field in ("project", "region", "zone", "via"):
        if value := getattr(spec, field):
            yield _Saying((field,), value, (field,))
    for index, project in enumerate(spec.projects):
        if project.number:
            number = ("project number", project.number)
            yield _Saying(number, project.name, ("projects", index, "number"))
    for index, region in enumerate(spec.regions):
        for zone in region.zones:
            yield _Saying(("region of zone", zone), region.name, ("regions", index, "zones"))
        if region.neighbours:
            key = ("neighbours of region", region.name)
            yield _Saying(key, region.neighbours, ("regions", index, "neighbours"))
    lists: tuple[tuple[str, str, tuple[_Named, ...]], ...] = (
        ("subnets", "subnet", spec.subnets),
        ("instances", "instance", spec.instances),
        ("services", "service", spec.services),
        ("certificates", "certificate", spec.certificates),
        ("addresses", "address", spec.addresses),
        ("securityPolicies", "security policy", spec.security_policies),
    )
    for field, name, items in lists:
        for index, item in enumerate(items):
            place = (getattr(item, part, None) or "" for part in _PLACE)
            yield _Saying((name, *place, item.name), item, (field, index))
