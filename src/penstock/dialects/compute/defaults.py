"""The dialect's defaults: what holds where a Compute resource says nothing.

Google documents them for the internal Application Load Balancer (docs.cloud.google.com/
load-balancing/docs/l7-internal): 600 s of keep-alive on both sides, 30 s for a
backend service, one retry of requests without a body on 502, 503 and 504, TLS 1.0
to 1.3 with the profile COMPATIBLE.  Its time limit for a request's headers is not
documented; that one is Envoy's edge guide's.
"""

from __future__ import annotations

from typing import Final

from penstock.model import (
    BackendTls,
    BalancingAlgorithm,
    FixedResponse,
    Origin,
    RetryPolicy,
    Setting,
    TlsVersion,
)

ORIGIN: Final = Origin.default("dialect compute")

VIA: Final[Setting[str]] = Setting("google", ORIGIN)
KEEP_ALIVE: Final[Setting[float]] = Setting(600.0, ORIGIN)
"""Of clients' connections, and of those to endpoints; not configurable."""
REQUEST_HEADERS_TIMEOUT: Final[Setting[float]] = Setting(10.0, ORIGIN)
REQUEST_TIMEOUT: Final[Setting[float]] = Setting(0.0, ORIGIN)
BACKEND_TLS: Final = Setting(BackendTls(minimum=TlsVersion.TLS_1_0), ORIGIN)
"""Endpoints' certificates are not checked, and TLS 1.0 to 1.3 is spoken with them."""
CONNECT_TIMEOUT: Final[Setting[float]] = Setting(5.0, ORIGIN)
TIMEOUT: Final[Setting[float]] = Setting(30.0, ORIGIN)
"""Of a backend service without timeoutSec."""
SERVERLESS_TIMEOUT: Final[Setting[float]] = Setting(3600.0, ORIGIN)
"""Of a backend service with a serverless group, whatever its timeoutSec."""

MAX_UTILIZATION: Final[Setting[float]] = Setting(0.8, ORIGIN)
"""Of UTILIZATION and CUSTOM_METRICS; gcloud documents it."""

BALANCING_ALGORITHM: Final = Setting(BalancingAlgorithm.WATERFALL_BY_REGION, ORIGIN)
FAILOVER_THRESHOLD: Final[Setting[float]] = Setting(70.0, ORIGIN)
"""Percent; of all load balancers but the classic ones (networkservices.v1)."""

MAX_RETRIES: Final[Setting[int]] = Setting(1, ORIGIN)
"""Retries at once, of a backend service that has circuitBreakers."""

INTERVAL: Final[Setting[int]] = Setting(5, ORIGIN)
"""Of health checks, in seconds; so is the next."""
PROBE_TIMEOUT: Final[Setting[int]] = Setting(5, ORIGIN)
HEALTHY_THRESHOLD: Final[Setting[int]] = Setting(2, ORIGIN)
UNHEALTHY_THRESHOLD: Final[Setting[int]] = Setting(2, ORIGIN)

RETRY_CONDITIONS: Final = ("connect-failure", "gateway-error", "refused-stream", "reset")
BODILESS_METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "TRACE")
"""Methods whose requests have no body as a rule (RFC 9110, 9.3); never POST."""
RETRIES: Final = 1
RETRY: Final[Setting[RetryPolicy | None]] = Setting(
    RetryPolicy(RETRY_CONDITIONS, RETRIES, methods=BODILESS_METHODS), ORIGIN
)
NO_RETRY: Final[Setting[RetryPolicy | None]] = Setting(None, ORIGIN)
"""Of backend services: retries are the routes'."""

UNAVAILABLE: Final = FixedResponse(503, "no healthy upstream\n")
NOT_FOUND: Final = FixedResponse(404, "not found\n")
