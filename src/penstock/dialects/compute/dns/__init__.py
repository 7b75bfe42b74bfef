"""Names of load balancers: from Cloud DNS resources to records, zones and clients' places.

Flow: `targets` (which forwarding rule an item means) → `records` (policies), `zones`
(whose names they are), `clients` (who asks from where) → `reading`.
"""

from penstock.dialects.compute.dns.reading import DnsReading, read_dns

__all__ = ["DnsReading", "read_dns"]
