"""Backend services: protocol, times, backends, and what comes with balancing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from penstock.model import FieldPath
from penstock.objects.checks.compute.common import (
    INT32,
    between,
    duration,
    exclusive,
    length,
    name,
    port,
    set_names,
)
from penstock.objects.checks.compute.headers import check_custom_headers, is_token
from penstock.objects.compute.backend_service import (
    Backend,
    BackendService,
    ConsistentHash,
    ConsistentHashCookie,
    HttpCookie,
    LogConfig,
    OutlierDetection,
    TlsSettings,
)
from penstock.objects.compute.wording import invalid, required
from penstock.objects.problem import Problem

_METRIC = re.compile("[a-z](?:[-_.a-z0-9]{0,62}[a-z0-9])?", re.ASCII)
_LONGEST_COOKIE_TTL = 1_209_600
_LONGEST_DRAINING = 3_600
_LARGEST_RING = 8 * 1024 * 1024
"""The proxy builds no larger one."""
_MOST_NAMES = 5


def check_backend_service(service: BackendService) -> Iterator[Problem]:
    """Problems of a backend service."""
    yield from between(("timeoutSec",), service.timeout_sec, 1, INT32)
    yield from port(("port",), service.port)
    yield from name(("portName",), service.port_name)
    for index, backend in enumerate(service.backends or ()):
        yield from _backend(("backends", index), backend, alone=len(service.backends or ()) == 1)
    if len(service.health_checks or ()) > 1:
        yield invalid(("healthChecks",), "", "At most one health check can be set.")
    if service.tls_settings is not None:
        yield from _tls(service.tls_settings)
    yield from _affinity(service)
    yield from _limits(service)
    if service.outlier_detection is not None:
        yield from _outliers(service.outlier_detection)
    for field, headers in (
        ("customRequestHeaders", service.custom_request_headers),
        ("customResponseHeaders", service.custom_response_headers),
    ):
        yield from check_custom_headers((field,), headers or ())


def _backend(path: FieldPath, backend: Backend, alone: bool) -> Iterator[Problem]:
    if not backend.group:
        yield required(path, "group")
    scaler = backend.capacity_scaler
    if scaler is not None and not (scaler == 0 or 0.1 <= scaler <= 1):
        reason = "Must be 0 or from 0.1 to 1.0."
        yield invalid((*path, "capacityScaler"), scaler, reason)
    elif scaler == 0 and alone:
        reason = "Cannot be 0 for the only backend of a backend service."
        yield invalid((*path, "capacityScaler"), scaler, reason)
    yield from between((*path, "maxUtilization"), backend.max_utilization, 0, 1)
    for field, value in (
        ("maxRate", backend.max_rate),
        ("maxRatePerInstance", backend.max_rate_per_instance),
        ("maxRatePerEndpoint", backend.max_rate_per_endpoint),
        ("maxConnections", backend.max_connections),
        ("maxConnectionsPerInstance", backend.max_connections_per_instance),
        ("maxConnectionsPerEndpoint", backend.max_connections_per_endpoint),
        ("maxInFlightRequests", backend.max_in_flight_requests),
        ("maxInFlightRequestsPerInstance", backend.max_in_flight_requests_per_instance),
        ("maxInFlightRequestsPerEndpoint", backend.max_in_flight_requests_per_endpoint),
    ):
        yield from between((*path, field), value, 0)

    for index, metric in enumerate(backend.custom_metrics or ()):
        where: FieldPath = (*path, "customMetrics", index)
        yield from between((*where, "maxUtilization"), metric.max_utilization, 0, 1)
        if not metric.name:
            yield required(where, "name")
        elif not _METRIC.fullmatch(metric.name):
            reason = f"Must be a match of regex '{_METRIC.pattern}'."
            yield invalid((*where, "name"), metric.name, reason)


def _tls(settings: TlsSettings) -> Iterator[Problem]:
    path: FieldPath = ("tlsSettings",)
    names = settings.subject_alt_names or ()
    yield from length((*path, "sni"), settings.sni, 1, 253)
    if len(names) > _MOST_NAMES:
        reason = f"At most {_MOST_NAMES} names can be set."
        yield invalid((*path, "subjectAltNames"), "", reason)
    for index, entry in enumerate(names):
        where: FieldPath = (*path, "subjectAltNames", index)
        given = set_names(
            ("dnsName", entry.dns_name),
            ("uniformResourceIdentifier", entry.uniform_resource_identifier),
        )
        yield from exclusive(where, given, ("dnsName", "uniformResourceIdentifier"))
        if not given:
            yield required(where, "dnsName")


def _affinity(service: BackendService) -> Iterator[Problem]:
    ttl = service.affinity_cookie_ttl_sec
    yield from between(("affinityCookieTtlSec",), ttl, 0, _LONGEST_COOKIE_TTL)
    cookie = service.strong_session_affinity_cookie
    if cookie is not None:
        yield from _cookie(("strongSessionAffinityCookie",), cookie)
    if service.consistent_hash is not None:
        yield from _hash(service.consistent_hash)


def _hash(settings: ConsistentHash) -> Iterator[Problem]:
    path: FieldPath = ("consistentHash",)
    yield from between((*path, "minimumRingSize"), settings.minimum_ring_size, 1, _LARGEST_RING)
    if settings.http_cookie is not None:
        yield from _cookie((*path, "httpCookie"), settings.http_cookie)
    header = settings.http_header_name
    if header is not None and not is_token(header):
        yield invalid((*path, "httpHeaderName"), header, "Must be the name of an HTTP header.")


def _cookie(path: FieldPath, cookie: ConsistentHashCookie | HttpCookie) -> Iterator[Problem]:
    if cookie.name is None:
        yield required(path, "name")
    elif not is_token(cookie.name):
        yield invalid((*path, "name"), cookie.name, "Must be the name of a cookie.")
    if cookie.path and not cookie.path.startswith("/"):
        yield invalid((*path, "path"), cookie.path, "Must start with a slash.")
    elif cookie.path and not _is_attribute(cookie.path):
        reason = "Must be visible ASCII characters without a semicolon."
        yield invalid((*path, "path"), cookie.path, reason)
    yield from duration((*path, "ttl"), cookie.ttl)


def _is_attribute(text: str) -> bool:
    """Whether `Set-Cookie` can have it as an attribute's value (RFC 6265, 4.1.1)."""
    return text.isascii() and text.isprintable() and ";" not in text


def _limits(service: BackendService) -> Iterator[Problem]:
    draining = service.connection_draining
    if draining is not None:
        where = ("connectionDraining", "drainingTimeoutSec")
        yield from between(where, draining.draining_timeout_sec, 0, _LONGEST_DRAINING)
    if service.log_config is not None:
        yield from _logging(service.log_config)
    breakers = service.circuit_breakers
    if breakers is not None:
        for field, value in (
            ("maxConnections", breakers.max_connections),
            ("maxPendingRequests", breakers.max_pending_requests),
            ("maxRequests", breakers.max_requests),
            ("maxRequestsPerConnection", breakers.max_requests_per_connection),
            ("maxRetries", breakers.max_retries),
        ):
            yield from between(("circuitBreakers", field), value, 0, INT32)


def _logging(settings: LogConfig) -> Iterator[Problem]:
    path: FieldPath = ("logConfig",)
    yield from between((*path, "sampleRate"), settings.sample_rate, 0, 1)
    for field, headers in (
        ("loggingHttpRequestHeaders", settings.logging_http_request_headers),
        ("loggingHttpResponseHeaders", settings.logging_http_response_headers),
    ):
        for index, header in enumerate(headers or ()):
            where: FieldPath = (*path, field, index)
            if header.header_name is None:
                yield required(where, "headerName")
            elif not is_token(header.header_name):
                reason = "Must be the name of an HTTP header."
                yield invalid((*where, "headerName"), header.header_name, reason)


def _outliers(settings: OutlierDetection) -> Iterator[Problem]:
    path: FieldPath = ("outlierDetection",)
    yield from duration((*path, "interval"), settings.interval)
    yield from duration((*path, "baseEjectionTime"), settings.base_ejection_time)
    failure = settings.enforcing_consecutive_gateway_failure
    for field, value in (
        ("maxEjectionPercent", settings.max_ejection_percent),
        ("enforcingConsecutiveErrors", settings.enforcing_consecutive_errors),
        ("enforcingConsecutiveGatewayFailure", failure),
        ("enforcingSuccessRate", settings.enforcing_success_rate),
    ):
        yield from between((*path, field), value, 0, 100)
    for field, value in (
        ("consecutiveErrors", settings.consecutive_errors),
        ("consecutiveGatewayFailure", settings.consecutive_gateway_failure),
        ("successRateMinimumHosts", settings.success_rate_minimum_hosts),
        ("successRateRequestVolume", settings.success_rate_request_volume),
        ("successRateStdevFactor", settings.success_rate_stdev_factor),
    ):
        yield from between((*path, field), value, 0, INT32)
