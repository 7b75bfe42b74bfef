"""Which groups stand behind a backend service, and what each of them can take.

Groups of one backend service are of one kind, and not every internal Application Load
Balancer takes every kind: internet groups are for regional ones only, and serverless
and Private Service Connect groups come one a region.

https://docs.cloud.google.com/load-balancing/docs/backend-service#backends
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from penstock.dialects.compute import codes
from penstock.dialects.compute.capacities import read_capacity
from penstock.dialects.compute.groups import (
    INSTANCES,
    INTERNET,
    LISTED,
    SERVED,
    GroupFacts,
    GroupUse,
    named_ports,
)
from penstock.dialects.compute.index import Located
from penstock.dialects.compute.references import resource_field
from penstock.model import AddressFamily, Capacity, Finding, FindingCode, Origin
from penstock.objects.compute.backend_service import BackendService
from penstock.objects.compute.base import GLOBAL
from penstock.objects.compute.managed import OF_SERVICES
from penstock.objects.meta import Object

NumberedFacts = tuple[int, GroupFacts]
"""A group with the index of its backend."""
_CLOUD_RUN: Final = "cloudRun"


class Backends(NamedTuple):
    """The groups that are served, and their capacities."""

    uses: tuple[GroupUse, ...]
    capacities: tuple[Capacity, ...]


def read_backends(
    at: Located,
    obj: Object[BackendService],
    groups: Sequence[NumberedFacts],
    addresses: AddressFamily | None,
    findings: list[Finding],
) -> Backends:
    """The groups of a backend service; `groups` are those that were found, by index.

    `addresses` says which address of endpoints counts that are listed with two.
    """
    uses: dict[GroupUse, Capacity | None] = {}
    first: GroupFacts | None = None
    regions: dict[str, GroupFacts] = {}
    for i, facts in groups:
        reason = _why_not(at, facts, first) or _why_twice(facts, uses, regions)
        if reason:
            findings.append(_refused(obj, i, reason[0], reason[1]))
            continue
        first = first or facts
        regions.setdefault(facts.spot.region, facts)
        ports = named_ports(facts, obj.resource.port_name) if facts.type == INSTANCES else ()
        if facts.type == INSTANCES and not ports:
            findings.append(_no_port(obj, facts))
            continue
        use = GroupUse(facts, ports, addresses if facts.type in LISTED else None)
        uses[use] = read_capacity(obj, i, use, findings)
    capacities = tuple(capacity for capacity in uses.values() if capacity is not None)
    if uses and len(capacities) == len(uses) and all(map(_is_nothing, capacities)):
        message = (
            f"Invalid value for field '{resource_field(obj.origin('backends'))}': ''. "
            "None of the backends have a valid capacity; requests are answered with 503"
        )
        findings.append(codes.BALANCING_MODE.at(obj.origin("backends"), message))
    return Backends(tuple(uses), capacities)


Reason = tuple[FindingCode, str]


def _why_not(at: Located, facts: GroupFacts, first: GroupFacts | None) -> Reason | None:
    """Why a group cannot stand in this backend service."""
    if first is not None and facts.family != first.family:
        return codes.MIXED_GROUPS, (
            "All backends of a backend service have to be of one kind: "
            f"{facts.at.name} belongs to {facts.family}, {first.at.name} to {first.family}"
        )
    if facts.type not in SERVED:
        return codes.GROUP_KIND, (
            f"Network endpoint type {facts.type} is not supported for load balancing scheme "
            "INTERNAL_MANAGED"
        )
    if facts.type in INTERNET and at.location == GLOBAL:
        return codes.GROUP_KIND, (
            "Internet network endpoint groups are not supported for global backend services of "
            "load balancing scheme INTERNAL_MANAGED"
        )
    if facts.type in INTERNET and facts.at.location == GLOBAL:
        return codes.WRONG_SCOPE, (
            "Global network endpoint groups are not supported for regional backend services"
        )
    if facts.product not in ("", _CLOUD_RUN):
        return codes.GROUP_KIND, (
            "Internal load balancers take serverless network endpoint groups of Cloud Run only, "
            f"not of {facts.product}"
        )
    return None


def _why_twice(
    facts: GroupFacts, uses: dict[GroupUse, Capacity | None], regions: dict[str, GroupFacts]
) -> Reason | None:
    """Why a group cannot stand beside those before it."""
    if any(use.facts is facts for use in uses):
        what = "instance groups" if facts.type == INSTANCES else "network endpoint groups"
        return codes.MIXED_GROUPS, f"Duplicate {what} in backend service"
    other = regions.get(facts.spot.region)
    if facts.type in OF_SERVICES and other is not None:
        return codes.MIXED_GROUPS, (
            f"A backend service can have one of the {facts.family} in a region, "
            f"and {other.at.name} is in {facts.spot.region or GLOBAL}, too"
        )
    return None


def _refused(obj: Object[BackendService], index: int, code: FindingCode, reason: str) -> Finding:
    origin: Origin = obj.origin("backends", index, "group")
    text = (obj.resource.backends or ())[index].group
    field = resource_field(origin)
    message = f"Invalid value for field '{field}': '{text}'. {reason}; it is left out"
    return code.at(origin, message)


def _no_port(obj: Object[BackendService], facts: GroupFacts) -> Finding:
    names = ", ".join(sorted({name for name, _ in facts.ports})) or "none"
    message = (
        f"the instance group {facts.at.name} has no port named {obj.resource.port_name}; "
        "the group is left out of the backend service"
    )
    return codes.NAMED_PORT.at(obj.origin("portName"), message, f"its named ports: {names}")


def _is_nothing(capacity: Capacity) -> bool:
    """Whether a group can take nothing at all."""
    limits = (capacity.scaler, capacity.max_total, capacity.max_per_endpoint)
    return any(limit is not None and limit.value == 0 for limit in limits)
