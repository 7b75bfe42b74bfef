"""Forwarding rules and target proxies."""

from __future__ import annotations

from penstock.objects.compute.fields.row import (
    CHECKED,
    DESCRIPTIVE,
    HONOURED,
    NO_EFFECT,
    NOT_INTERNAL,
    OUTPUT,
    Table,
    row,
)
from penstock.objects.compute.forwarding import ForwardingRule, TargetHttpProxy, TargetHttpsProxy

TABLE: Table = {
    ForwardingRule: (
        row(
            "IPAddress",
            HONOURED,
            "an address, or the name or URL of an address resource; without it one is chosen",
        ),
        row("IPAddresses", NOT_INTERNAL, "for Private Service Connect only"),
        row("IPProtocol", CHECKED, "TCP", values="AH ESP ICMP L3_DEFAULT SCTP TCP UDP"),
        row("allPorts", NOT_INTERNAL, "for passthrough load balancers only"),
        row(
            "allowGlobalAccess",
            HONOURED,
            "lets clients of other regions in; a change in a file is a new rule, as it would be "
            "with the API, which does not change it",
        ),
        row("allowPscGlobalAccess", NOT_INTERNAL, "for Private Service Connect only"),
        row("attachedExtensions", OUTPUT),
        row(
            "availabilityGroup",
            NOT_INTERNAL,
            "for passthrough load balancers only",
            values="AVAILABILITY_GROUP0 AVAILABILITY_GROUP1 AVAILABILITY_GROUP_UNSPECIFIED",
        ),
        row("backendService", NOT_INTERNAL, "for passthrough load balancers only"),
        row("baseForwardingRule", OUTPUT),
        row("childForwardingRules", OUTPUT),
        row(
            "externalManagedBackendBucketMigrationState",
            NOT_INTERNAL,
            "for external load balancers only",
            values="PREPARE TEST_ALL_TRAFFIC TEST_BY_PERCENTAGE",
        ),
        row(
            "externalManagedBackendBucketMigrationTestingPercentage",
            NOT_INTERNAL,
            "for external load balancers only",
        ),
        row("ipCollection", NOT_INTERNAL, "for external load balancers only"),
        row(
            "ipVersion",
            NO_EFFECT,
            "the address says it",
            usual=("IPV4", "UNSPECIFIED_VERSION"),
            values="IPV4 IPV6 UNSPECIFIED_VERSION",
        ),
        row("isMirroringCollector", NOT_INTERNAL, "for passthrough load balancers only"),
        row("labelFingerprint", OUTPUT),
        row("labels", DESCRIPTIVE, "for people and scripts"),
        row(
            "loadBalancingScheme",
            HONOURED,
            "INTERNAL_MANAGED; others are not supported yet",
            values=(
                "EXTERNAL EXTERNAL_MANAGED EXTERNAL_PASSTHROUGH INTERNAL "
                "INTERNAL_MANAGED INTERNAL_SELF_MANAGED INVALID"
            ),
        ),
        row("metadataFilters", NOT_INTERNAL, "for Cloud Service Mesh (INTERNAL_SELF_MANAGED) only"),
        row("network", HONOURED, "which addresses must not meet, and whose clients may connect"),
        row(
            "networkTier",
            NO_EFFECT,
            "there is one network here",
            usual=("PREMIUM",),
            values="FIXED_STANDARD PREMIUM STANDARD STANDARD_OVERRIDES_FIXED_STANDARD",
        ),
        row("noAutomateDnsZone", NOT_INTERNAL, "for Private Service Connect only"),
        row("parentForwardingRule", OUTPUT),
        row("portRange", HONOURED, "exactly one port, 1 to 65535"),
        row("ports", NOT_INTERNAL, "for passthrough load balancers only; write portRange"),
        row("pscConnectionId", OUTPUT),
        row(
            "pscConnectionStatus",
            OUTPUT,
            values="ACCEPTED CLOSED NEEDS_ATTENTION PENDING REJECTED STATUS_UNSPECIFIED",
        ),
        row(
            "serviceDirectoryRegistrations",
            NO_EFFECT,
            "Service Directory is a service of Google Cloud",
        ),
        row("serviceLabel", NOT_INTERNAL, "for passthrough load balancers only"),
        row("serviceName", OUTPUT),
        row("sourceIpRanges", NOT_INTERNAL, "for external load balancers only"),
        row("subnetwork", HONOURED, "the address is out of its range"),
        row("target", HONOURED, "a target HTTP or HTTPS proxy"),
    ),
    TargetHttpProxy: (
        row(
            "httpKeepAliveTimeoutSec",
            NOT_INTERNAL,
            "global external load balancers only; internal ones close idle connections after 600 s",
        ),
        row("proxyBind", NOT_INTERNAL, "for Cloud Service Mesh (INTERNAL_SELF_MANAGED) only"),
        row("urlMap", HONOURED),
    ),
    TargetHttpsProxy: (
        row(
            "authorizationPolicy",
            NOT_INTERNAL,
            "for Cloud Service Mesh (INTERNAL_SELF_MANAGED) only",
        ),
        row("certificateMap", NOT_INTERNAL, "for external load balancers only"),
        row(
            "httpKeepAliveTimeoutSec",
            NOT_INTERNAL,
            "global external load balancers only; internal ones close idle connections after 600 s",
        ),
        row("proxyBind", NOT_INTERNAL, "for Cloud Service Mesh (INTERNAL_SELF_MANAGED) only"),
        row(
            "quicOverride",
            NOT_INTERNAL,
            "for external load balancers only",
            usual=("NONE",),
            values="DISABLE ENABLE NONE",
        ),
        row("serverTlsPolicy", HONOURED, "client certificates"),
        row("sslCertificates", HONOURED, "the first is the default"),
        row("sslPolicy", HONOURED),
        row(
            "tlsEarlyData",
            NOT_INTERNAL,
            "for external load balancers only",
            usual=("DISABLED",),
            values="DISABLED PERMISSIVE STRICT UNRESTRICTED",
        ),
        row("urlMap", HONOURED),
    ),
}
