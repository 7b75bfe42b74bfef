"""BackendConfig, FrontendConfig, ManagedCertificate: ranges and enumerations.

The texts are those of ingress-gce (pkg/backendconfig/validation.go).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from penstock.model import FieldPath
from penstock.objects import codes
from penstock.objects.checks.common import one_of
from penstock.objects.checks.compute.headers import check_custom_headers
from penstock.objects.gke.backend_config import (
    BackendConfig,
    BackendConfigSpec,
    CdnConfig,
    CustomHeadersConfig,
    HealthCheckConfig,
    SessionAffinityConfig,
)
from penstock.objects.gke.fields import (
    AFFINITIES,
    HEALTH_CHECK_TYPES,
    MOST_CHECK_SECONDS,
    MOST_COOKIE_TTL,
    MOST_DRAINING,
    MOST_NEGATIVE_TTL,
    MOST_SIGNED_KEYS,
    NEGATIVE_CACHING_CODES,
    REDIRECT_CODES,
)
from penstock.objects.gke.frontend_config import FrontendConfig
from penstock.objects.gke.managed_certificate import ManagedCertificate
from penstock.objects.naming import bad_subdomain
from penstock.objects.problem import Problem
from penstock.objects.suggest import did_you_mean

_MOST_TIMEOUT = 2**31 - 1
_THRESHOLDS = (1, 10)
_SECONDS = (1, MOST_CHECK_SECONDS)


def check_backend_config(config: BackendConfig) -> Iterator[Problem]:
    """Problems of a BackendConfig's spec."""
    spec = config.spec
    yield from _range(("spec", "timeoutSec"), spec.timeout_sec, 1, _MOST_TIMEOUT)
    if spec.connection_draining is not None:
        path: FieldPath = ("spec", "connectionDraining", "drainingTimeoutSec")
        yield from _range(path, spec.connection_draining.draining_timeout_sec, 0, MOST_DRAINING)
    if spec.session_affinity is not None:
        yield from _affinity(spec.session_affinity)
    if spec.health_check is not None:
        yield from _health_check(spec.health_check)
    yield from _headers("customRequestHeaders", spec.custom_request_headers)
    yield from _headers("customResponseHeaders", spec.custom_response_headers)
    if spec.logging is not None:
        rate = spec.logging.sample_rate
        if rate is not None and not 0.0 <= rate <= 1.0:
            message = f"unsupported SampleRate: {rate:f}, should be between 0.0 and 1.0"
            yield _invalid(("spec", "logging", "sampleRate"), message)
    yield from _guards(spec)
    if spec.cdn is not None:
        yield from _cdn(spec.cdn, has_iap=spec.iap is not None and bool(spec.iap.enabled))


def _guards(spec: BackendConfigSpec) -> Iterator[Problem]:
    """What the CRD asks for; without it a misspelt ``enabled`` would let everybody through."""
    if spec.iap is not None and spec.iap.enabled is None:
        message = "`enabled` is missing: `iap` says whether people are to sign in."
        path: FieldPath = ("spec", "iap")
        yield Problem(codes.MISSING_FIELD, path, message, "Add enabled: true.", absent=("enabled",))
    if spec.security_policy is not None and spec.security_policy.name is None:
        message = "`name` is missing: it is that of the security policy."
        hint = 'Add name:, or name: "" for none.'
        path = ("spec", "securityPolicy")
        yield Problem(codes.MISSING_FIELD, path, message, hint, absent=("name",))


def _affinity(affinity: SessionAffinityConfig) -> Iterator[Problem]:
    path: FieldPath = ("spec", "sessionAffinity")
    kind, ttl = affinity.affinity_type, affinity.affinity_cookie_ttl_sec
    if kind and kind not in AFFINITIES:
        message = (
            f"unsupported AffinityType: {kind[:80]}, should be one of NONE, CLIENT_IP, "
            "or GENERATED_COOKIE"
        )
        yield _invalid((*path, "affinityType"), message, did_you_mean(kind, AFFINITIES))
    if ttl is not None and not 0 <= ttl <= MOST_COOKIE_TTL:
        message = f"unsupported AffinityCookieTtlSec: {ttl}, should be between 0 and 86400"
        yield _invalid((*path, "affinityCookieTtlSec"), message)


def _health_check(check: HealthCheckConfig) -> Iterator[Problem]:
    path: FieldPath = ("spec", "healthCheck")
    if check.type is not None and check.type not in HEALTH_CHECK_TYPES:
        message = f'Protocol "{check.type[:80]}" is not valid, must be one of '
        message += '["HTTP","HTTPS","HTTP2"]'
        yield _invalid((*path, "type"), message, did_you_mean(check.type, HEALTH_CHECK_TYPES))
    yield from _range((*path, "checkIntervalSec"), check.check_interval_sec, *_SECONDS)
    yield from _range((*path, "timeoutSec"), check.timeout_sec, *_SECONDS)
    yield from _range((*path, "healthyThreshold"), check.healthy_threshold, *_THRESHOLDS)
    yield from _range((*path, "unhealthyThreshold"), check.unhealthy_threshold, *_THRESHOLDS)
    yield from _range((*path, "port"), check.port, 1, 65535)
    both = (check.timeout_sec, check.check_interval_sec)
    if both[0] is not None and both[1] is not None and both[0] > both[1]:
        message = f"`timeoutSec: {both[0]}` is longer than `checkIntervalSec: {both[1]}`"
        yield _invalid((*path, "timeoutSec"), message, "Write at most the interval.")
    target = check.request_path
    if target is not None and not (target.startswith("/") and target.isprintable()):
        message = f"`requestPath: {target[:80]}` is not allowed: it begins with /"
        yield _invalid((*path, "requestPath"), message)


def _headers(field: str, block: CustomHeadersConfig | None) -> Iterator[Problem]:
    """As a backend service has them."""
    lines = (block.headers if block else None) or ()
    for problem in check_custom_headers(("spec", field, "headers"), lines):
        yield dataclasses.replace(problem, code=codes.INVALID_VALUE)


def _cdn(cdn: CdnConfig, *, has_iap: bool) -> Iterator[Problem]:
    path: FieldPath = ("spec", "cdn")
    if cdn.enabled and has_iap:
        yield _invalid(path, "iap and cdn cannot be enabled at the same time")
    for index, policy in enumerate(cdn.negative_caching_policy or ()):
        place: FieldPath = (*path, "negativeCachingPolicy", index)
        if policy.code is not None and policy.code not in NEGATIVE_CACHING_CODES:
            allowed = ", ".join(map(str, NEGATIVE_CACHING_CODES))
            message = f"`code: {policy.code}` is not allowed; it is one of {allowed}"
            yield _invalid((*place, "code"), message)
        yield from _range((*place, "ttl"), policy.ttl, 0, MOST_NEGATIVE_TTL)
    keys = cdn.signed_url_keys or ()
    if len(keys) > MOST_SIGNED_KEYS:
        message = f"there are {len(keys)} signed URL keys; at most {MOST_SIGNED_KEYS} are allowed"
        yield _invalid((*path, "signedUrlKeys"), message)


def check_frontend_config(config: FrontendConfig) -> Iterator[Problem]:
    """Problems of a FrontendConfig's spec."""
    redirect = config.spec.redirect_to_https
    if redirect is not None and redirect.response_code_name:
        path: FieldPath = ("spec", "redirectToHttps", "responseCodeName")
        yield from one_of(path, redirect.response_code_name, tuple(REDIRECT_CODES))


def check_managed_certificate(certificate: ManagedCertificate) -> Iterator[Problem]:
    """Problems of a ManagedCertificate's spec."""
    if not certificate.spec.domains:
        message = "The certificate is for no domain."
        hint = "Add spec.domains."
        yield Problem(codes.MISSING_FIELD, ("spec",), message, hint, absent=("domains",))
    for index, domain in enumerate(certificate.spec.domains):
        reason = bad_subdomain(domain.lower())
        if domain.startswith("*."):
            reason = "managed certificates of GKE have no wildcards"
        if reason:
            message = f"The domain `{domain[:100]}` is not allowed: {reason}."
            yield Problem(codes.INVALID_HOST, ("spec", "domains", index), message)


def _range(path: FieldPath, value: int | None, least: int, most: int) -> Iterator[Problem]:
    if value is not None and not least <= value <= most:
        message = f"`{path[-1]}: {value}` is not allowed; it is from {least} to {most}"
        yield _invalid(path, message)


def _invalid(path: FieldPath, message: str, hint: str = "") -> Problem:
    return Problem(codes.INVALID_VALUE, path, f"{message}.", hint)
