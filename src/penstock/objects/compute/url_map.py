"""URL maps."""

from __future__ import annotations

from typing import Any, ClassVar

from penstock.objects.compute.base import ComputeFields, ComputeResource
from penstock.objects.compute.route_action import (
    HttpHeaderAction,
    HttpRedirectAction,
    HttpRouteAction,
)


class HostRule(ComputeFields, frozen=True):
    """Hosts that share a path matcher."""

    description: str | None = None
    hosts: tuple[str, ...] | None = None
    path_matcher: str | None = None


class PathRule(ComputeFields, frozen=True):
    """Paths, the longest first, that share an action."""

    custom_error_response_policy: Any = None
    paths: tuple[str, ...] | None = None
    route_action: HttpRouteAction | None = None
    service: str | None = None
    url_redirect: HttpRedirectAction | None = None


class Int64RangeMatch(ComputeFields, frozen=True):
    """Integers from `range_start` up to, but without, `range_end`."""

    range_end: int | None = None
    range_start: int | None = None


class HttpHeaderMatch(ComputeFields, frozen=True):
    """A condition on a header."""

    exact_match: str | None = None
    header_name: str | None = None
    invert_match: bool | None = None
    prefix_match: str | None = None
    present_match: bool | None = None
    range_match: Int64RangeMatch | None = None
    regex_match: str | None = None
    suffix_match: str | None = None


class HttpQueryParameterMatch(ComputeFields, frozen=True):
    """A condition on a query parameter."""

    exact_match: str | None = None
    name: str | None = None
    present_match: bool | None = None
    regex_match: str | None = None


class HttpRouteRuleMatch(ComputeFields, frozen=True):
    """All of its conditions have to hold."""

    full_path_match: str | None = None
    header_matches: tuple[HttpHeaderMatch, ...] | None = None
    ignore_case: bool | None = None
    metadata_filters: tuple[Any, ...] | None = None
    path_template_match: str | None = None
    prefix_match: str | None = None
    query_parameter_matches: tuple[HttpQueryParameterMatch, ...] | None = None
    regex_match: str | None = None


class HttpRouteRule(ComputeFields, frozen=True):
    """A rule with a priority, the lowest first."""

    custom_error_response_policy: Any = None
    description: str | None = None
    header_action: HttpHeaderAction | None = None
    match_rules: tuple[HttpRouteRuleMatch, ...] | None = None
    priority: int | None = None
    route_action: HttpRouteAction | None = None
    service: str | None = None
    url_redirect: HttpRedirectAction | None = None


class PathMatcher(ComputeFields, frozen=True):
    """What becomes of the requests for some hosts."""

    default_custom_error_response_policy: Any = None
    default_route_action: HttpRouteAction | None = None
    default_service: str | None = None
    default_url_redirect: HttpRedirectAction | None = None
    description: str | None = None
    header_action: HttpHeaderAction | None = None
    name: str | None = None
    path_rules: tuple[PathRule, ...] | None = None
    route_rules: tuple[HttpRouteRule, ...] | None = None


class UrlMapTestHeader(ComputeFields, frozen=True):
    """A header of a test's request."""

    name: str | None = None
    value: str | None = None


class UrlMapTest(ComputeFields, frozen=True):
    """What the author expects of a request."""

    description: str | None = None
    expected_output_url: str | None = None
    expected_redirect_response_code: int | None = None
    headers: tuple[UrlMapTestHeader, ...] | None = None
    host: str | None = None
    path: str | None = None
    service: str | None = None


class UrlMap(ComputeResource, frozen=True):
    """Hosts and paths to backend services."""

    KIND: ClassVar[str] = "compute#urlMap"

    default_custom_error_response_policy: Any = None
    default_route_action: HttpRouteAction | None = None
    default_service: str | None = None
    default_url_redirect: HttpRedirectAction | None = None
    header_action: HttpHeaderAction | None = None
    host_rules: tuple[HostRule, ...] | None = None
    path_matchers: tuple[PathMatcher, ...] | None = None
    status: Any = None
    tests: tuple[UrlMapTest, ...] | None = None
