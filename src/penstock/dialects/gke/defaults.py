"""The dialect's defaults: what holds where nothing is written.

The data plane is that of Google's Application Load Balancers, see `compute.defaults`;
health checks are those that ingress-gce makes (pkg/healthchecks, pkg/translator).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from penstock.dialects.compute import defaults as compute
from penstock.dialects.compute.ssl_policies import DEFAULT as COMPUTE_POLICY
from penstock.dialects.compute.ssl_policies import PROFILES, suites
from penstock.model import FixedResponse, Origin, RetryPolicy, Setting, SslPolicy, TlsVersion

ORIGIN: Final = Origin.default("dialect gke")


def _own(setting: Setting[float]) -> Setting[float]:
    return Setting(setting.value, ORIGIN)


REGIONAL_KEEP_ALIVE: Final = _own(compute.KEEP_ALIVE)
"""Of clients' connections to regional load balancers, internal and external."""
GOOGLE_FRONT_ENDS: Final[tuple[Setting[str], ...]] = (
    Setting("130.211.0.0/22", ORIGIN),
    Setting("35.191.0.0/16", ORIGIN),
)
"""Where requests of global external load balancers come from, and all health checks.
https://docs.cloud.google.com/load-balancing/docs/firewall-rules"""
GLOBAL_KEEP_ALIVE: Final[Setting[float]] = Setting(610.0, ORIGIN)
"""Of clients' connections to global load balancers (``httpKeepAliveTimeoutSec``)."""
BACKEND_KEEP_ALIVE: Final = _own(compute.KEEP_ALIVE)
REQUEST_HEADERS_TIMEOUT: Final = _own(compute.REQUEST_HEADERS_TIMEOUT)
REQUEST_TIMEOUT: Final = _own(compute.REQUEST_TIMEOUT)
CONNECT_TIMEOUT: Final = _own(compute.CONNECT_TIMEOUT)
TIMEOUT: Final = _own(compute.TIMEOUT)
BACKEND_TLS: Final = Setting(compute.BACKEND_TLS.value, ORIGIN)
RETRY: Final[Setting[RetryPolicy | None]] = Setting(compute.RETRY.value, ORIGIN)
NO_RETRY: Final[Setting[RetryPolicy | None]] = Setting(None, ORIGIN)
SSL_POLICY: Final = Setting(COMPUTE_POLICY.value, ORIGIN)
STRICT_SSL_POLICY: Final = Setting(
    SslPolicy(TlsVersion.TLS_1_2, cipher_suites=suites(PROFILES["RESTRICTED"])), ORIGIN
)
"""In local mode for one that is not there."""

MAX_RATE_PER_ENDPOINT: Final[Setting[float]] = Setting(1.0, ORIGIN)
"""Requests a second; the same for every endpoint, so that groups share by their size."""
CAPACITY_SCALER: Final[Setting[float]] = Setting(1.0, ORIGIN)


class HealthCheckDefaults(NamedTuple):
    """How a backend service is probed where nobody says; times in seconds."""

    interval: float
    timeout: float
    healthy: int
    unhealthy: int


GROUP_CHECK: Final = HealthCheckDefaults(15.0, 15.0, 1, 2)
"""Of network endpoint groups, for external, internal and regional external Ingresses alike."""
NODE_CHECK: Final = HealthCheckDefaults(60.0, 60.0, 1, 10)
"""Of instance groups, by way of a NodePort."""
CHECK_PATH: Final = "/"
PROBE_CHECK: Final = "Kubernetes L7 health check generated with readiness probe settings."
"""Description of a health check that was made of a readiness probe."""
DEFAULT_BACKEND_CHECK_PATH: Final = "/healthz"
NODE_PERIOD_ADDED: Final = 60.0
"""What a readiness probe's period is lengthened by where nodes are probed."""

SYSTEM_NAMESPACE: Final = "kube-system"
SYSTEM_SERVICE: Final = "default-http-backend"
SYSTEM_PORT: Final = "http"
SYSTEM_ANSWER: Final = FixedResponse(
    404, "response 404 (backend NotFound), service rules for the path non-existent \n"
)
"""What GKE's default backend answers where an Ingress has none of its own."""
UNAVAILABLE: Final = FixedResponse(503, "no healthy upstream\n")
BROKEN: Final = FixedResponse(500, "this route is misconfigured\n")
FORBIDDEN: Final = FixedResponse(
    403, "access is not allowed: what guards this backend is not in place\n"
)
"""For backends whose guard (IAP, a security policy that is not there) Penstock does not have."""
