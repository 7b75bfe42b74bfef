"""Finding codes about names of load balancers."""

from __future__ import annotations

from penstock.model import Severity, code

TARGET_NOT_FOUND = code(
    "dns/target-not-found",
    Severity.ERROR,
    "A routing policy names a load balancer that is not there",
)
TARGET_NOT_SUPPORTED = code(
    "dns/target-not-supported",
    Severity.WARNING,
    "A routing policy names a load balancer of a type that is not served yet",
)
EXTERNAL_NOT_PROBED = code(
    "dns/external-not-probed",
    Severity.WARNING,
    "External endpoints of a routing policy are answered whatever their health",
)
PUBLIC_ZONE = code(
    "dns/public-zone",
    Severity.ERROR,
    "A routing policy in a public zone names an internal load balancer",
)
TYPE_NOT_SERVED = code(
    "dns/type-not-served", Severity.INFO, "A record set of another type than A and AAAA"
)
ZONE_NOT_SERVED = code(
    "dns/zone-not-served", Severity.INFO, "A zone's answers come from somewhere else"
)
REGION_UNKNOWN = code(
    "dns/region-unknown",
    Severity.WARNING,
    "A geolocation policy names a region that nobody knows",
)
ZONE_TWICE = code("dns/zone-twice", Severity.WARNING, "Two zones have the same DNS name")
