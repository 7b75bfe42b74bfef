"""What URL maps do with requests: the parts that rules of every kind share."""

from __future__ import annotations

from typing import Any

from penstock.objects.compute.base import ComputeFields


class CorsPolicy(ComputeFields, frozen=True):
    """Cross-origin resource sharing."""

    allow_credentials: bool | None = None
    allow_headers: tuple[str, ...] | None = None
    allow_methods: tuple[str, ...] | None = None
    allow_origin_regexes: tuple[str, ...] | None = None
    allow_origins: tuple[str, ...] | None = None
    disabled: bool | None = None
    expose_headers: tuple[str, ...] | None = None
    max_age: int | None = None


class HttpFaultAbort(ComputeFields, frozen=True):
    """A share of requests is answered with a status."""

    http_status: int | None = None
    percentage: float | None = None


class Duration(ComputeFields, frozen=True):
    """Seconds and nanoseconds."""

    nanos: int | None = None
    seconds: int | None = None


class HttpFaultDelay(ComputeFields, frozen=True):
    """A share of requests is delayed."""

    fixed_delay: Duration | None = None
    percentage: float | None = None


class HttpFaultInjection(ComputeFields, frozen=True):
    """Answers and delays that are made up."""

    abort: HttpFaultAbort | None = None
    delay: HttpFaultDelay | None = None


class RequestMirrorPolicy(ComputeFields, frozen=True):
    """Copies for another backend service."""

    backend_service: str | None = None
    mirror_percent: float | None = None


class HttpRetryPolicy(ComputeFields, frozen=True):
    """When a request is tried again."""

    num_retries: int | None = None
    per_try_timeout: Duration | None = None
    retry_conditions: tuple[str, ...] | None = None


class RegexRewrite(ComputeFields, frozen=True):
    """Rewrite of the path by RE2."""

    path_pattern: str | None = None
    path_substitution: str | None = None


class UrlRewrite(ComputeFields, frozen=True):
    """What becomes of host and path on the way to the backend."""

    host_rewrite: str | None = None
    path_prefix_rewrite: str | None = None
    path_template_rewrite: str | None = None
    regex_rewrite: RegexRewrite | None = None


class HttpHeaderOption(ComputeFields, frozen=True):
    """A header to add."""

    header_name: str | None = None
    header_value: str | None = None
    replace: bool | None = None


class HttpHeaderAction(ComputeFields, frozen=True):
    """Headers to add and to remove."""

    request_headers_to_add: tuple[HttpHeaderOption, ...] | None = None
    request_headers_to_remove: tuple[str, ...] | None = None
    response_headers_to_add: tuple[HttpHeaderOption, ...] | None = None
    response_headers_to_remove: tuple[str, ...] | None = None


class WeightedBackendService(ComputeFields, frozen=True):
    """A share of the requests."""

    backend_service: str | None = None
    header_action: HttpHeaderAction | None = None
    weight: int | None = None


class HttpRouteAction(ComputeFields, frozen=True):
    """How requests are sent on."""

    cache_policy: Any = None
    cors_policy: CorsPolicy | None = None
    dynamic_compression_policy: Any = None
    fault_injection_policy: HttpFaultInjection | None = None
    image_optimization_policy: Any = None
    max_stream_duration: Duration | None = None
    request_mirror_policy: RequestMirrorPolicy | None = None
    retry_policy: HttpRetryPolicy | None = None
    timeout: Duration | None = None
    url_rewrite: UrlRewrite | None = None
    weighted_backend_services: tuple[WeightedBackendService, ...] | None = None


class HttpRedirectAction(ComputeFields, frozen=True):
    """Where clients are sent."""

    host_redirect: str | None = None
    https_redirect: bool | None = None
    path_redirect: str | None = None
    prefix_redirect: str | None = None
    redirect_response_code: str | None = None
    strip_query: bool | None = None
