"""DNS routing policies: names whose answer depends on who asks and on what is healthy."""

from __future__ import annotations

import enum

import msgspec

from penstock.model.names import ForwardingRuleName
from penstock.model.origin import Origin, Setting


class DnsPolicyKind(enum.StrEnum):
    """How one of a record's items is chosen."""

    GEO = "GEO"
    """The client's region's, else the nearest's."""
    WEIGHTED = "WEIGHTED"
    FAILOVER = "FAILOVER"
    """The first item while it is healthy, the rest as a GEO policy after it."""
    SIMPLE = "SIMPLE"
    """One item."""


class DnsTarget(msgspec.Struct, frozen=True, omit_defaults=True):
    """One load balancer of an item."""

    address: str
    """What the input says; the answer is where the forwarding rule really listens."""
    rule: ForwardingRuleName | None = None
    """Whose backends' health decides; None is an address without health check."""


class DnsItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answer of a record."""

    targets: tuple[DnsTarget, ...]
    region: str = ""
    weight: float = 1.0
    is_backup: bool = False
    """FAILOVER: not the primary."""


class DnsRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """One name and type."""

    name: str
    """Absolute and in lower case: ``api.example.internal.``."""
    type: str
    """``A`` or ``AAAA``; a record of another type has no items: only its name is there."""
    ttl: Setting[int]
    """Seconds that resolvers may keep the answer."""
    kind: DnsPolicyKind
    items: tuple[DnsItem, ...]
    origin: Origin
    fencing: bool = False
    """GEO: whether only the nearest item counts, healthy or not."""
    trickle: float = 0.0
    """FAILOVER: share of the answers that get a backup though the primary is healthy."""


class DnsZone(msgspec.Struct, frozen=True, omit_defaults=True):
    """A subtree of names under one authority."""

    name: str
    """Absolute and in lower case."""
    origin: Origin
    is_public: bool = False
    is_elsewhere: bool = False
    """Whether others answer for it: here it is refused."""
    networks: tuple[str, ...] = ()
    """``project/network`` of those that see it; empty is all."""
    name_servers: tuple[str, ...] = ()
    """Absolute names; empty is the plane's own choice."""


class ClientPlace(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where clients of a range are; of all ranges that have an address the longest decides."""

    range: str
    """CIDR, IPv4 or IPv6."""
    region: str
    origin: Origin
    network: str = ""
    """``project/network``; empty is unknown."""
