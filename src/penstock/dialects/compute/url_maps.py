"""URL maps as a whole: host rules with their path matchers, defaults, headers, tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from penstock.dialects.compute import codes, defaults
from penstock.dialects.compute.actions import DEFAULT_FIELDS, ActionReader, Lookup, Wish
from penstock.dialects.compute.backend_services import BackendReading
from penstock.dialects.compute.headers import read_headers
from penstock.dialects.compute.hosts import read_host
from penstock.dialects.compute.index import Located
from penstock.dialects.compute.matches import ALL_PATHS
from penstock.dialects.compute.route_rules import read_default, read_routes
from penstock.dialects.compute.url_map_tests import read_tests
from penstock.model import (
    NO_EDITS,
    BackendService,
    BackendServiceName,
    Finding,
    ForwardedFor,
    HeaderEdits,
    HostPattern,
    HostRule,
    Origin,
    RouteMatch,
    RouteRule,
    UrlMapName,
)
from penstock.model import UrlMap as ModelMap
from penstock.objects.compute.route_action import HttpRouteAction
from penstock.objects.compute.url_map import PathMatcher, UrlMap
from penstock.objects.meta import Object


class UrlMapReading(NamedTuple):
    """A URL map as read."""

    at: Located
    object: Object[UrlMap]
    url_map: ModelMap
    used: Mapping[BackendServiceName, BackendReading]
    """Backend services by name that it sends requests to, or that its tests name."""
    placeholders: Mapping[BackendServiceName, BackendService]
    https_redirects: tuple[Origin, ...]
    """Where it redirects to HTTPS."""
    findings: tuple[Finding, ...]


class _Matcher(NamedTuple):
    routes: tuple[RouteRule, ...]
    headers: HeaderEdits


def url_map_name(at: Located) -> UrlMapName:
    """The model's name of a URL map."""
    return UrlMapName(f"compute/{at}")


def read_url_map(at: Located, obj: Object[UrlMap], lookup: Lookup) -> UrlMapReading:
    """Read a URL map; `lookup` knows the backend services."""
    findings: list[Finding] = []
    reader = ActionReader(at, lookup, findings)
    resource = obj.resource
    wish = Wish(
        resource.default_service,
        resource.default_route_action,
        resource.default_url_redirect,
        obj.origin(),
        DEFAULT_FIELDS,
    )
    url_map = ModelMap(
        name=url_map_name(at),
        default_action=read_default(wish, reader),
        default_origin=wish.said,
        host_rules=_host_rules(obj, reader, findings),
        headers=read_headers(resource.header_action, obj.origin("headerAction"), findings),
        forwarded_for=ForwardedFor.CLIENT_AND_VIP,
        tests=read_tests(obj, reader),
    )
    return UrlMapReading(
        at,
        obj,
        url_map,
        reader.used,
        reader.placeholders,
        tuple(reader.https_redirects),
        tuple(dict.fromkeys(findings)),
    )


def _host_rules(
    obj: Object[UrlMap], reader: ActionReader, findings: list[Finding]
) -> tuple[HostRule, ...]:
    matchers = _matchers(obj, reader, findings)
    used: set[str] = set()
    rules: dict[HostPattern, HostRule] = {}
    for i, rule in enumerate(obj.resource.host_rules or ()):
        origin = obj.origin("hostRules", i)
        name = rule.path_matcher or ""
        matcher = matchers.get(name)
        used.add(name)
        if matcher is None:
            matcher = _broken(obj.name, origin.child("pathMatcher"))
        for text in rule.hosts or ():
            host = read_host(text)
            if host is not None:
                rules.setdefault(host, HostRule(host, matcher.routes, matcher.headers))
    findings.extend(_unused(obj, used))
    return tuple(rules[host] for host in sorted(rules, key=_host_order))


def _broken(url_map: str, origin: Origin) -> _Matcher:
    """For hosts whose path matcher is not there: they do not get other hosts' answers."""
    match, name = RouteMatch(ALL_PATHS), f"{url_map} {origin.field}"
    return _Matcher((RouteRule(name, match, defaults.UNAVAILABLE, origin),), NO_EDITS)


def _matchers(
    obj: Object[UrlMap], reader: ActionReader, findings: list[Finding]
) -> dict[str, _Matcher]:
    matchers: dict[str, _Matcher] = {}
    for i, matcher in enumerate(obj.resource.path_matchers or ()):
        origin = obj.origin("pathMatchers", i)
        routes = read_routes(matcher, origin, obj.name, reader, findings)
        edits = read_headers(matcher.header_action, origin.child("headerAction"), findings)
        matchers.setdefault(matcher.name or "", _Matcher(routes, edits))
    return matchers


def _unused(obj: Object[UrlMap], used: set[str]) -> Iterator[Finding]:
    for i, matcher in enumerate(obj.resource.path_matchers or ()):
        if (matcher.name or "") not in used:
            message = f"no host rule names the path matcher {matcher.name}; it has no effect"
            yield codes.UNUSED_MATCHER.at(obj.origin("pathMatchers", i), message)


def _host_order(host: HostPattern) -> tuple[str, str, int]:
    return (host.kind.value, host.value, host.port)


def services_of(url_map: UrlMap) -> Iterator[str]:
    """Every reference to a backend service, in the order of writing."""
    yield from _of(url_map.default_service, url_map.default_route_action)
    for matcher in url_map.path_matchers or ():
        yield from _of_matcher(matcher)
    for test in url_map.tests or ():
        yield from _of(test.service, None)


def _of_matcher(matcher: PathMatcher) -> Iterator[str]:
    yield from _of(matcher.default_service, matcher.default_route_action)
    for path_rule in matcher.path_rules or ():
        yield from _of(path_rule.service, path_rule.route_action)
    for route_rule in matcher.route_rules or ():
        yield from _of(route_rule.service, route_rule.route_action)


def _of(service: str | None, action: HttpRouteAction | None) -> Iterator[str]:
    if service is not None:
        yield service
    if action is None:
        return
    for share in action.weighted_backend_services or ():
        if share.backend_service is not None:
            yield share.backend_service
    mirror = action.request_mirror_policy
    if mirror is not None and mirror.backend_service is not None:
        yield mirror.backend_service
