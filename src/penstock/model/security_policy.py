"""Who gets through to a backend service, by the address that a connection comes from.

The nouns are those of Cloud Armor (``compute#securityPolicy``): of a policy's rules
the first by priority that has the client's address decides.
"""

from __future__ import annotations

import enum
import ipaddress
from typing import Final

import msgspec

DEFAULT_PRIORITY: Final = 2147483647
"""Of the rule that decides where no other does."""
EVERYBODY: Final = ("0.0.0.0/0", "::/0")
"""The ranges of ``*``."""


class LimitKey(enum.StrEnum):
    """Whose requests are counted together."""

    ALL = "ALL"
    IP = "IP"
    """Those of one client address."""


class RequestLimit(msgspec.Struct, frozen=True):
    """How many requests get through; what is above is answered by the proxy."""

    count: int
    interval: int
    """Seconds in which `count` requests get through."""
    key: LimitKey
    status: int
    """Of the answer to those above."""


class SecurityRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """What becomes of requests from some addresses."""

    priority: int
    """The lowest comes first."""
    ranges: tuple[str, ...]
    """CIDRs, IPv4 or IPv6."""
    deny: int | None = None
    """The status they are answered with; None lets them through."""
    limit: RequestLimit | None = None
    """How many of them get through; None is all."""


class SecurityPolicy(msgspec.Struct, frozen=True):
    """Rules; what none of them has gets through."""

    name: str
    rules: tuple[SecurityRule, ...]
    """By priority, each once; those in preview are left out."""

    def decisive(self, address: str) -> SecurityRule | None:
        """The rule that decides about a client; None if none has its address."""
        client = ipaddress.ip_address(address)
        for rule in self.rules:
            if any(client in ipaddress.ip_network(text) for text in rule.ranges):
                return rule
        return None
