"""Which test shows that a field does what its row says.

By the schema's name: a test, and the fields that it is about.  A name without a slash is
a golden case of the dialect, from the file to the model; its requests, where it has
some, go through a real Envoy.  Others are files of tests/, most of them about what Envoy
makes of the model.  A test watches the dialect in the named golden cases and sees to it
that every field is really read there, with a value.
"""

from __future__ import annotations

from collections.abc import Mapping

CASES = "tests/dialects/compute/cases"
"""Where golden cases are in the repository."""


def proofs_of(schema: str, field: str) -> tuple[str, ...]:
    """Paths in the repository of the tests of one field."""
    return tuple(
        path_of(test) for test, fields in TESTED.get(schema, {}).items() if field in fields.split()
    )


def path_of(test: str) -> str:
    """The path of a test that `TESTED` names."""
    return f"tests/{test}.py" if "/" in test else f"{CASES}/{test}"


TESTED: Mapping[str, Mapping[str, str]] = {
    "ComputeResource": {
        "objects/test_compute_reading": "kind apiVersion name selfLink region",
        "addresses": "name region zone",
        "references": "selfLink",
        "forwarding-age": "creationTimestamp",
    },
    "ForwardingRule": {
        "addresses": "IPAddress loadBalancingScheme network portRange subnetwork target",
        "runtime/test_placer": "IPAddress",
        "objects/test_compute_findings": "IPProtocol",
        "client-access": "allowGlobalAccess network",
        "e2e/test_client_access": "allowGlobalAccess",
    },
    "TargetHttpProxy": {
        "addresses": "urlMap",
    },
    "TargetHttpsProxy": {
        "client-tls": "serverTlsPolicy",
        "envoy_compile/test_front_client_tls": "serverTlsPolicy",
        "certificates": "sslCertificates urlMap",
        "envoy_compile/test_front_certificates": "sslCertificates",
        "ssl-policies": "sslPolicy",
        "envoy_compile/test_front_tls_policies": "sslPolicy",
    },
    "SslCertificate": {
        "certificates": "certificate privateKey selfManaged",
        "envoy_compile/test_front_certificates": "certificate privateKey selfManaged",
        "certificates-missing-local": "managed subjectAlternativeNames",
        "objects/test_compute_findings": "type",
    },
    "SelfManagedCertificate": {
        "certificates": "certificate privateKey",
        "envoy_compile/test_front_certificates": "certificate privateKey",
    },
    "SslPolicy": {
        "ssl-policies": "customFeatures minTlsVersion postQuantumKeyExchange profile",
        "envoy_compile/test_front_tls_policies": "customFeatures minTlsVersion profile",
    },
    "ServerTlsPolicy": {
        "client-tls": "mtlsPolicy",
        "envoy_compile/test_front_client_tls": "mtlsPolicy",
    },
    "MtlsPolicy": {
        "client-tls": "clientValidationMode clientValidationTrustConfig",
        "envoy_compile/test_front_client_tls": "clientValidationMode clientValidationTrustConfig",
    },
    "TrustConfig": {
        "client-tls": "allowlistedCertificates trustStores",
        "envoy_compile/test_front_client_tls": "allowlistedCertificates trustStores",
    },
    "TrustStore": {
        "client-tls": "intermediateCas trustAnchors",
        "envoy_compile/test_front_client_tls": "intermediateCas trustAnchors",
    },
    "TrustAnchor": {
        "client-tls": "pemCertificate",
        "envoy_compile/test_front_client_tls": "pemCertificate",
    },
    "IntermediateCa": {
        "client-tls": "pemCertificate",
        "envoy_compile/test_front_client_tls": "pemCertificate",
    },
    "AllowlistedCertificate": {
        "client-tls": "pemCertificate",
        "envoy_compile/test_front_client_tls": "pemCertificate",
    },
    "BackendAuthenticationConfig": {
        "backend-tls": "clientCertificate trustConfig wellKnownRoots",
        "envoy_compile/test_front_backend_tls": "clientCertificate trustConfig",
    },
    "UrlMap": {
        "default-actions": "defaultRouteAction",
        "hosts": "defaultService hostRules pathMatchers",
        "redirects": "defaultUrlRedirect",
        "header-actions": "headerAction",
        "envoy_compile/test_compile_url_map_actions": "headerAction",
        "tests": "tests",
        "explain/test_url_map_tests": "tests",
    },
    "HostRule": {
        "hosts": "hosts pathMatcher",
        "envoy_compile/test_compile_url_map_matches": "hosts pathMatcher",
    },
    "PathMatcher": {
        "default-actions": "defaultRouteAction",
        "path-rules": "defaultService pathRules",
        "redirects": "defaultUrlRedirect",
        "header-actions": "headerAction",
        "hosts": "name",
        "route-priority": "routeRules",
    },
    "PathRule": {
        "path-rules": "paths routeAction service",
        "redirects": "urlRedirect",
    },
    "HttpRouteRule": {
        "header-actions": "headerAction",
        "route-priority": "matchRules priority service",
        "retries": "routeAction",
        "redirects": "urlRedirect",
    },
    "HttpRouteRuleMatch": {
        "route-paths": "fullPathMatch ignoreCase pathTemplateMatch prefixMatch regexMatch",
        "envoy_compile/test_compile_url_map_matches": (
            "fullPathMatch headerMatches ignoreCase pathTemplateMatch prefixMatch "
            "queryParameterMatches regexMatch"
        ),
        "route-headers": "headerMatches",
        "objects/test_compute_findings": "metadataFilters",
        "route-query": "queryParameterMatches",
    },
    "HttpHeaderMatch": {
        "route-headers": (
            "exactMatch headerName invertMatch prefixMatch presentMatch rangeMatch regexMatch "
            "suffixMatch"
        ),
        "envoy_compile/test_compile_url_map_matches": (
            "exactMatch headerName invertMatch prefixMatch presentMatch rangeMatch regexMatch "
            "suffixMatch"
        ),
    },
    "Int64RangeMatch": {
        "route-headers": "rangeEnd rangeStart",
        "envoy_compile/test_compile_url_map_matches": "rangeEnd rangeStart",
    },
    "HttpQueryParameterMatch": {
        "route-query": "exactMatch name regexMatch",
        "envoy_compile/test_compile_url_map_matches": "exactMatch name regexMatch",
        "objects/test_compute_findings": "presentMatch",
    },
    "UrlMapTest": {
        "redirects": "expectedOutputUrl expectedRedirectResponseCode",
        "explain/test_url_map_tests": (
            "expectedOutputUrl expectedRedirectResponseCode headers host path service"
        ),
        "tests": "headers host path service",
    },
    "UrlMapTestHeader": {
        "tests": "name value",
        "explain/test_url_map_tests": "name value",
    },
    "HttpRouteAction": {
        "cors": "corsPolicy",
        "envoy_compile/test_compile_url_map_actions": (
            "corsPolicy faultInjectionPolicy requestMirrorPolicy urlRewrite weightedBackendServices"
        ),
        "faults": "faultInjectionPolicy",
        "mirror": "requestMirrorPolicy",
        "retries": "retryPolicy",
        "envoy_compile/test_compile_durations": "retryPolicy timeout",
        "timeouts": "timeout",
        "rewrites": "urlRewrite",
        "weights": "weightedBackendServices",
    },
    "WeightedBackendService": {
        "weights": "backendService headerAction weight",
        "envoy_compile/test_compile_url_map_actions": "backendService headerAction weight",
    },
    "UrlRewrite": {
        "rewrites": "hostRewrite pathPrefixRewrite pathTemplateRewrite regexRewrite",
        "envoy_compile/test_compile_url_map_actions": (
            "hostRewrite pathPrefixRewrite pathTemplateRewrite regexRewrite"
        ),
    },
    "RegexRewrite": {
        "rewrites": "pathPattern pathSubstitution",
        "envoy_compile/test_compile_url_map_actions": "pathPattern pathSubstitution",
    },
    "HttpRetryPolicy": {
        "retries": "numRetries perTryTimeout retryConditions",
        "envoy_compile/test_compile_durations": "numRetries perTryTimeout retryConditions",
    },
    "Duration": {
        "timeouts": "nanos seconds",
    },
    "RequestMirrorPolicy": {
        "mirror": "backendService mirrorPercent",
        "envoy_compile/test_compile_url_map_actions": "backendService mirrorPercent",
    },
    "CorsPolicy": {
        "cors": (
            "allowCredentials allowHeaders allowMethods allowOriginRegexes allowOrigins "
            "disabled exposeHeaders maxAge"
        ),
        "envoy_compile/test_compile_url_map_actions": (
            "allowCredentials allowHeaders allowMethods allowOriginRegexes allowOrigins "
            "exposeHeaders maxAge"
        ),
    },
    "HttpFaultInjection": {
        "faults": "abort delay",
        "envoy_compile/test_compile_url_map_actions": "abort delay",
    },
    "HttpFaultAbort": {
        "faults": "httpStatus percentage",
        "envoy_compile/test_compile_url_map_actions": "httpStatus percentage",
    },
    "HttpFaultDelay": {
        "faults": "fixedDelay percentage",
        "envoy_compile/test_compile_url_map_actions": "fixedDelay percentage",
    },
    "HttpRedirectAction": {
        "redirects": (
            "hostRedirect httpsRedirect pathRedirect prefixRedirect redirectResponseCode stripQuery"
        ),
        "envoy_compile/test_compile_url_map_actions": (
            "hostRedirect httpsRedirect pathRedirect prefixRedirect redirectResponseCode stripQuery"
        ),
    },
    "HttpHeaderAction": {
        "header-actions": (
            "requestHeadersToAdd requestHeadersToRemove responseHeadersToAdd "
            "responseHeadersToRemove"
        ),
        "envoy_compile/test_compile_url_map_actions": (
            "requestHeadersToAdd requestHeadersToRemove responseHeadersToAdd "
            "responseHeadersToRemove"
        ),
    },
    "HttpHeaderOption": {
        "header-actions": "headerName headerValue replace",
        "envoy_compile/test_compile_url_map_actions": "headerName headerValue replace",
    },
    "SecurityPolicy": {
        "security-policy-resource": "rules",
        "objects/test_compute_security_policies": "type",
    },
    "SecurityPolicyRule": {
        "security-policy-resource": "action match preview priority rateLimitOptions",
        "objects/test_compute_security_policies": "redirectOptions",
    },
    "SecurityPolicyRuleMatcher": {
        "security-policy-resource": "config expr versionedExpr",
    },
    "SecurityPolicyRuleMatcherConfig": {
        "security-policy-resource": "srcIpRanges",
    },
    "Expr": {
        "security-policy-resource": "expression",
    },
    "SecurityPolicyRuleRateLimitOptions": {
        "security-policy-resource": (
            "conformAction enforceOnKey enforceOnKeyConfigs exceedAction rateLimitThreshold"
        ),
        "objects/test_compute_security_policies": "enforceOnKeyName exceedRedirectOptions",
    },
    "SecurityPolicyRuleRateLimitOptionsEnforceOnKeyConfig": {
        "security-policy-resource": "enforceOnKeyType",
        "objects/test_compute_security_policies": "enforceOnKeyName",
    },
    "SecurityPolicyRuleRateLimitOptionsThreshold": {
        "security-policy-resource": "count intervalSec",
    },
    "BackendService": {
        "groups": "backends portName",
        "health-checks": "healthChecks",
        "e2e/test_health_checks": "healthChecks",
        "addresses": "loadBalancingScheme",
        "backend-services": "protocol",
        "envoy_compile/test_front_http": "protocol",
        "lb-policies": "serviceLbPolicy subsetting",
        "security-policy": "securityPolicy",
        "e2e/test_security_policy": "securityPolicy",
        "timeouts": "timeoutSec",
        "envoy_compile/test_compile_durations": "timeoutSec",
        "backend-tls": "tlsSettings",
        "envoy_compile/test_front_backend_tls": "tlsSettings",
        "locality-policies": "localityLbPolicy customMetrics",
        "envoy_compile/test_policies_choice": (
            "customMetrics ipAddressSelectionPolicy localityLbPolicy sessionAffinity"
        ),
        "session-affinity": (
            "affinityCookieTtlSec consistentHash sessionAffinity strongSessionAffinityCookie"
        ),
        "envoy_compile/test_policies_sessions": (
            "affinityCookieTtlSec consistentHash strongSessionAffinityCookie"
        ),
        "e2e/test_policies": (
            "affinityCookieTtlSec logConfig sessionAffinity strongSessionAffinityCookie"
        ),
        "backend-limits": "circuitBreakers connectionDraining outlierDetection",
        "envoy_compile/test_policies_limits": "circuitBreakers outlierDetection",
        "backend-logging": "logConfig",
        "envoy_compile/test_policies_logging": "logConfig",
        "address-families": "ipAddressSelectionPolicy",
    },
    "CustomMetric": {
        "locality-policies": "dryRun name",
        "envoy_compile/test_policies_choice": "name",
    },
    "ConsistentHash": {
        "session-affinity": "httpCookie httpHeaderName",
        "locality-policies": "minimumRingSize",
        "envoy_compile/test_policies_sessions": "httpCookie httpHeaderName",
    },
    "ConsistentHashCookie": {
        "session-affinity": "name path ttl",
        "envoy_compile/test_policies_sessions": "name path ttl",
    },
    "HttpCookie": {
        "session-affinity": "name path ttl",
        "envoy_compile/test_policies_sessions": "name path ttl",
    },
    "CircuitBreakers": {
        "backend-limits": (
            "maxConnections maxPendingRequests maxRequests maxRequestsPerConnection maxRetries"
        ),
        "envoy_compile/test_policies_limits": (
            "maxConnections maxPendingRequests maxRequests maxRequestsPerConnection maxRetries"
        ),
    },
    "OutlierDetection": {
        "backend-limits": (
            "baseEjectionTime consecutiveErrors consecutiveGatewayFailure "
            "enforcingConsecutiveErrors enforcingConsecutiveGatewayFailure enforcingSuccessRate "
            "interval maxEjectionPercent successRateMinimumHosts successRateRequestVolume "
            "successRateStdevFactor"
        ),
        "envoy_compile/test_policies_limits": (
            "baseEjectionTime consecutiveErrors consecutiveGatewayFailure "
            "enforcingConsecutiveErrors enforcingConsecutiveGatewayFailure enforcingSuccessRate "
            "interval maxEjectionPercent successRateMinimumHosts successRateRequestVolume "
            "successRateStdevFactor"
        ),
    },
    "ConnectionDraining": {"backend-limits": "drainingTimeoutSec"},
    "LogConfig": {
        "backend-logging": (
            "enable loggingHttpRequestHeaders loggingHttpResponseHeaders optionalFields "
            "optionalMode sampleRate"
        ),
        "envoy_compile/test_policies_logging": (
            "enable loggingHttpRequestHeaders loggingHttpResponseHeaders optionalFields sampleRate"
        ),
    },
    "LoggedHeader": {
        "backend-logging": "headerName",
        "envoy_compile/test_policies_logging": "headerName",
    },
    "Backend": {
        "groups": "group",
        "capacities": (
            "balancingMode capacityScaler customMetrics maxConnections maxConnectionsPerEndpoint "
            "maxConnectionsPerInstance maxInFlightRequests maxInFlightRequestsPerEndpoint "
            "maxInFlightRequestsPerInstance maxRate maxRatePerEndpoint maxRatePerInstance "
            "maxUtilization preference"
        ),
    },
    "BackendCustomMetric": {
        "capacities": "dryRun maxUtilization name",
    },
    "Subsetting": {
        "lb-policies": "policy",
    },
    "ServiceLbPolicy": {
        "lb-policies": "autoCapacityDrain failoverConfig isolationConfig loadBalancingAlgorithm",
    },
    "AutoCapacityDrain": {
        "lb-policies": "enable",
    },
    "FailoverConfig": {
        "lb-policies": "failoverHealthThreshold",
    },
    "IsolationConfig": {
        "lb-policies": "isolationGranularity isolationMode",
    },
    "TlsSettings": {
        "backend-tls": "authenticationConfig sni subjectAltNames",
        "envoy_compile/test_front_backend_tls": "authenticationConfig sni subjectAltNames",
    },
    "SubjectAltName": {
        "backend-tls": "dnsName uniformResourceIdentifier",
        "envoy_compile/test_front_backend_tls": "dnsName uniformResourceIdentifier",
    },
    "NetworkEndpointGroup": {
        "groups": "defaultPort networkEndpointType networkEndpoints",
        "managed-services": "appEngine cloudFunction cloudRun pscData pscTargetService",
    },
    "CloudRun": {
        "managed-services": "service tag",
    },
    "PscData": {
        "managed-services": "producerPort",
    },
    "NetworkEndpoint": {
        "groups": "annotations fqdn instance ipAddress ipv6Address port",
    },
    "InstanceGroup": {
        "groups": "namedPorts instances",
    },
    "NamedPort": {
        "groups": "name port",
    },
    "InstanceReference": {
        "groups": "instance",
    },
    "HealthCheck": {
        "health-checks": (
            "checkIntervalSec grpcHealthCheck grpcTlsHealthCheck healthyThreshold "
            "http2HealthCheck httpHealthCheck httpsHealthCheck logConfig sslHealthCheck "
            "tcpHealthCheck timeoutSec type unhealthyThreshold"
        ),
        "health/test_health_prober": "checkIntervalSec timeoutSec",
        "health/test_health_state": "healthyThreshold unhealthyThreshold",
        "health/test_health_probes": (
            "grpcHealthCheck grpcTlsHealthCheck http2HealthCheck httpHealthCheck "
            "httpsHealthCheck sslHealthCheck tcpHealthCheck"
        ),
        "health-checks-broken": "sourceRegions",
    },
    "HttpHealthCheck": {
        "health-checks": "host port portSpecification proxyHeader requestPath response",
        "health/test_health_probes": "host port proxyHeader requestPath response",
    },
    "HttpsHealthCheck": {
        "health-checks": "host port portSpecification proxyHeader requestPath response",
        "health/test_health_probes": "host port proxyHeader requestPath response",
    },
    "Http2HealthCheck": {
        "health-checks": "host port portSpecification proxyHeader requestPath response",
        "health/test_health_probes": "host port proxyHeader requestPath response",
    },
    "TcpHealthCheck": {
        "health-checks": "port portSpecification proxyHeader request response",
        "health/test_health_probes": "port proxyHeader request response",
    },
    "SslHealthCheck": {
        "health-checks": "port portSpecification proxyHeader request response",
        "health/test_health_probes": "port proxyHeader request response",
    },
    "GrpcHealthCheck": {
        "health-checks": "grpcServiceName port portSpecification",
        "health/test_health_probes": "grpcServiceName port",
    },
    "GrpcTlsHealthCheck": {
        "health-checks": "grpcServiceName port portSpecification",
        "health/test_health_probes": "grpcServiceName port",
    },
    "HealthCheckLogConfig": {
        "health-checks": "enable",
        "e2e/test_health_checks": "enable",
    },
    "Address": {
        "addresses": "address purpose subnetwork",
    },
    "Subnetwork": {
        "proxy-subnet-full": "ipCidrRange network purpose role",
        "client-access": "ipCidrRange network secondaryIpRanges",
    },
}
