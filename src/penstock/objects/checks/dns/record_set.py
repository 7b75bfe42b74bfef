"""Record sets and their routing policies.

What addresses stand where is by https://docs.cloud.google.com/dns/docs/routing-policies-overview
and the descriptions in the API's schema.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from typing import Final

from penstock.model import FieldPath
from penstock.objects.checks.dns.names import name_problem
from penstock.objects.compute.walk import as_int
from penstock.objects.dns.record_set import (
    GeoPolicy,
    HealthCheckTargets,
    LoadBalancerTarget,
    ResourceRecordSet,
    RoutingPolicy,
    WrrPolicy,
)
from penstock.objects.dns.wording import EMPTY, Wording
from penstock.objects.problem import Problem

VERSIONS: Final = {"A": 4, "AAAA": 6}
"""The types whose addresses are answered, and their version of IP."""
_INT32: Final = 2**31 - 1


def check_record_set(records: ResourceRecordSet, wording: Wording) -> Iterator[Problem]:
    """Every problem of a record set."""
    if wrong := name_problem(records.name):
        yield wording.invalid(("name",), records.name, *wrong)
    if not records.type:
        yield wording.required((), "type", "For example A.")
    if records.ttl is not None and not 0 <= records.ttl <= _INT32:
        yield wording.invalid(("ttl",), records.ttl, f"It has to be from 0 to {_INT32}.")
    policy = records.routing_policy
    if policy is not None and records.rrdatas is not None:
        reason = "A record set has either addresses or a routing policy."
        yield wording.invalid(("rrdatas",), EMPTY, reason)
    elif policy is None and not records.rrdatas:
        yield wording.required((), "rrdatas", "Or write a routingPolicy.", EMPTY)
    check = _Check(records.type or "", wording)
    if records.type in VERSIONS:
        yield from check.addresses(("rrdatas",), records.rrdatas)
        if policy is not None:
            yield from check.policy(policy)


class _Check:
    """Checks one record set's policy."""

    def __init__(self, of_type: str, wording: Wording) -> None:
        self._type = of_type
        self._wording = wording

    def addresses(self, path: FieldPath, values: Sequence[str] | None) -> Iterator[Problem]:
        """Addresses of the record set's type."""
        for index, value in enumerate(values or ()):
            yield from self._address((*path, index), value)

    def _address(self, path: FieldPath, value: str) -> Iterator[Problem]:
        version = VERSIONS[self._type]
        try:
            right = ipaddress.ip_address(value).version == version
        except ValueError:
            right = False
        if not right:
            reason = f"It has to be an IPv{version} address."
            yield self._wording.invalid(path, value, reason)

    def policy(self, policy: RoutingPolicy) -> Iterator[Problem]:
        """Exactly one kind of policy, and what it says."""
        path: FieldPath = ("routingPolicy",)
        kinds = {"geo": policy.geo, "wrr": policy.wrr, "primaryBackup": policy.primary_backup}
        given = [name for name, value in kinds.items() if value is not None]
        if not given:
            yield self._wording.required(path, "geo", "Or write wrr or primaryBackup.", EMPTY)
        elif len(given) > 1:
            reason = f"A record set has one routing policy, not {' and '.join(given)}."
            yield self._wording.invalid(path, "", reason)
        if policy.geo is not None:
            yield from self._geo((*path, "geo"), policy.geo)
        if policy.wrr is not None:
            yield from self._wrr((*path, "wrr"), policy.wrr)
        backup = policy.primary_backup
        if backup is not None:
            yield from self._backup((*path, "primaryBackup"), policy)

    def _backup(self, path: FieldPath, policy: RoutingPolicy) -> Iterator[Problem]:
        backup = policy.primary_backup
        assert backup is not None
        if backup.primary_targets is None:
            yield self._wording.required(path, "primaryTargets", "", EMPTY)
        else:
            yield from self._targets((*path, "primaryTargets"), backup.primary_targets)
        if backup.backup_geo_targets is None:
            yield self._wording.required(path, "backupGeoTargets", "", EMPTY)
        else:
            yield from self._geo((*path, "backupGeoTargets"), backup.backup_geo_targets)
        share = backup.trickle_traffic
        if share is not None and not 0 <= share <= 1:
            where = (*path, "trickleTraffic")
            yield self._wording.invalid(where, share, "It has to be from 0 to 1.")

    def _geo(self, path: FieldPath, policy: GeoPolicy) -> Iterator[Problem]:
        if not policy.items:
            yield self._wording.required(path, "items", "", EMPTY)
        seen: set[str] = set()
        for index, item in enumerate(policy.items or ()):
            where: FieldPath = (*path, "items", index)
            if not item.location:
                yield self._wording.required(where, "location", "Write a region.")
            elif item.location in seen:
                reason = "Another item has the same location."
                yield self._wording.invalid((*where, "location"), item.location, reason)
            seen.add(item.location or "")
            yield from self._item(where, item.rrdatas, item.health_checked_targets)

    def _wrr(self, path: FieldPath, policy: WrrPolicy) -> Iterator[Problem]:
        if not policy.items:
            yield self._wording.required(path, "items", "", EMPTY)
        for index, item in enumerate(policy.items or ()):
            where: FieldPath = (*path, "items", index)
            if item.weight is not None and item.weight < 0:
                reason = "It must not be negative."
                yield self._wording.invalid((*where, "weight"), item.weight, reason)
            yield from self._item(where, item.rrdatas, item.health_checked_targets)

    def _item(
        self,
        path: FieldPath,
        rrdatas: Sequence[str] | None,
        targets: HealthCheckTargets | None,
    ) -> Iterator[Problem]:
        yield from self.addresses((*path, "rrdatas"), rrdatas)
        if targets is not None:
            yield from self._targets((*path, "healthCheckedTargets"), targets)
        elif not rrdatas:
            yield self._wording.required(path, "rrdatas", "Or healthCheckedTargets.", EMPTY)

    def _targets(self, path: FieldPath, targets: HealthCheckTargets) -> Iterator[Problem]:
        balancers, others = targets.internal_load_balancers, targets.external_endpoints
        if balancers and others:
            reason = "Either internalLoadBalancers or externalEndpoints may be written."
            yield self._wording.invalid((*path, "externalEndpoints"), "", reason)
        elif not balancers and not others:
            yield self._wording.required(path, "internalLoadBalancers", "", EMPTY)
        yield from self.addresses((*path, "externalEndpoints"), others)
        for index, balancer in enumerate(balancers or ()):
            yield from self._balancer((*path, "internalLoadBalancers", index), balancer)

    def _balancer(self, path: FieldPath, target: LoadBalancerTarget) -> Iterator[Problem]:
        if target.ip_address is None:
            yield self._wording.required(path, "ipAddress")
        else:
            yield from self._address((*path, "ipAddress"), target.ip_address)
        number = as_int(target.port)
        if target.port is None:
            yield self._wording.required(path, "port")
        elif number is None or not 0 < number < 65536:
            reason = "It has to be from 1 to 65535."
            yield self._wording.invalid((*path, "port"), target.port, reason)
        if not target.ip_protocol:
            yield self._wording.required(path, "ipProtocol", "For Application Load Balancers tcp.")
        if target.load_balancer_type in ("regionalL7ilb", "regionalL4ilb") and not target.region:
            yield self._wording.required(path, "region")
