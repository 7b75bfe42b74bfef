"""Of which network and region a forwarding rule's address is."""

from __future__ import annotations

from typing import NamedTuple

from penstock.dialects.compute import codes
from penstock.dialects.compute.config import NetworkName
from penstock.dialects.compute.index import Index, Located, relative_url
from penstock.dialects.compute.references import parse_reference, resource_field
from penstock.dialects.compute.reserved_addresses import ReservedAddresses
from penstock.dialects.compute.subnets import DEFAULT_NETWORK, Subnet, Subnets, literal
from penstock.model import Finding
from penstock.objects.compute.base import GLOBAL
from penstock.objects.compute.forwarding import ForwardingRule
from penstock.objects.meta import Object


class NetworkPlace(NamedTuple):
    """The network and region that a forwarding rule's address is of."""

    project: str
    network: str
    region: str

    @property
    def of(self) -> NetworkName:
        """The network."""
        return NetworkName(self.project, self.network)


class PlaceReader:
    """Reads it out of what rules say of subnetwork, network and address."""

    def __init__(self, index: Index, subnets: Subnets, reserved: ReservedAddresses) -> None:
        self._index = index
        self._subnets = subnets
        self._reserved = reserved

    def subnet(self, at: Located, rule: Object[ForwardingRule]) -> Subnet | Finding | None:
        """What the rule's ``subnetwork`` says, or why that cannot be; None if it says nothing."""
        written = rule.resource.subnetwork
        if not written:
            return None
        ref = parse_reference(written)
        config = self._index.config
        project = config.named(ref.project) if ref.project else at.project
        region = ref.location or (config.region if at.location == GLOBAL else at.location)
        found = self._subnets.named(project, region, ref.name)
        origin = rule.origin("subnetwork")
        if found is None:
            wanted = relative_url(Located(project, region, ref.name), "subnetworks")
            message = (
                f"The resource '{wanted}' was not found; {rule.ref} refers to it in subnetwork"
            )
            hint = "add the subnetwork, or name it in a PenstockConfig: spec.subnets"
            return codes.NOT_FOUND.at(origin, message, hint)
        if found.is_proxy_only:
            message = (
                f"Invalid value for field '{resource_field(origin)}': '{written}'. "
                "A proxy-only subnetwork cannot have forwarding rules' addresses"
            )
            return codes.BAD_ADDRESS.at(origin, message, "the rule is left out")
        return found

    def place(
        self, at: Located, rule: Object[ForwardingRule], subnet: Subnet | None
    ) -> NetworkPlace:
        """Where the rule's address is of; `subnet` is what its ``subnetwork`` says."""
        if subnet is not None:
            return NetworkPlace(subnet.project, subnet.network, subnet.region)
        config = self._index.config
        ref = parse_reference(rule.resource.network or DEFAULT_NETWORK)
        project = config.named(ref.project) if ref.project else at.project
        region = at.location
        if region == GLOBAL:
            region = self._region_of_global(at, rule, project, ref.name) or config.region
        return NetworkPlace(project, ref.name, region)

    def _region_of_global(
        self, at: Located, rule: Object[ForwardingRule], project: str, network: str
    ) -> str:
        """Where a global rule's address is: in the region of an address resource, or of the subnet
        that the address is out of; empty if neither tells."""
        written = rule.resource.ip_address or ""
        address = literal(written)
        if address is None and written:
            ref = parse_reference(written)
            owner = self._index.config.named(ref.project) if ref.project else at.project
            if ref.location not in (None, GLOBAL):
                return ref.location or ""
            found = self._reserved.named(owner, GLOBAL, ref.name)
            address = literal(found.address or "") if found else None
        if address is None:
            return ""
        mine = (s for s in self._subnets if (s.project, s.network) == (project, network))
        return next((s.region for s in mine if address in s.range), "")
