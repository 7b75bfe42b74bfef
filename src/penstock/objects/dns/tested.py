"""Which test shows that a field of Cloud DNS does what its row says.

As `penstock.objects.compute.fields.tested` has it for Compute: a name without a slash is
a golden case of the dialect, others are files of tests/.
"""

from __future__ import annotations

from collections.abc import Mapping

TESTED: Mapping[str, Mapping[str, str]] = {
    "ResourceRecordSet": {
        "objects/test_dns_fields": "kind",
        "dns-geo": "name routingPolicy rrdatas ttl type",
        "dns/test_dns_answer": "name ttl type",
    },
    "RoutingPolicy": {
        "dns-geo": "geo",
        "dns-failover": "primaryBackup",
        "dns-weighted": "wrr",
        "dns/test_dns_choose": "geo primaryBackup wrr",
    },
    "GeoPolicy": {
        "dns-geo": "enableFencing items",
        "dns/test_dns_choose": "enableFencing items",
        "e2e/test_dns": "items",
    },
    "GeoPolicyItem": {
        "dns-geo": "healthCheckedTargets location rrdatas",
        "dns/test_dns_choose": "healthCheckedTargets location rrdatas",
        "e2e/test_dns": "healthCheckedTargets location",
    },
    "WrrPolicy": {"dns-weighted": "items", "dns/test_dns_choose": "items"},
    "WrrPolicyItem": {
        "dns-weighted": "healthCheckedTargets rrdatas weight",
        "dns/test_dns_choose": "healthCheckedTargets rrdatas weight",
        "e2e/test_dns": "weight",
    },
    "PrimaryBackupPolicy": {
        "dns-failover": "backupGeoTargets primaryTargets trickleTraffic",
        "dns/test_dns_choose": "backupGeoTargets primaryTargets trickleTraffic",
    },
    "HealthCheckTargets": {
        "dns-failover": "externalEndpoints",
        "dns-geo": "internalLoadBalancers",
    },
    "LoadBalancerTarget": {
        "dns-targets": "ipAddress ipProtocol loadBalancerType networkUrl port project region",
    },
    "ManagedZone": {
        "objects/test_dns_fields": "kind",
        "dns-zones": (
            "dnsName forwardingConfig name nameServers peeringConfig privateVisibilityConfig "
            "reverseLookupConfig serviceDirectoryConfig visibility"
        ),
        "dns/test_dns_answer": "nameServers privateVisibilityConfig visibility",
    },
    "VisibilityConfig": {"dns-zones": "networks", "dns/test_dns_answer": "networks"},
    "VisibilityNetwork": {"dns-zones": "networkUrl"},
}
"""By the schema's name: a test, and the fields that it is about."""
