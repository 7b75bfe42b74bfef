"""Forwarding rules: one address, one port, one target proxy.

What a rule lacks by itself was said when it was read; such a rule is just not served.

https://docs.cloud.google.com/load-balancing/docs/forwarding-rule-concepts
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple, TypeVar

from penstock.dialects.compute import codes
from penstock.dialects.compute.access import AccessReader
from penstock.dialects.compute.addresses import Addresses, Claim
from penstock.dialects.compute.backend_services import INTERNAL_MANAGED
from penstock.dialects.compute.index import Located
from penstock.dialects.compute.network_places import NetworkPlace
from penstock.dialects.compute.references import Found, Resolver, noted
from penstock.dialects.compute.target_proxies import AnyProxy, proxy_name
from penstock.model import Finding, ForwardingRuleName, VipName
from penstock.model import ForwardingRule as ModelRule
from penstock.objects.compute.base import GLOBAL, ComputeResource
from penstock.objects.compute.forwarding import (
    ForwardingRule,
    TargetHttpProxy,
    TargetHttpsProxy,
)
from penstock.objects.compute.url_map import UrlMap
from penstock.objects.compute.wording import address_in_use
from penstock.objects.meta import Object

R = TypeVar("R", bound=ComputeResource)

_SCHEMES: Final = {
    "INTERNAL": "internal passthrough Network Load Balancers",
    "EXTERNAL": "classic and external passthrough load balancers",
    "EXTERNAL_MANAGED": "external Application Load Balancers",
    "INTERNAL_SELF_MANAGED": "Cloud Service Mesh",
}


class RuleReading(NamedTuple):
    """A forwarding rule that is served."""

    object: Object[ForwardingRule]
    rule: ModelRule
    place: NetworkPlace
    location: str
    target: Found[AnyProxy]
    url_map: Found[UrlMap]


class RuleReader:
    """Reads the forwarding rules of one world."""

    def __init__(
        self,
        resolver: Resolver,
        addresses: Addresses,
        access: AccessReader,
        findings: list[Finding],
    ) -> None:
        self._resolver = resolver
        self._access = access
        self._addresses = addresses
        self._findings = findings
        self._claims: dict[str, tuple[Object[ForwardingRule], Claim, set[int]]] = {}

    def read_all(
        self, rules: Iterable[tuple[Located, Object[ForwardingRule]]]
    ) -> list[RuleReading]:
        """Those that are served, by name.

        Of two that claim one address and port the older has it, as in the API.
        """
        found = {at: self._read(at, obj) for at, obj in sorted(rules, key=_age)}
        read = (found[at] for at in sorted(found))
        return [reading for reading in read if reading is not None]

    def _read(self, at: Located, obj: Object[ForwardingRule]) -> RuleReading | None:
        """The rule, or None with findings if it is not served."""
        problem = _check_scheme(obj)
        if problem is not None:
            self._findings.append(problem)
            return None
        port = _port(obj)
        target = self._target(at, obj)
        url_map = self._url_map(target) if target else None
        if port is None or target is None or url_map is None:
            return None
        claim = self._claim(at, obj, port)
        if claim is None:
            return None
        rule = ModelRule(
            name=ForwardingRuleName(f"compute/{at}"),
            port=port,
            target_proxy=proxy_name(target),
            vip=VipName(claim.vip),
            address=claim.address,
            origin=obj.origin(),
            region=at.location if at.location != GLOBAL else claim.place.region,
            access=self._access.read(obj, at.location, claim.place),
        )
        return RuleReading(obj, rule, claim.place, at.location, target, url_map)

    def _target(self, at: Located, obj: Object[ForwardingRule]) -> Found[AnyProxy] | None:
        if not obj.resource.target:
            return None
        kinds: list[type[AnyProxy]] = [TargetHttpProxy, TargetHttpsProxy]
        found = self._resolver.follow(obj.resource.target, kinds, at, obj.origin("target"))
        return noted(found, self._findings)

    def _url_map(self, target: Found[AnyProxy]) -> Found[UrlMap] | None:
        written = target.object.resource.url_map
        if not written:
            return None
        origin = target.object.origin("urlMap")
        found = self._resolver.follow(written, [UrlMap], target.at, origin)
        return noted(found, self._findings)

    def _claim(self, at: Located, obj: Object[ForwardingRule], port: int) -> Claim | None:
        claim = self._addresses.claim(at, obj)
        if isinstance(claim, Finding):
            self._findings.append(claim)
            return None
        first = self._claims.setdefault(claim.vip, (obj, claim, set()))
        holder, held, ports = first
        if holder is not obj and (port in ports or not held.is_shared):
            self._findings.append(_in_use(obj, claim, holder, port, is_port=port in ports))
            return None
        ports.add(port)
        return claim


def _age(item: tuple[Located, Object[ForwardingRule]]) -> tuple[float, Located]:
    """Oldest first, those that do not say when they were made last, then by name."""
    at, obj = item
    try:
        made = datetime.fromisoformat(obj.resource.creation_timestamp or "").timestamp()
    except (ValueError, OverflowError, OSError):
        made = math.inf
    return (made, at)


def _check_scheme(obj: Object[ForwardingRule]) -> Finding | None:
    scheme = obj.resource.load_balancing_scheme
    if scheme == INTERNAL_MANAGED:
        return None
    origin = obj.origin("loadBalancingScheme")
    if scheme is None:
        message = (
            "loadBalancingScheme is not written, so it is EXTERNAL, which is not supported yet"
        )
    else:
        what = _SCHEMES.get(scheme, "others")
        message = f"loadBalancingScheme {scheme} ({what}) is not supported yet"
    hint = f"write {INTERNAL_MANAGED} for an internal Application Load Balancer"
    return codes.SCHEME.at(origin, f"{message}; the rule is left out", hint)


def _port(obj: Object[ForwardingRule]) -> int | None:
    """The one port; the API's clients write ``80`` or ``80-80``."""
    written = obj.resource.port_range or ""
    first, _, last = written.partition("-")
    return int(first) if first.isdecimal() and last in ("", first) else None


def _in_use(
    obj: Object[ForwardingRule],
    claim: Claim,
    holder: Object[ForwardingRule],
    port: int,
    *,
    is_port: bool,
) -> Finding:
    address = claim.address.value if claim.address else claim.vip.rpartition("/")[2]
    message = f"{address_in_use(address)}: {holder.origin().describe()}"
    if is_port:
        hint = f"both want port {port}; this rule is left out"
    else:
        hint = (
            "rules share an address only if it is reserved with purpose SHARED_LOADBALANCER_VIP; "
            "this rule is left out"
        )
    return codes.IN_USE.at(obj.origin("IPAddress"), message, hint)
