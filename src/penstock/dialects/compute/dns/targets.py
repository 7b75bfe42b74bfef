"""Which forwarding rule a routing policy's target means.

A target says address, port, protocol, network, project and region of a load
balancer, not its name; all that it says has to fit.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Final

from penstock.dialects.compute.config import Config
from penstock.dialects.compute.dns import codes
from penstock.dialects.compute.forwarding_rules import RuleReading
from penstock.dialects.compute.references import parse_reference
from penstock.model import DnsTarget, Finding, Origin
from penstock.objects.compute.base import ANY_PROJECT, GLOBAL
from penstock.objects.compute.walk import as_int
from penstock.objects.dns.record_set import HealthCheckTargets, LoadBalancerTarget

_PASSTHROUGH: Final = "regionalL4ilb"
_REGIONAL: Final = "regionalL7ilb"
_GLOBAL: Final = "globalL7ilb"
_MOST: Final = 3
"""Forwarding rules that a hint names."""


class Targets:
    """Resolves the targets of one world's record sets."""

    def __init__(
        self, rules: Iterable[RuleReading], config: Config, findings: list[Finding]
    ) -> None:
        self._config = config
        self._findings = findings
        self._rules: dict[str, list[RuleReading]] = {}
        for reading in rules:
            if reading.rule.address is not None:
                self._rules.setdefault(reading.rule.address.value, []).append(reading)

    def of(self, targets: HealthCheckTargets, origin: Origin) -> Iterator[DnsTarget]:
        """The targets that lead somewhere; findings for the others."""
        for i, balancer in enumerate(targets.internal_load_balancers or ()):
            found = self._find(balancer, origin.child("internalLoadBalancers", i))
            if isinstance(found, Finding):
                self._findings.append(found)
            else:
                yield DnsTarget(canonical(balancer.ip_address or ""), found.rule.name)
        if targets.external_endpoints:
            message = (
                "external endpoints are not probed from here; they are always answered as if "
                "they were healthy"
            )
            where = origin.child("externalEndpoints")
            self._findings.append(codes.EXTERNAL_NOT_PROBED.at(where, message))
        for address in targets.external_endpoints or ():
            yield DnsTarget(canonical(address))

    def _find(self, target: LoadBalancerTarget, origin: Origin) -> RuleReading | Finding:
        if target.load_balancer_type == _PASSTHROUGH:
            message = (
                f"{_described(target)} is an internal passthrough Network Load Balancer, which is "
                "not served yet; the target is left out"
            )
            return codes.TARGET_NOT_SUPPORTED.at(origin.child("loadBalancerType"), message)
        here = self._rules.get(canonical(target.ip_address or ""), [])
        for reading in here:
            if not any(self._misfits(target, reading)):
                return reading
        message = (
            f"{origin.object} refers to a load balancer at {_described(target)}, but no forwarding "
            f"rule that is served is there; the target is left out"
        )
        return codes.TARGET_NOT_FOUND.at(origin, message, self._hint(target, here))

    def _misfits(self, target: LoadBalancerTarget, reading: RuleReading) -> Iterator[str]:
        """In what a rule differs from what a target says."""
        if as_int(target.port) != reading.rule.port:
            yield f"port {reading.rule.port}"
        if target.ip_protocol not in (None, "tcp", "undefined"):
            yield "protocol tcp"
        yield from self._other_place(target, reading)
        if target.network_url:
            wanted = parse_reference(target.network_url)
            if wanted.name != reading.place.network:
                yield f"network {reading.place.network}"
        project = self._config.named(target.project) if target.project else None
        place = reading.object.resource.place
        # A rule that does not say its project is of whichever project is meant.
        if project and place.project != ANY_PROJECT:
            actual = self._config.place(place).project
            if actual != project:
                yield f"project {actual}"

    def _other_place(self, target: LoadBalancerTarget, reading: RuleReading) -> Iterator[str]:
        is_global = reading.location == GLOBAL
        if target.load_balancer_type == _REGIONAL and is_global:
            yield "a cross-region load balancer (globalL7ilb)"
        elif target.load_balancer_type == _GLOBAL and not is_global:
            yield "a regional load balancer (regionalL7ilb)"
        region = reading.place.region if is_global else reading.location
        # Of a cross-region load balancer without a subnetwork nothing says the region.
        is_known = not is_global or reading.object.resource.subnetwork is not None
        if is_known and target.region and parse_reference(target.region).name != region:
            yield f"region {region}"

    def _hint(self, target: LoadBalancerTarget, here: list[RuleReading]) -> str:
        if here:
            differing = (
                f"{reading.object.ref} has {', '.join(self._misfits(target, reading))}"
                for reading in here[:_MOST]
            )
            return "; ".join(differing)
        known = [
            f"{address} ({reading.object.ref})"
            for address, readings in sorted(self._rules.items())
            for reading in readings
        ]
        if not known:
            return "give the forwarding rule an IPAddress; without one nobody can name it"
        more = f" and {len(known) - _MOST} more" if len(known) > _MOST else ""
        return f"forwarding rules have {', '.join(known[:_MOST])}{more}"


def canonical(address: str) -> str:
    """An address in its usual spelling; texts that are none stay."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return address


def _described(target: LoadBalancerTarget) -> str:
    place = f"{target.ip_address}, port {target.port}"
    if target.region:
        place += f", region {parse_reference(target.region).name}"
    return f"{place}, project {target.project}" if target.project else place
