"""Who may connect to a forwarding rule, by where the client's address is."""

from __future__ import annotations

import ipaddress

import msgspec

from penstock.model.origin import Origin


class ClientRange(msgspec.Struct, frozen=True, omit_defaults=True):
    """A range of client addresses, and where it is."""

    range: str
    """CIDR, IPv4 or IPv6."""
    network: str
    region: str
    """Empty: nobody said."""
    allowed: bool
    origin: Origin
    reason: str = ""
    """Why its clients may not connect, as half a sentence; empty if they may."""


class ClientAccess(msgspec.Struct, frozen=True):
    """Of all ranges that have a client's address the longest decides; a client in none may
    connect."""

    ranges: tuple[ClientRange, ...]
    """Sorted by range, each once; ranges that decide nothing are left out."""

    def decisive(self, address: str) -> ClientRange | None:
        """The range that decides about a client; None if none has its address."""
        client = ipaddress.ip_address(address)
        having = [r for r in self.ranges if client in ipaddress.ip_network(r.range)]
        return max(having, key=lambda r: ipaddress.ip_network(r.range).prefixlen, default=None)
