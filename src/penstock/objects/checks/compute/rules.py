"""The rules of path matchers: what they match, and that each leads to one place."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.model import FieldPath
from penstock.objects.checks.compute.common import (
    INT32,
    between,
    exclusive,
    length,
    regex,
    set_names,
)
from penstock.objects.checks.compute.headers import check_header_action, is_token
from penstock.objects.checks.compute.path_template import bad_rewrite, parse_template
from penstock.objects.checks.compute.route_action import check_redirect, check_route_action
from penstock.objects.compute.url_map import (
    HttpHeaderMatch,
    HttpQueryParameterMatch,
    HttpRouteRule,
    HttpRouteRuleMatch,
    PathRule,
)
from penstock.objects.compute.wording import invalid, required
from penstock.objects.problem import Problem

_TARGETS = ("service", "urlRedirect", "routeAction.weightedBackendServices")
_PATHS = ("prefixMatch", "fullPathMatch", "regexMatch", "pathTemplateMatch")
_VALUES = (
    "exactMatch",
    "prefixMatch",
    "suffixMatch",
    "regexMatch",
    "presentMatch",
    "rangeMatch",
)
_PSEUDO = frozenset({":method", ":authority", ":path", ":scheme"})


def check_path_rule(path: FieldPath, rule: PathRule) -> Iterator[Problem]:
    """Problems of a path rule."""
    if not rule.paths:
        yield required(path, "paths")
    for index, pattern in enumerate(rule.paths or ()):
        reason = _bad_pattern(pattern)
        if reason:
            yield invalid((*path, "paths", index), pattern, reason)
    yield from _target(path, rule)
    action = rule.route_action
    rewrite = action.url_rewrite if action else None
    if rewrite is not None and rewrite.path_template_rewrite is not None:
        reason = "Needs a route rule with pathTemplateMatch."
        where = (*path, "routeAction", "urlRewrite", "pathTemplateRewrite")
        yield invalid(where, rewrite.path_template_rewrite, reason)


def _bad_pattern(pattern: str) -> str | None:
    if not pattern.startswith("/"):
        return "Must start with a slash."
    if "?" in pattern or "#" in pattern:
        return "Must not contain ? or #: paths are compared without query and fragment."
    if "*" in pattern and not (pattern.count("*") == 1 and pattern.endswith("/*")):
        return "The only place a * is allowed is at the end, following a slash."
    return None


def _target(path: FieldPath, rule: PathRule | HttpRouteRule) -> Iterator[Problem]:
    """Exactly one of service, redirect and weighted backend services."""
    weighted = rule.route_action.weighted_backend_services if rule.route_action else None
    pairs = zip(_TARGETS, (rule.service, rule.url_redirect, weighted or None), strict=True)
    given = set_names(*pairs)
    yield from exclusive(path, given, _TARGETS)
    if not given:
        yield required(path, "service", "Or set urlRedirect, or weighted backend services.")
    yield from check_route_action((*path, "routeAction"), rule.route_action)
    yield from check_redirect((*path, "urlRedirect"), rule.url_redirect)


def check_route_rule(path: FieldPath, rule: HttpRouteRule) -> Iterator[Problem]:
    """Problems of a route rule."""
    yield from between((*path, "priority"), rule.priority, 0, INT32)
    if not rule.match_rules:
        hint = 'To match every request write matchRules: [{prefixMatch: "/"}].'
        yield required(path, "matchRules", hint)
    for index, match in enumerate(rule.match_rules or ()):
        yield from _match((*path, "matchRules", index), match)
    yield from _target(path, rule)
    yield from _template_rewrite(path, rule)
    yield from check_header_action((*path, "headerAction"), rule.header_action)


def _template_rewrite(path: FieldPath, rule: HttpRouteRule) -> Iterator[Problem]:
    rewrite = rule.route_action.url_rewrite if rule.route_action else None
    text = rewrite.path_template_rewrite if rewrite else None
    if text is None:
        return
    where = (*path, "routeAction", "urlRewrite", "pathTemplateRewrite")
    for match in rule.match_rules or ():
        if match.path_template_match is None:
            reason = "Needs pathTemplateMatch in every match rule of the route rule."
            yield invalid(where, text, reason)
            return
        template = parse_template(match.path_template_match)
        reason_of_text = bad_rewrite(text, template.variables)
        if reason_of_text and not template.error:
            yield invalid(where, text, reason_of_text)
            return


def _match(path: FieldPath, match: HttpRouteRuleMatch) -> Iterator[Problem]:
    values = (
        match.prefix_match,
        match.full_path_match,
        match.regex_match,
        match.path_template_match,
    )
    given = set_names(*zip(_PATHS, values, strict=True))
    yield from exclusive(path, given, _PATHS)
    if not given:
        yield required(path, "prefixMatch", f"Set one of {', '.join(_PATHS)}.")
    yield from _paths(path, match)
    if match.ignore_case and match.regex_match is not None:
        reason = "Must not be used with regexMatch; write (?i) in the expression."
        yield invalid((*path, "ignoreCase"), True, reason)
    for index, header in enumerate(match.header_matches or ()):
        yield from _header((*path, "headerMatches", index), header)
    for index, parameter in enumerate(match.query_parameter_matches or ()):
        yield from _parameter((*path, "queryParameterMatches", index), parameter)
    if match.metadata_filters:
        reason = "Only load balancing scheme INTERNAL_SELF_MANAGED has metadata filters."
        yield invalid((*path, "metadataFilters"), "", reason)


def _paths(path: FieldPath, match: HttpRouteRuleMatch) -> Iterator[Problem]:
    for field, text in (
        ("prefixMatch", match.prefix_match),
        ("fullPathMatch", match.full_path_match),
    ):
        yield from length((*path, field), text, 1, 1024)
        if text and not text.startswith("/"):
            yield invalid((*path, field), text, "Must start with a slash.")
    yield from regex((*path, "regexMatch"), match.regex_match)
    if match.path_template_match is not None:
        error = parse_template(match.path_template_match).error
        if error:
            yield invalid((*path, "pathTemplateMatch"), match.path_template_match, error)


def _header(path: FieldPath, match: HttpHeaderMatch) -> Iterator[Problem]:
    name = match.header_name
    if not name:
        yield required(path, "headerName")
    elif name.lower() not in _PSEUDO and not is_token(name):
        yield invalid((*path, "headerName"), name, "Must be the name of an HTTP header.")
    values = (
        match.exact_match,
        match.prefix_match,
        match.suffix_match,
        match.regex_match,
        match.present_match,
        match.range_match,
    )
    given = set_names(*zip(_VALUES, values, strict=True))
    yield from exclusive(path, given, _VALUES)
    if not given:
        yield required(path, "exactMatch", f"Set one of {', '.join(_VALUES)}.")
    yield from regex((*path, "regexMatch"), match.regex_match)
    if match.range_match is not None:
        low, high = match.range_match.range_start or 0, match.range_match.range_end or 0
        if low >= high:
            reason = f"rangeStart ({low}) must be less than rangeEnd ({high}), which is excluded."
            yield invalid((*path, "rangeMatch"), "", reason)


def _parameter(path: FieldPath, match: HttpQueryParameterMatch) -> Iterator[Problem]:
    if not match.name:
        yield required(path, "name")
    among = ("exactMatch", "presentMatch", "regexMatch")
    values = (match.exact_match, match.present_match, match.regex_match)
    given = set_names(*zip(among, values, strict=True))
    yield from exclusive(path, given, among)
    if not given:
        yield required(path, "exactMatch", f"Set one of {', '.join(among)}.")
    yield from regex((*path, "regexMatch"), match.regex_match)
