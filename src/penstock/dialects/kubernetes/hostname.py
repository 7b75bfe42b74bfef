"""Host names of Ingress and of certificates: a DNS name, or ``*.`` and a DNS name."""

from __future__ import annotations

from typing import Final

from penstock.model import HostKind, HostPattern

ANY_HOST: Final = HostPattern(HostKind.ANY)


def host_pattern(host: str) -> HostPattern:
    """The pattern of a host that the API would accept."""
    if host.startswith("*."):
        return HostPattern(HostKind.ONE_LABEL_WILDCARD, host[2:])
    return HostPattern(HostKind.EXACT, host)


def covers(san: str, host: str) -> bool:
    """Whether a certificate's DNS name is valid for a host or for a wildcard host.

    RFC 6125: a wildcard stands for exactly one label.
    """
    if san == host:
        return True
    return san.startswith("*.") and "*" not in host and host.partition(".")[2] == san[2:]
