"""Subnetworks, from Compute resources and PenstockConfigs alike.

Clients' and forwarding rules' addresses are in ordinary ones; a proxy-only one
(purpose REGIONAL_MANAGED_PROXY, or GLOBAL_MANAGED_PROXY for global load balancers)
is where the proxies' own connections come from, and nothing else may be there.
Of every range the first two and the last two addresses are reserved.

https://docs.cloud.google.com/vpc/docs/subnets, …/load-balancing/docs/proxy-only-subnets
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from penstock.dialects.compute.config import NetworkName
from penstock.dialects.compute.index import Index
from penstock.model import Origin, Setting
from penstock.objects.compute.base import ANY_PROJECT, GLOBAL, last_segment
from penstock.objects.compute.network import Subnetwork
from penstock.objects.meta import Object

REGIONAL_PROXY: Final = "REGIONAL_MANAGED_PROXY"
GLOBAL_PROXY: Final = "GLOBAL_MANAGED_PROXY"
PROXY_PURPOSES: Final = frozenset(
    {REGIONAL_PROXY, GLOBAL_PROXY, "INTERNAL_HTTPS_LOAD_BALANCER"}  # the last is the old name
)
DEFAULT_NETWORK: Final = "default"
_RESERVED: Final = 2

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Subnet(NamedTuple):
    """One range of addresses."""

    project: str
    region: str
    network: str
    name: str
    range: Network
    purpose: str
    origin: Origin
    secondary: tuple[tuple[Network, Origin], ...] = ()
    """Ranges of machines' alias addresses (pods, say); no load balancer has one of them."""

    @property
    def of(self) -> NetworkName:
        """The network that it is part of."""
        return NetworkName(self.project, self.network)

    @property
    def is_proxy_only(self) -> bool:
        """Whether only proxies have addresses there."""
        return self.purpose in PROXY_PURPOSES

    @property
    def usable(self) -> int:
        """How many addresses are not reserved."""
        return max(0, self.range.num_addresses - 2 * _RESERVED)

    def address(self, number: int) -> str:
        """The usable address with that number, counted from zero."""
        return str(self.range[_RESERVED + number])

    def is_reserved(self, address: Address) -> bool:
        """Whether it is one of the range's first or last two."""
        number = int(address) - int(self.range.network_address)
        return not _RESERVED <= number < self.range.num_addresses - _RESERVED


class Subnets:
    """All subnets of a world."""

    def __init__(self, index: Index) -> None:
        self._all = tuple(sorted((*_written(index), *_configured(index)), key=_order))

    def __iter__(self) -> Iterator[Subnet]:
        return iter(self._all)

    def has_any(self, project: str, location: str) -> bool:
        """Whether anything is known of a region; of all regions for `GLOBAL`."""
        mine = (s for s in self._all if s.project == project)
        return any(location in (s.region, GLOBAL) for s in mine)

    def of(self, project: str, region: str, network: str) -> list[Subnet]:
        """The ordinary subnets of a network in a region."""
        return [s for s in self._in(project, region, network) if not s.is_proxy_only]

    def named(self, project: str, region: str, name: str) -> Subnet | None:
        """A subnet by name."""
        key = (project, region, name)
        return next((s for s in self._all if (s.project, s.region, s.name) == key), None)

    def proxy_only(self, project: str, location: str, network: str, region: str) -> Subnet | None:
        """Where the proxies of a load balancer are; `region` is one for global ones."""
        if location == GLOBAL:
            own = [s for s in self._all if s.purpose == GLOBAL_PROXY and s.project == project]
            own = [s for s in own if s.network == network]
            return next((s for s in own if s.region == region), next(iter(own), None))
        here = self._in(project, location, network)
        return next((s for s in here if s.is_proxy_only and s.purpose != GLOBAL_PROXY), None)

    def of_proxies(self, project: str, location: str, network: str) -> list[Subnet]:
        """Where the proxies of a load balancer are, in all its regions."""
        if location != GLOBAL:
            found = self.proxy_only(project, location, network, location)
            return [found] if found else []
        mine = (s for s in self._all if (s.project, s.network) == (project, network))
        return [s for s in mine if s.purpose == GLOBAL_PROXY]

    def reserved_for_proxies(self, network: NetworkName, address: Address) -> Subnet | None:
        """The proxy-only subnet that an address is in."""
        proxies = (s for s in self._all if s.is_proxy_only and s.of == network)
        return next((s for s in proxies if address in s.range), None)

    def _in(self, project: str, region: str, network: str) -> list[Subnet]:
        key = (project, region, network)
        return [s for s in self._all if (s.project, s.region, s.network) == key]


def source_address(subnet: Subnet | None) -> Setting[str] | None:
    """The first usable address of a proxy-only subnet."""
    if subnet is None or not subnet.usable:
        return None
    return Setting(subnet.address(0), subnet.origin)


def _order(subnet: Subnet) -> tuple[str, str, str, str]:
    return (subnet.project, subnet.region, subnet.network, subnet.name)


def _written(index: Index) -> Iterable[Subnet]:
    for at, obj in index.all(Subnetwork):
        resource = obj.resource
        found = parse_range(resource.ip_cidr_range)
        if found is None or resource.role == "BACKUP":
            continue
        yield Subnet(
            at.project,
            at.location,
            last_segment(resource.network or DEFAULT_NETWORK),
            at.name,
            found,
            resource.purpose or "PRIVATE",
            obj.origin("ipCidrRange"),
            tuple(_secondary(obj)),
        )


def _secondary(obj: Object[Subnetwork]) -> Iterator[tuple[Network, Origin]]:
    for i, item in enumerate(obj.resource.secondary_ip_ranges or ()):
        found = parse_range(item.get("ipCidrRange")) if isinstance(item, dict) else None
        if found is not None:
            yield found, obj.origin("secondaryIpRanges", i, "ipCidrRange")


def _configured(index: Index) -> Iterable[Subnet]:
    config = index.config
    for subnet, origin in config.subnets:
        found = parse_range(subnet.range)
        if found is not None:
            project = config.named(subnet.project or ANY_PROJECT)
            network = last_segment(subnet.network)
            where = origin.child("range")
            yield Subnet(project, subnet.region, network, subnet.name, found, subnet.purpose, where)


def parse_range(text: str | None) -> Network | None:
    """A CIDR; None if it is none, which checks of the field have said."""
    try:
        return ipaddress.ip_network(str(text or ""), strict=False)
    except ValueError:
        return None


def literal(text: str) -> Address | None:
    """The address that is written out; None if it is a name or nothing."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
