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
    OUTPUT,
    Table,
    row,
)

TABLE: Table = {
    BackendService: (
        row(
            "affinityCookieTtlSec",
            HONOURED,
            "seconds; of the cookies of GENERATED_COOKIE, and of HTTP_COOKIE without a ttl",
        ),
        row("backends", HONOURED, "the groups of endpoints"),
        row("cdnPolicy", NOT_INTERNAL, "for external load balancers only"),
        row(
            "circuitBreakers", HONOURED, "limits of each proxy; without them only retries have one"
        ),
        row(
            "compressionMode",
            NOT_INTERNAL,
            "for external load balancers only",
            usual=("DISABLED",),
            values="AUTOMATIC DISABLED",
        ),
        row("connectionDraining", HONOURED, "how long sessions go on with an endpoint that left"),
        row("connectionTrackingPolicy", NOT_INTERNAL, "for passthrough load balancers only"),
        row("consistentHash", HONOURED, "with RING_HASH and MAGLEV"),
        row("customMetrics", HONOURED, "by which WEIGHTED_ROUND_ROBIN weighs endpoints"),
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
            HONOURED,
            "of names that are looked up, and of endpoints with two addresses",
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
            HONOURED,
            "ROUND_ROBIN if not written, MAGLEV with a session affinity",
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
        row("logConfig", HONOURED, "without it every request is logged (at Google none is)"),
        row(
            "maxStreamDuration", NOT_INTERNAL, "for Cloud Service Mesh (INTERNAL_SELF_MANAGED) only"
        ),
        row("metadatas", DESCRIPTIVE, "for people and scripts"),
        row("network", NOT_INTERNAL, "for passthrough load balancers only"),
        row(
            "networkPassThroughLbTrafficPolicy", NOT_INTERNAL, "for passthrough load balancers only"
        ),
        row("orchestrationInfo", OUTPUT),
        row("outlierDetection", HONOURED, "each proxy for itself; off if not written"),
        row("params", NO_EFFECT, "tags of Resource Manager belong to Google Cloud itself"),
        row("port", NOT_INTERNAL, "replaced by portName", usual=(80,)),
        row("portName", HONOURED, "instance groups: the name of the port"),
        row("protocol", HONOURED, values="GRPC H2C HTTP HTTP2 HTTPS SSL TCP UDP UNSPECIFIED"),
        row(
            "securityPolicy",
            HONOURED,
            "a compute#securityPolicy, or one of spec.securityPolicies of a PenstockConfig",
        ),
        row(
            "securitySettings", NOT_INTERNAL, "for Cloud Service Mesh (INTERNAL_SELF_MANAGED) only"
        ),
        row("serviceBindings", NOT_INTERNAL, "for Cloud Service Mesh (INTERNAL_SELF_MANAGED) only"),
        row("serviceLbPolicy", HONOURED, "of the backend service's region, or global"),
        row(
            "sessionAffinity",
            HONOURED,
            "NONE if not written",
            usual=("NONE",),
            values=(
                "CLIENT_IP CLIENT_IP_NO_DESTINATION CLIENT_IP_PORT_PROTO "
                "CLIENT_IP_PROTO GENERATED_COOKIE HEADER_FIELD HTTP_COOKIE NONE "
                "STRONG_COOKIE_AFFINITY"
            ),
        ),
        row("strongSessionAffinityCookie", HONOURED, "needed for STRONG_COOKIE_AFFINITY"),
        row("subsetting", HONOURED),
        row("timeoutSec", HONOURED, "seconds; 30 if not written"),
        row("tlsSettings", HONOURED),
        row("usedBy", OUTPUT),
    ),
    Backend: (
        row(
            "balancingMode",
            HONOURED,
            "network endpoint groups: without one there is no limit",
            values="CONNECTION CUSTOM_METRICS IN_FLIGHT RATE UTILIZATION",
        ),
        row("capacityScaler", HONOURED, "1 if not written; 0 sends nothing"),
        row("customMetrics", HONOURED, "of CUSTOM_METRICS"),
        row("description", DESCRIPTIVE, "for people"),
        row("failover", NOT_INTERNAL, "for passthrough load balancers only"),
        row("group", HONOURED, "a network endpoint group or an instance group"),
        row("maxConnections", HONOURED, "of CONNECTION"),
        row("maxConnectionsPerEndpoint", HONOURED, "of CONNECTION"),
        row("maxConnectionsPerInstance", HONOURED, "of CONNECTION"),
        row("maxInFlightRequests", HONOURED, "of IN_FLIGHT"),
        row("maxInFlightRequestsPerEndpoint", HONOURED, "of IN_FLIGHT"),
        row("maxInFlightRequestsPerInstance", HONOURED, "of IN_FLIGHT"),
        row("maxRate", HONOURED, "of RATE, and a second limit of UTILIZATION"),
        row("maxRatePerEndpoint", HONOURED, "of RATE"),
        row("maxRatePerInstance", HONOURED, "of RATE, and a second limit of UTILIZATION"),
        row("maxUtilization", HONOURED, "of UTILIZATION; 0.8 if not written"),
        row("orchestrationInfo", OUTPUT),
        row(
            "preference",
            HONOURED,
            "PREFERRED groups are filled first",
            values="DEFAULT PREFERENCE_UNSPECIFIED PREFERRED",
        ),
        row(
            "trafficDuration",
            NO_EFFECT,
            "requests in flight are counted, however long they take",
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
        row("dryRun", HONOURED, "measured, but decides nothing"),
        row("maxUtilization", HONOURED, "0.8 if not written"),
        row("name", HONOURED, "as endpoints report it"),
    ),
    CustomMetric: (
        row("dryRun", HONOURED, "such a metric weighs nothing"),
        row("name", HONOURED, "as in the header endpoint-load-metrics"),
    ),
    CircuitBreakers: (
        row("maxConnections", HONOURED, "no limit if not written"),
        row("maxPendingRequests", HONOURED, "no limit if not written"),
        row("maxRequests", HONOURED, "no limit if not written"),
        row("maxRequestsPerConnection", HONOURED, "no limit if not written"),
        row("maxRetries", HONOURED, "1 if not written"),
    ),
    ConnectionDraining: (row("drainingTimeoutSec", HONOURED, "0 to 3,600; 0 if not written"),),
    ConsistentHash: (
        row("httpCookie", HONOURED, "needed for HTTP_COOKIE; made where the client has none"),
        row("httpHeaderName", HONOURED, "needed for HEADER_FIELD"),
        row("minimumRingSize", HONOURED, "RING_HASH only; 1,024 if not written"),
    ),
    ConsistentHashCookie: (
        row("name", HONOURED),
        row("path", HONOURED, "/ if not written"),
        row("ttl", HONOURED, "0 is the browser's session"),
    ),
    HttpCookie: (
        row("name", HONOURED),
        row("path", HONOURED, "/ if not written"),
        row("ttl", HONOURED, "0 is the browser's session"),
    ),
    OutlierDetection: (
        row(
            "baseEjectionTime",
            HONOURED,
            "30 s if not written; times how often the endpoint was left out",
        ),
        row("consecutiveErrors", HONOURED, "5 if not written"),
        row("consecutiveGatewayFailure", HONOURED, "3 if not written"),
        row("enforcingConsecutiveErrors", HONOURED, "0 if not written"),
        row("enforcingConsecutiveGatewayFailure", HONOURED, "100 if not written"),
        row("enforcingSuccessRate", HONOURED, "100 if not written"),
        row("interval", HONOURED, "1 s if not written"),
        row("maxEjectionPercent", HONOURED, "50 if not written"),
        row("successRateMinimumHosts", HONOURED, "5 if not written"),
        row("successRateRequestVolume", HONOURED, "100 if not written"),
        row("successRateStdevFactor", HONOURED, "1,900 if not written"),
    ),
    LogConfig: (
        row("enable", HONOURED, "false if not written: no request is logged"),
        row("loggingHttpRequestHeaders", HONOURED, "in an entry's request_headers"),
        row("loggingHttpResponseHeaders", HONOURED, "in an entry's response_headers"),
        row(
            "optionalFields", HONOURED, "tls.cipher, orca_load_report; tls.protocol is always there"
        ),
        row(
            "optionalMode",
            HONOURED,
            "",
            usual=("EXCLUDE_ALL_OPTIONAL",),
            values="CUSTOM EXCLUDE_ALL_OPTIONAL INCLUDE_ALL_OPTIONAL",
        ),
        row("sampleRate", HONOURED, "1.0 if not written", usual=(1.0,)),
    ),
    LoggedHeader: (row("headerName", HONOURED),),
    Subsetting: (
        row(
            "policy",
            HONOURED,
            "of regional backend services",
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
