"""Where a client is: of all ranges that have its address the longest says it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import NamedTuple

from penstock.model import ClientPlace

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


class Place(NamedTuple):
    """What is known of a client."""

    region: str
    network: str = ""
    """Empty is unknown."""
    range: str = ""
    """The range that says it; empty if none does."""


class Places:
    """The ranges of one model."""

    def __init__(self, places: Iterable[ClientPlace]) -> None:
        self._by_prefix: dict[int, dict[int, dict[int, Place]]] = {4: {}, 6: {}}
        for place in places:
            known = ipaddress.ip_network(place.range)
            table = self._by_prefix[known.version].setdefault(known.prefixlen, {})
            table[int(known.network_address)] = Place(place.region, place.network, place.range)
        self._prefixes = {
            version: sorted(tables, reverse=True) for version, tables in self._by_prefix.items()
        }

    def of(self, address: str) -> Place:
        """The place of an IPv4 or IPv6 address; IPv4 in IPv6 counts as IPv4."""
        ip: IpAddress = ipaddress.ip_address(address.partition("%")[0])
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        for prefix in self._prefixes[ip.version]:
            shift = ip.max_prefixlen - prefix
            found = self._by_prefix[ip.version][prefix].get(int(ip) >> shift << shift)
            if found is not None:
                return found
        return Place("")
