"""Addresses and subnetworks."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from penstock.model import FieldPath
from penstock.objects.checks.compute.common import address
from penstock.objects.compute.network import Address, Subnetwork
from penstock.objects.compute.wording import invalid, required
from penstock.objects.problem import Problem

PROXY_ONLY = frozenset(
    {"REGIONAL_MANAGED_PROXY", "GLOBAL_MANAGED_PROXY", "INTERNAL_HTTPS_LOAD_BALANCER"}
)
"""Purposes of subnetworks out of which proxies connect."""


def check_address(reserved: Address) -> Iterator[Problem]:
    """Problems of a reserved address."""
    yield from address(("address",), reserved.address)


def check_subnetwork(subnetwork: Subnetwork) -> Iterator[Problem]:
    """Problems of a subnetwork."""
    given = subnetwork.ip_cidr_range
    if given is None:
        yield required((), "ipCidrRange", "For example ipCidrRange: 10.1.0.0/24")
    else:
        yield from _range(("ipCidrRange",), given)
    for index, item in enumerate(subnetwork.secondary_ip_ranges or ()):
        path = ("secondaryIpRanges", index, "ipCidrRange")
        written = item.get("ipCidrRange") if isinstance(item, dict) else None
        yield from _range(path, "" if written is None else str(written))
    if subnetwork.role is not None and subnetwork.purpose not in PROXY_ONLY:
        reason = "A role can be set only if the purpose is REGIONAL_MANAGED_PROXY or "
        reason += "GLOBAL_MANAGED_PROXY."
        yield invalid(("role",), subnetwork.role, reason)


def _range(path: FieldPath, given: str) -> Iterator[Problem]:
    try:
        ipaddress.ip_network(given)
    except ValueError:
        yield invalid(path, given, "Must be a CIDR address range.", _hint(given))


def _hint(given: str) -> str:
    try:
        return f"Write {ipaddress.ip_network(given, strict=False)}"
    except ValueError:
        return ""
