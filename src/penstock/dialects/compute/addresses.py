"""Addresses of forwarding rules: written, reserved by name, or ephemeral from the subnetwork.

Which rule has an address is decided here, by the API's rules: one address, one rule,
unless it is reserved with purpose SHARED_LOADBALANCER_VIP; never one of a proxy-only
subnet; inside of the subnetwork.  Where nothing is known of subnets the runtime
gives one.
"""

from __future__ import annotations

import hashlib
import ipaddress
from typing import NamedTuple

from penstock.dialects.compute import codes
from penstock.dialects.compute.config import NetworkName
from penstock.dialects.compute.index import Index, Located, relative_url
from penstock.dialects.compute.network_places import NetworkPlace, PlaceReader
from penstock.dialects.compute.references import parse_reference, resource_field
from penstock.dialects.compute.reserved_addresses import Reserved, ReservedAddresses
from penstock.dialects.compute.subnets import (
    Address,
    Subnet,
    Subnets,
    literal,
)
from penstock.model import Finding, Origin, Setting
from penstock.objects.compute.base import last_segment
from penstock.objects.compute.forwarding import ForwardingRule
from penstock.objects.meta import Object
from penstock.objects.suggest import did_you_mean


class Claim(NamedTuple):
    """What a forwarding rule gets."""

    place: NetworkPlace
    address: Setting[str] | None
    """None is the runtime's choice."""
    vip: str
    is_shared: bool


class Addresses:
    """Gives forwarding rules their addresses; ask for the oldest first."""

    def __init__(self, index: Index, subnets: Subnets) -> None:
        self._index = index
        self._subnets = subnets
        self._reserved = ReservedAddresses(index)
        self._places = PlaceReader(index, subnets, self._reserved)
        self._taken = self._fixed()

    def claim(self, at: Located, rule: Object[ForwardingRule]) -> Claim | Finding:
        """The address of a rule, or why it cannot have one."""
        subnet = self._places.subnet(at, rule)
        if isinstance(subnet, Finding):
            return subnet
        place = self._places.place(at, rule, subnet)
        written = rule.resource.ip_address
        if not written:
            return self._ephemeral(at, rule, place, subnet, f"{at.location}/{at.name}", False)
        origin = rule.origin("IPAddress")
        address = literal(written)
        if address is not None:
            known = self._reserved.of(at.project, str(address))
            is_shared = known is not None and known.is_shared
            return self._checked(place, address, origin, is_shared, subnet, origin)
        return self._by_name(at, rule, place, subnet)

    def _by_name(
        self, at: Located, rule: Object[ForwardingRule], place: NetworkPlace, subnet: Subnet | None
    ) -> Claim | Finding:
        written, origin = rule.resource.ip_address or "", rule.origin("IPAddress")
        found = self._find(written, at, place)
        if isinstance(found, Finding):
            return Finding(found.code, found.severity, origin, found.message, found.hint)
        address = literal(found.address or "")
        if address is None:
            own = self._subnets.named(
                place.project, place.region, last_segment(found.subnetwork or "")
            )
            vip = f"{at.location}/addresses/{found.name}"
            return self._ephemeral(at, rule, place, own or subnet, vip, found.is_shared)
        return self._checked(place, address, found.origin, found.is_shared, subnet, origin)

    def _find(self, written: str, at: Located, place: NetworkPlace) -> Reserved | Finding:
        ref = parse_reference(written)
        project = self._index.config.named(ref.project) if ref.project else at.project
        locations = [ref.location] if ref.location else [at.location, place.region]
        for location in locations:
            found = self._reserved.named(project, location, ref.name)
            if found is not None:
                return found
        wanted = relative_url(Located(project, locations[0], ref.name), "addresses")
        message = f"The resource '{wanted}' was not found; IPAddress of {at.name} refers to it"
        known = self._reserved.names(project, locations[0])
        return codes.NOT_FOUND.at(Origin(""), message, did_you_mean(ref.name, known))

    def _checked(
        self,
        place: NetworkPlace,
        address: Address,
        source: Origin,
        is_shared: bool,
        subnet: Subnet | None,
        origin: Origin,
    ) -> Claim | Finding:
        wrong = self._why_not(place, address, subnet)
        if wrong:
            message = f"Invalid value for field '{resource_field(origin)}': '{address}'. {wrong}"
            return codes.BAD_ADDRESS.at(origin, message, "the rule is left out")
        vip = f"compute/{place.project}/{place.network}/{address}"
        return Claim(place, Setting(str(address), source), vip, is_shared)

    def _why_not(self, place: NetworkPlace, address: Address, subnet: Subnet | None) -> str:
        if _is_nobodys(address):
            return "Must be the address of one machine of a network"
        proxies = self._subnets.reserved_for_proxies(place.of, address)
        if proxies is not None:
            return f"The address belongs to the proxy-only subnetwork {proxies.name}"
        ranges = self._subnets.of(place.project, place.region, place.network)
        ranges = [subnet] if subnet else ranges
        inside = [one for one in ranges if address in one.range]
        if ranges and not inside:
            return "Requested internal IP address is outside the network/subnetwork range"
        if inside and inside[0].is_reserved(address):
            return f"The address is reserved in {inside[0].range}"
        return ""

    def _ephemeral(
        self,
        at: Located,
        rule: Object[ForwardingRule],
        place: NetworkPlace,
        subnet: Subnet | None,
        vip: str,
        is_shared: bool,
    ) -> Claim | Finding:
        vip = f"compute/{place.project}/{place.network}/{vip}"
        if subnet is None:
            own = self._subnets.of(place.project, place.region, place.network)
            subnet = own[0] if own else None
        if subnet is None:
            return Claim(place, None, vip, is_shared)
        address = self._free(subnet, vip)
        if address is None:
            message = f"the subnetwork {subnet.name} ({subnet.range}) has no free address left"
            return codes.NO_ADDRESS.at(
                rule.origin("subnetwork"), f"{message}; {at.name} is left out"
            )
        return Claim(place, Setting(address, subnet.origin), vip, is_shared)

    def _free(self, subnet: Subnet, vip: str) -> str | None:
        """A free address, which depends on who wants it and hardly on who else there is."""
        taken = self._taken.setdefault(subnet.of, {})
        if subnet.usable == 0:
            return None
        begin = int.from_bytes(hashlib.sha256(vip.encode()).digest()[:8]) % subnet.usable
        for step in range(min(subnet.usable, len(taken) + 1)):
            address = subnet.address((begin + step) % subnet.usable)
            if taken.setdefault(address, vip) == vip:
                return address
        return None

    def _fixed(self) -> dict[NetworkName, dict[str, str]]:
        """Network → addresses that cannot be given away, and whose they are."""
        taken: dict[str, str] = {}
        for _, obj in self._index.all(ForwardingRule):
            address = literal(obj.resource.ip_address or "")
            if address is not None:
                taken[str(address)] = obj.ref
        for reserved in self._reserved:
            if reserved.address:
                taken[reserved.address] = reserved.name
        taken.update(dict.fromkeys(self._index.config.instances.values(), "an instance"))
        return {s.of: dict(taken) for s in self._subnets}


def _is_nobodys(address: Address) -> bool:
    """Whether no load balancer could have it: 0.0.0.0, groups, links, broadcasts."""
    is_broadcast = str(address) == "255.255.255.255"
    is_mapped = isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None
    return (
        address.is_unspecified
        or address.is_multicast
        or address.is_link_local
        or is_broadcast
        or is_mapped
    )
