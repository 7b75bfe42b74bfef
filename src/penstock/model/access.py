"""Who may connect to a forwarding rule, by where the client's address is."""

from __future__ import annotations

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


class ClientAccess(msgspec.Struct, frozen=True):
    """Of all ranges that have a client's address the longest decides; a client in none may
    connect."""

    ranges: tuple[ClientRange, ...]
    """Sorted by range; ranges that decide nothing are left out."""
