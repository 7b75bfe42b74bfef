"""Which kinds of Cloud DNS Penstock reads, and what lists of them are called."""

from __future__ import annotations

from typing import Final

from penstock.objects.dns.base import DnsResource
from penstock.objects.dns.managed_zone import ManagedZone
from penstock.objects.dns.record_set import ResourceRecordSet

KINDS: Final[dict[str, type[DnsResource]]] = {
    kind.KIND: kind for kind in (ResourceRecordSet, ManagedZone)
}
"""The kinds that are read."""

LISTS: Final = {
    "dns#resourceRecordSetsListResponse": "rrsets",
    "dns#managedZonesListResponse": "managedZones",
}
"""Answers of the API that hold several, and the field that does."""

PASSED_OVER: Final = frozenset(
    ["change", "dnsKey", "operation", "policy", "project", "responsePolicy", "responsePolicyRule"]
)
"""Other resources of the API, without the prefix."""
