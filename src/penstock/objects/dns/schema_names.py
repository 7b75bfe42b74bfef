"""What the API calls the schemas that have shorter names here."""

from __future__ import annotations

import msgspec

_NAMES = {
    "LoadBalancerTarget": "RRSetRoutingPolicyLoadBalancerTarget",
    "HealthCheckTargets": "RRSetRoutingPolicyHealthCheckTargets",
    "GeoPolicy": "RRSetRoutingPolicyGeoPolicy",
    "GeoPolicyItem": "RRSetRoutingPolicyGeoPolicyGeoPolicyItem",
    "WrrPolicy": "RRSetRoutingPolicyWrrPolicy",
    "WrrPolicyItem": "RRSetRoutingPolicyWrrPolicyWrrPolicyItem",
    "PrimaryBackupPolicy": "RRSetRoutingPolicyPrimaryBackupPolicy",
    "RoutingPolicy": "RRSetRoutingPolicy",
    "DnsSecConfig": "ManagedZoneDnsSecConfig",
    "CloudLoggingConfig": "ManagedZoneCloudLoggingConfig",
    "VisibilityConfig": "ManagedZonePrivateVisibilityConfig",
    "VisibilityNetwork": "ManagedZonePrivateVisibilityConfigNetwork",
}


def schema_name(kind: type[msgspec.Struct]) -> str:
    """The API's name of a schema, as its discovery document has it."""
    return _NAMES.get(kind.__name__, kind.__name__)
