"""Which parts of Compute resources may be left out for a problem in them.

A rule goes as a whole if what it matches or where it leads is wrong; what only
refines it (retries, times, a mirror) goes alone, and the rule stays.  What guards
(validation of certificates, an SSL policy) never goes alone.
"""

from __future__ import annotations

from typing import Final

_ACTION = (
    ("timeout", "timeout"),
    ("retryPolicy", "retry policy"),
    ("retryPolicy/perTryTimeout", "timeout"),
    ("requestMirrorPolicy", "mirror policy"),
    ("faultInjectionPolicy", "fault injection policy"),
    ("corsPolicy", "CORS policy"),
    ("maxStreamDuration", "duration"),
)
_HEADERS = (
    ("requestHeadersToAdd/*", "header"),
    ("requestHeadersToRemove/*", "header"),
    ("responseHeadersToAdd/*", "header"),
    ("responseHeadersToRemove/*", "header"),
)
_WEIGHTED_HEADERS = "weightedBackendServices/*/headerAction"


def _below(prefix: str, parts: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((f"{prefix}/{path}", name) for path, name in parts)


def _action(prefix: str) -> tuple[tuple[str, str], ...]:
    return (*_below(prefix, _ACTION), *_below(f"{prefix}/{_WEIGHTED_HEADERS}", _HEADERS))


_MATCHER = (
    ("pathRules/*", "path rule"),
    ("pathRules/*/paths/*", "path"),
    *_action("pathRules/*/routeAction"),
    ("routeRules/*", "route rule"),
    ("routeRules/*/matchRules/*", "match rule"),
    *_action("routeRules/*/routeAction"),
    *_below("routeRules/*/headerAction", _HEADERS),
)
_DEFAULTS = (
    ("defaultService", "default"),
    ("defaultUrlRedirect", "default"),
    ("defaultRouteAction", "default"),
    *_action("defaultRouteAction"),
    *_below("headerAction", _HEADERS),
)

KEEP_ONE: Final = frozenset({"path", "match rule", "host"})
"""Names of parts of which the last one cannot go alone."""

PARTS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "compute#urlMap": (
        ("hostRules/*", "host rule"),
        ("hostRules/*/hosts/*", "host"),
        ("pathMatchers/*", "path matcher"),
        *_below("pathMatchers/*", (*_MATCHER, *_DEFAULTS)),
        *_DEFAULTS,
        ("tests/*", "test"),
    ),
    "compute#backendService": (
        ("backends/*", "backend"),
        ("backends/*/balancingMode", "value"),
        ("backends/*/capacityScaler", "value"),
        ("backends/*/customMetrics/*", "metric"),
        ("backends/*/maxUtilization", "value"),
        ("backends/*/preference", "value"),
        ("backends/*/trafficDuration", "value"),
        ("timeoutSec", "timeout"),
        ("affinityCookieTtlSec", "value"),
        ("circuitBreakers", "part"),
        ("connectionDraining", "part"),
        ("consistentHash", "part"),
        ("customRequestHeaders/*", "header"),
        ("customResponseHeaders/*", "header"),
        ("localityLbPolicy", "value"),
        ("localityLbPolicies/*", "policy"),
        ("logConfig", "part"),
        ("outlierDetection", "part"),
        ("strongSessionAffinityCookie", "cookie"),
        ("subsetting", "part"),
    ),
    "compute#targetHttpProxy": (("httpKeepAliveTimeoutSec", "timeout"),),
    "compute#targetHttpsProxy": (
        ("httpKeepAliveTimeoutSec", "timeout"),
        ("quicOverride", "value"),
        ("sslCertificates/*", "certificate"),
        ("tlsEarlyData", "value"),
    ),
    "compute#forwardingRule": (("labels/*", "label"), ("networkTier", "value")),
    "compute#sslPolicy": (("postQuantumKeyExchange", "value"),),
    "compute#serviceLbPolicy": (
        ("loadBalancingAlgorithm", "value"),
        ("autoCapacityDrain", "part"),
        ("failoverConfig", "part"),
        ("isolationConfig", "part"),
    ),
    "compute#trustConfig": (
        ("allowlistedCertificates/*", "certificate"),
        ("trustStores/*/trustAnchors/*", "certificate"),
        ("trustStores/*/intermediateCas/*", "certificate"),
    ),
    "compute#networkEndpointGroup": (("networkEndpoints/*", "endpoint"),),
    "compute#instanceGroup": (("namedPorts/*", "named port"), ("instances/*", "instance")),
    "compute#address": (("labels/*", "label"),),
}
"""Path with ``*`` for any index, and the part's name, by kind."""
