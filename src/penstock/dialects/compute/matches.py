"""Match rules: what a request must satisfy, one `RouteMatch` for each rule."""

from __future__ import annotations

from typing import Final

from penstock.dialects.request_paths import as_requested
from penstock.model import (
    HOST_PORT,
    HeaderMatch,
    PathKind,
    PathMatch,
    QueryMatch,
    RouteMatch,
    ValueKind,
)
from penstock.objects.compute.url_map import (
    HttpHeaderMatch,
    HttpQueryParameterMatch,
    HttpRouteRuleMatch,
)

ALL_PATHS: Final = PathMatch(PathKind.TEXT_PREFIX, "/")

_PATHS: Final = (
    ("full_path_match", PathKind.EXACT),
    ("prefix_match", PathKind.TEXT_PREFIX),
    ("path_template_match", PathKind.TEMPLATE),
    ("regex_match", PathKind.REGEX),
)
_VALUES: Final = (
    ("exact_match", ValueKind.EXACT),
    ("prefix_match", ValueKind.PREFIX),
    ("suffix_match", ValueKind.SUFFIX),
    ("regex_match", ValueKind.REGEX),
)


def read_match(rule: HttpRouteRuleMatch) -> RouteMatch:
    """The match of one rule."""
    return RouteMatch(
        path=_path(rule),
        headers=tuple([_header(match) for match in rule.header_matches or () if match.header_name]),
        query=tuple([_query(match) for match in rule.query_parameter_matches or () if match.name]),
    )


def _path(rule: HttpRouteRuleMatch) -> PathMatch:
    for field, kind in _PATHS:
        value = getattr(rule, field)
        if value is not None:
            ignore_case = bool(rule.ignore_case) and kind is not PathKind.REGEX
            is_plain = kind in (PathKind.EXACT, PathKind.TEXT_PREFIX)
            return PathMatch(kind, as_requested(value) if is_plain else value, ignore_case)
    return ALL_PATHS


def _header(match: HttpHeaderMatch) -> HeaderMatch:
    written = match.header_name or ""
    name = HOST_PORT if written == HOST_PORT else written.lower()
    invert = bool(match.invert_match)
    for field, kind in _VALUES:
        value = getattr(match, field)
        if value is not None:
            return HeaderMatch(name, kind, value, invert=invert)
    if match.range_match is not None:
        span = match.range_match
        start, end = span.range_start or 0, span.range_end or 0
        return HeaderMatch(name, ValueKind.RANGE, start=start, end=end, invert=invert)
    # presentMatch: false asks for the header's absence.
    return HeaderMatch(name, ValueKind.PRESENT, invert=invert ^ (match.present_match is False))


def _query(match: HttpQueryParameterMatch) -> QueryMatch:
    if match.exact_match is not None:
        return QueryMatch(match.name or "", ValueKind.EXACT, match.exact_match)
    if match.regex_match is not None:
        return QueryMatch(match.name or "", ValueKind.REGEX, match.regex_match)
    return QueryMatch(match.name or "", ValueKind.PRESENT)
