"""Backend services."""

from __future__ import annotations

from penstock.objects.compute.backend_service import (
    Backend,
    BackendCustomMetric,
    BackendService,
    CircuitBreakers,
    ConnectionDraining,
    ConsistentHash,
    ConsistentHashCookie,
    CustomLocalityPolicy,
    CustomMetric,
    HttpCookie,
    LocalityPolicy,
    LocalityPolicyConfig,
    LogConfig,
    LoggedHeader,
    OutlierDetection,
    SubjectAltName,
    Subsetting,
    TlsSettings,
)
from penstock.objects.compute.fields.row import (
    DESCRIPTIVE,
    HONOURED,
    NO_EFFECT,
    NOT_INTERNAL,
    NOT_YET,
    OUTPUT,
    Table,
    row,
)

TABLE: Table = {
    BackendService: (
        row("affinityCookieTtlSec", NOT_YET, "balancing and health come later"),
        row("backends", HONOURED, "the groups of endpoints"),
        row("cdnPolicy", NOT_INTERNAL, "for external load balancers only"),
        row("circuitBreakers", NOT_YET, "balancing and health come later"),
        row(
            "compressionMode",
            NOT_INTERNAL,
            "for external load balancers only",
            usual=("DISABLED",),
            values="AUTOMATIC DISABLED",
        ),
        row("connectionDraining", NOT_YET, "balancing and health come later"),
        row("connectionTrackingPolicy", NOT_INTERNAL, "for passthrough load balancers only"),
        row("consistentHash", NOT_YET, "balancing and health come later"),
        row("customMetrics", NOT_YET, "balancing and health come later"),
        row(
            "customRequestHeaders",
            NOT_INTERNAL,
            "internal load balancers have headerAction in URL maps instead",
        ),
        row(
            "customResponseHeaders",
            NOT_INTERNAL,
            "internal load balancers have headerAction in URL maps instead",
        ),
        row("dynamicForwarding", NOT_INTERNAL, "for external load balancers only"),
        row("edgeSecurityPolicy", NOT_INTERNAL, "for external load balancers only"),
        row("enableCDN", NOT_INTERNAL, "for external load balancers only"),
        row(
            "externalManagedMigrationState",
            NOT_INTERNAL,
            "for external load balancers only",
            values="PREPARE TEST_ALL_TRAFFIC TEST_BY_PERCENTAGE",
        ),
        row(
            "externalManagedMigrationTestingPercentage",
            NOT_INTERNAL,
            "for external load balancers only",
        ),
        row("failoverPolicy", NOT_INTERNAL, "for passthrough load balancers only"),
        row("haPolicy", NOT_INTERNAL, "for passthrough load balancers only"),
        row("healthChecks", HONOURED, "none or one"),
        row("iap", NO_EFFECT, "Identity-Aware Proxy is a service of Google Cloud"),
        row(
            "ipAddressSelectionPolicy",
            NOT_YET,
            "balancing and health come later",
            usual=(
                "IPV4_ONLY",
                "IP_ADDRESS_SELECTION_POLICY_UNSPECIFIED",
            ),
            values=("IPV4_ONLY IPV6_ONLY IP_ADDRESS_SELECTION_POLICY_UNSPECIFIED PREFER_IPV6"),
        ),
        row(
            "loadBalancingScheme",
            HONOURED,
            "INTERNAL_MANAGED; others are not supported yet",
            values=(
                "EXTERNAL EXTERNAL_MANAGED EXTERNAL_PASSTHROUGH INTERNAL "
                "INTERNAL_MANAGED INTERNAL_SELF_MANAGED INVALID_LOAD_BALANCING_SCHEME"
            ),
        ),
        row(
            "localityLbPolicies",
            NOT_INTERNAL,
            "for Cloud Service Mesh (INTERNAL_SELF_MANAGED) only",
        ),
        row(
            "localityLbPolicy",
            NOT_YET,
            "balancing and health come later",
            usual=(
                "ROUND_ROBIN",
                "INVALID_LB_POLICY",
            ),
            values=(
                "INVALID_LB_POLICY LEAST_REQUEST MAGLEV ORIGINAL_DESTINATION RANDOM "
                "RING_HASH ROUND_ROBIN WEIGHTED_GCP_RENDEZVOUS WEIGHTED_MAGLEV "
                "WEIGHTED_ROUND_ROBIN"
            ),
        ),
        row("logConfig", NOT_YET, "every request is logged"),
        row(
            "maxStreamDuration", NOT_INTERNAL, "for Cloud Service Mesh (INTERNAL_SELF_MANAGED) only"
        ),
        row("metadatas", DESCRIPTIVE, "for people and scripts"),
        row("network", NOT_INTERNAL, "for passthrough load balancers only"),
        row(
            "networkPassThroughLbTrafficPolicy", NOT_INTERNAL, "for passthrough load balancers only"
        ),
        row("orchestrationInfo", OUTPUT),
        row("outlierDetection", NOT_YET, "balancing and health come later"),
        row("params", NO_EFFECT, "tags of Resource Manager belong to Google Cloud itself"),
        row("port", NOT_INTERNAL, "replaced by portName", usual=(80,)),
        row("portName", HONOURED, "instance groups: the name of the port"),
        row("protocol", HONOURED, values="GRPC H2C HTTP HTTP2 HTTPS SSL TCP UDP UNSPECIFIED"),
        row("securityPolicy", NO_EFFECT, "Cloud Armor is a service of Google Cloud"),
        row(
            "securitySettings", NOT_INTERNAL, "for Cloud Service Mesh (INTERNAL_SELF_MANAGED) only"
        ),
        row("serviceBindings", NOT_INTERNAL, "for Cloud Service Mesh (INTERNAL_SELF_MANAGED) only"),
        row("serviceLbPolicy", NOT_YET, "balancing and health come later"),
        row(
            "sessionAffinity",
            NOT_YET,
            "balancing and health come later",
            usual=("NONE",),
            values=(
                "CLIENT_IP CLIENT_IP_NO_DESTINATION CLIENT_IP_PORT_PROTO "
                "CLIENT_IP_PROTO GENERATED_COOKIE HEADER_FIELD HTTP_COOKIE NONE "
                "STRONG_COOKIE_AFFINITY"
            ),
        ),
        row("strongSessionAffinityCookie", NOT_YET, "balancing and health come later"),
        row("subsetting", NOT_YET, "balancing and health come later"),
        row("timeoutSec", HONOURED, "seconds; 30 if not written"),
        row("tlsSettings", HONOURED),
        row("usedBy", OUTPUT),
    ),
    Backend: (
        row(
            "balancingMode",
            NOT_YET,
            "balancing and health come later",
            usual=("UTILIZATION",),
            values="CONNECTION CUSTOM_METRICS IN_FLIGHT RATE UTILIZATION",
        ),
        row("capacityScaler", NOT_YET, "balancing and health come later", usual=(1.0,)),
        row("customMetrics", NOT_YET, "balancing and health come later"),
        row("description", DESCRIPTIVE, "for people"),
        row("failover", NOT_INTERNAL, "for passthrough load balancers only"),
        row("group", HONOURED, "a network endpoint group or an instance group"),
        row("maxConnections", NOT_YET, "balancing and health come later"),
        row("maxConnectionsPerEndpoint", NOT_YET, "balancing and health come later"),
        row("maxConnectionsPerInstance", NOT_YET, "balancing and health come later"),
        row("maxInFlightRequests", NOT_YET, "balancing and health come later"),
        row("maxInFlightRequestsPerEndpoint", NOT_YET, "balancing and health come later"),
        row("maxInFlightRequestsPerInstance", NOT_YET, "balancing and health come later"),
        row("maxRate", NOT_YET, "balancing and health come later"),
        row("maxRatePerEndpoint", NOT_YET, "balancing and health come later"),
        row("maxRatePerInstance", NOT_YET, "balancing and health come later"),
        row("maxUtilization", NOT_YET, "balancing and health come later"),
        row("orchestrationInfo", OUTPUT),
        row(
            "preference",
            NOT_YET,
            "balancing and health come later",
            usual=(
                "DEFAULT",
                "PREFERENCE_UNSPECIFIED",
            ),
            values="DEFAULT PREFERENCE_UNSPECIFIED PREFERRED",
        ),
        row(
            "trafficDuration",
            NOT_YET,
            "balancing and health come later",
            usual=("TRAFFIC_DURATION_UNSPECIFIED",),
            values="LONG SHORT TRAFFIC_DURATION_UNSPECIFIED",
        ),
    ),
    TlsSettings: (
        row("authenticationConfig", HONOURED, "a BackendAuthenticationConfig"),
        row("identity", NO_EFFECT, "managed workload identities are a service of Google Cloud"),
        row("sni", HONOURED, "sent to endpoints, whose certificate has to have the name"),
        row("subjectAltNames", HONOURED, "at most 5"),
    ),
    SubjectAltName: (
        row("dnsName", HONOURED),
        row("uniformResourceIdentifier", HONOURED),
    ),
    BackendCustomMetric: (
        row("dryRun", NOT_YET, "balancing and health come later"),
        row("maxUtilization", NOT_YET, "balancing and health come later"),
        row("name", NOT_YET, "balancing and health come later"),
    ),
    CustomMetric: (
        row("dryRun", NOT_YET, "balancing and health come later"),
        row("name", NOT_YET, "balancing and health come later"),
    ),
    CircuitBreakers: (
        row("maxConnections", NOT_YET, "balancing and health come later"),
        row("maxPendingRequests", NOT_YET, "balancing and health come later"),
        row("maxRequests", NOT_YET, "balancing and health come later"),
        row("maxRequestsPerConnection", NOT_YET, "balancing and health come later"),
        row("maxRetries", NOT_YET, "balancing and health come later"),
    ),
    ConnectionDraining: (row("drainingTimeoutSec", NOT_YET, "balancing and health come later"),),
    ConsistentHash: (
        row("httpCookie", NOT_YET, "balancing and health come later"),
        row("httpHeaderName", NOT_YET, "balancing and health come later"),
        row("minimumRingSize", NOT_YET, "balancing and health come later"),
    ),
    ConsistentHashCookie: (
        row("name", NOT_YET, "balancing and health come later"),
        row("path", NOT_YET, "balancing and health come later"),
        row("ttl", NOT_YET, "balancing and health come later"),
    ),
    HttpCookie: (
        row("name", NOT_YET, "balancing and health come later"),
        row("path", NOT_YET, "balancing and health come later"),
        row("ttl", NOT_YET, "balancing and health come later"),
    ),
    OutlierDetection: (
        row("baseEjectionTime", NOT_YET, "balancing and health come later"),
        row("consecutiveErrors", NOT_YET, "balancing and health come later"),
        row("consecutiveGatewayFailure", NOT_YET, "balancing and health come later"),
        row("enforcingConsecutiveErrors", NOT_YET, "balancing and health come later"),
        row("enforcingConsecutiveGatewayFailure", NOT_YET, "balancing and health come later"),
        row("enforcingSuccessRate", NOT_YET, "balancing and health come later"),
        row("interval", NOT_YET, "balancing and health come later"),
        row("maxEjectionPercent", NOT_YET, "balancing and health come later"),
        row("successRateMinimumHosts", NOT_YET, "balancing and health come later"),
        row("successRateRequestVolume", NOT_YET, "balancing and health come later"),
        row("successRateStdevFactor", NOT_YET, "balancing and health come later"),
    ),
    LogConfig: (
        row("enable", NOT_YET, "every request is logged"),
        row("loggingHttpRequestHeaders", NOT_YET, "every request is logged"),
        row("loggingHttpResponseHeaders", NOT_YET, "every request is logged"),
        row("optionalFields", NOT_YET, "every request is logged"),
        row(
            "optionalMode",
            NOT_YET,
            "every request is logged",
            usual=("EXCLUDE_ALL_OPTIONAL",),
            values="CUSTOM EXCLUDE_ALL_OPTIONAL INCLUDE_ALL_OPTIONAL",
        ),
        row("sampleRate", NOT_YET, "every request is logged", usual=(1.0,)),
    ),
    LoggedHeader: (row("headerName", NOT_YET, "balancing and health come later"),),
    Subsetting: (
        row(
            "policy",
            NOT_YET,
            "balancing and health come later",
            usual=("NONE",),
            values="CONSISTENT_HASH_SUBSETTING NONE",
        ),
    ),
    LocalityPolicyConfig: (
        row("customPolicy", NOT_INTERNAL, "for Cloud Service Mesh (INTERNAL_SELF_MANAGED) only"),
        row("policy", NOT_INTERNAL, "for Cloud Service Mesh (INTERNAL_SELF_MANAGED) only"),
    ),
    LocalityPolicy: (
        row(
            "name",
            NOT_INTERNAL,
            "for Cloud Service Mesh (INTERNAL_SELF_MANAGED) only",
            values=(
                "INVALID_LB_POLICY LEAST_REQUEST MAGLEV ORIGINAL_DESTINATION RANDOM "
                "RING_HASH ROUND_ROBIN WEIGHTED_GCP_RENDEZVOUS WEIGHTED_MAGLEV "
                "WEIGHTED_ROUND_ROBIN"
            ),
        ),
    ),
    CustomLocalityPolicy: (
        row("data", NOT_INTERNAL, "for Cloud Service Mesh (INTERNAL_SELF_MANAGED) only"),
        row("name", NOT_INTERNAL, "for Cloud Service Mesh (INTERNAL_SELF_MANAGED) only"),
    ),
}
