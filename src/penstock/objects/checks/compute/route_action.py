"""What URL maps do with requests: rewrites, weights, times, retries, faults, CORS, redirects."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.model import FieldPath
from penstock.objects.checks.compute.common import (
    between,
    duration,
    exclusive,
    length,
    one_of,
    regex,
    set_names,
)
from penstock.objects.checks.compute.headers import check_header_action, is_token
from penstock.objects.compute.route_action import (
    CorsPolicy,
    HttpFaultInjection,
    HttpRedirectAction,
    HttpRetryPolicy,
    HttpRouteAction,
    RequestMirrorPolicy,
    UrlRewrite,
    WeightedBackendService,
)
from penstock.objects.compute.wording import invalid, required
from penstock.objects.problem import Problem

RETRY_CONDITIONS = (
    "5xx",
    "gateway-error",
    "connect-failure",
    "retriable-4xx",
    "refused-stream",
    "cancelled",
    "deadline-exceeded",
    "internal",
    "resource-exhausted",
    "unavailable",
)
_DAY = 24 * 3600
_LEAST = 1e-9
_LARGEST_WEIGHT = 1000


def check_route_action(path: FieldPath, action: HttpRouteAction | None) -> Iterator[Problem]:
    """Problems of a route action; None is fine."""
    if action is None:
        return
    yield from duration((*path, "timeout"), action.timeout)
    yield from _weighted((*path, "weightedBackendServices"), action.weighted_backend_services)
    yield from _rewrite((*path, "urlRewrite"), action.url_rewrite)
    yield from _retries((*path, "retryPolicy"), action.retry_policy)
    yield from _mirror((*path, "requestMirrorPolicy"), action.request_mirror_policy)
    yield from _cors((*path, "corsPolicy"), action.cors_policy)
    yield from _faults((*path, "faultInjectionPolicy"), action.fault_injection_policy)


def _weighted(
    path: FieldPath, shares: tuple[WeightedBackendService, ...] | None
) -> Iterator[Problem]:
    if not shares:
        return
    for index, share in enumerate(shares):
        where: FieldPath = (*path, index)
        if not share.backend_service:
            yield required(where, "backendService")
        yield from between((*where, "weight"), share.weight, 0, _LARGEST_WEIGHT)
        yield from check_header_action((*where, "headerAction"), share.header_action)
    if not any(share.weight for share in shares):
        yield invalid(path, "", "At least one weight must be greater than 0.")


def _rewrite(path: FieldPath, rewrite: UrlRewrite | None) -> Iterator[Problem]:
    if rewrite is None:
        return
    yield from length((*path, "hostRewrite"), rewrite.host_rewrite, 1, 255)
    yield from length((*path, "pathPrefixRewrite"), rewrite.path_prefix_rewrite, 1, 1024)
    among = ("pathPrefixRewrite", "pathTemplateRewrite", "regexRewrite")
    values = (rewrite.path_prefix_rewrite, rewrite.path_template_rewrite, rewrite.regex_rewrite)
    yield from exclusive(path, set_names(*zip(among, values, strict=True)), among)
    if rewrite.regex_rewrite is not None:
        where: FieldPath = (*path, "regexRewrite")
        if rewrite.regex_rewrite.path_pattern is None:
            yield required(where, "pathPattern")
        yield from regex((*where, "pathPattern"), rewrite.regex_rewrite.path_pattern)


def _retries(path: FieldPath, policy: HttpRetryPolicy | None) -> Iterator[Problem]:
    if policy is None:
        return
    yield from between((*path, "numRetries"), policy.num_retries, 1)
    yield from duration((*path, "perTryTimeout"), policy.per_try_timeout, _LEAST, _DAY)
    for index, condition in enumerate(policy.retry_conditions or ()):
        yield from one_of((*path, "retryConditions", index), condition, RETRY_CONDITIONS)


def _mirror(path: FieldPath, policy: RequestMirrorPolicy | None) -> Iterator[Problem]:
    if policy is None:
        return
    if not policy.backend_service:
        yield required(path, "backendService")
    yield from between((*path, "mirrorPercent"), policy.mirror_percent, 0, 100)


def _cors(path: FieldPath, policy: CorsPolicy | None) -> Iterator[Problem]:
    if policy is None:
        return
    for index, pattern in enumerate(policy.allow_origin_regexes or ()):
        yield from regex((*path, "allowOriginRegexes", index), pattern)
    for field, names in (
        ("allowMethods", policy.allow_methods),
        ("allowHeaders", policy.allow_headers),
        ("exposeHeaders", policy.expose_headers),
    ):
        for index, name in enumerate(names or ()):
            if not is_token(name):
                reason = "Must be a name without spaces and separators, or `*`."
                yield invalid((*path, field, index), name, reason)


def _faults(path: FieldPath, policy: HttpFaultInjection | None) -> Iterator[Problem]:
    if policy is None:
        return
    if policy.abort is not None:
        yield from between((*path, "abort", "httpStatus"), policy.abort.http_status, 200, 599)
        yield from between((*path, "abort", "percentage"), policy.abort.percentage, 0, 100)
        if policy.abort.http_status is None:
            yield required((*path, "abort"), "httpStatus")
    if policy.delay is not None:
        yield from between((*path, "delay", "percentage"), policy.delay.percentage, 0, 100)
        yield from duration((*path, "delay", "fixedDelay"), policy.delay.fixed_delay)
        if policy.delay.fixed_delay is None:
            yield required((*path, "delay"), "fixedDelay")


def check_redirect(path: FieldPath, redirect: HttpRedirectAction | None) -> Iterator[Problem]:
    """Problems of a redirect; None is fine."""
    if redirect is None:
        return
    among = ("pathRedirect", "prefixRedirect")
    values = (redirect.path_redirect, redirect.prefix_redirect)
    yield from exclusive(path, set_names(*zip(among, values, strict=True)), among)
    yield from length((*path, "hostRedirect"), redirect.host_redirect, 1, 255)
    for field, value in zip(among, values, strict=True):
        yield from length((*path, field), value, 1, 1024)
        if value and not value.startswith("/"):
            yield invalid((*path, field), value, "Must start with a slash.")
