"""URL maps: hosts, path matchers, defaults and tests."""

from __future__ import annotations

import re
from collections.abc import Iterator

from penstock.model import FieldPath
from penstock.objects.checks.compute.common import exclusive, name, set_names
from penstock.objects.checks.compute.headers import check_header_action
from penstock.objects.checks.compute.route_action import check_redirect, check_route_action
from penstock.objects.checks.compute.rules import check_path_rule, check_route_rule
from penstock.objects.compute.url_map import HostRule, PathMatcher, UrlMap, UrlMapTest
from penstock.objects.compute.wording import invalid, required
from penstock.objects.problem import Harm, Problem
from penstock.objects.suggest import did_you_mean

MOST_TESTS = 100
_HOST = re.compile(
    r"(?:\*|(?:\*[-.])?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?",
    re.IGNORECASE | re.ASCII,
)
_DEFAULTS = ("defaultService", "defaultUrlRedirect", "defaultRouteAction")


def check_url_map(url_map: UrlMap) -> Iterator[Problem]:
    """Problems of a URL map."""
    yield from _defaults((), url_map)
    yield from check_header_action(("headerAction",), url_map.header_action)
    matchers = [matcher.name for matcher in url_map.path_matchers or () if matcher.name]
    yield from _host_rules(url_map.host_rules or (), matchers)
    seen: set[str] = set()
    for index, matcher in enumerate(url_map.path_matchers or ()):
        path: FieldPath = ("pathMatchers", index)
        if matcher.name is not None and matcher.name in seen:
            reason = "The name is taken by another path matcher."
            yield invalid((*path, "name"), matcher.name, reason)
        seen.add(matcher.name or "")
        yield from _matcher(path, matcher)
    yield from _tests(url_map.tests or ())


def _defaults(path: FieldPath, holder: UrlMap | PathMatcher) -> Iterator[Problem]:
    """What becomes of requests that no rule takes; what is wrong with it is left out alone."""
    action = holder.default_route_action
    weighted = action.weighted_backend_services if action else None
    values = (holder.default_service, holder.default_url_redirect, weighted or None)
    given = set_names(*zip(_DEFAULTS, values, strict=True))
    yield from exclusive(path, given, _DEFAULTS, whole=False)
    if not given:
        problem = required(path, "defaultService", "Or set defaultUrlRedirect.")
        message = f"{problem.message} Requests that no rule takes lead nowhere."
        yield Problem(problem.code, path, message, problem.hint, Harm.NOTHING, problem.absent)
    yield from check_route_action((*path, "defaultRouteAction"), action)
    yield from check_redirect((*path, "defaultUrlRedirect"), holder.default_url_redirect)
    rewrite = action.url_rewrite if action else None
    if rewrite is not None and rewrite.path_template_rewrite is not None:
        where = (*path, "defaultRouteAction", "urlRewrite", "pathTemplateRewrite")
        reason = "Needs a route rule with pathTemplateMatch."
        yield invalid(where, rewrite.path_template_rewrite, reason)


def _host_rules(rules: tuple[HostRule, ...], matchers: list[str]) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for index, rule in enumerate(rules):
        path: FieldPath = ("hostRules", index)
        if not rule.hosts:
            yield required(path, "hosts")
        yield from _hosts((*path, "hosts"), rule.hosts or (), index, seen)
        if not rule.path_matcher:
            yield required(path, "pathMatcher")
        elif rule.path_matcher not in matchers:
            reason = "The path matcher does not exist in the URL map."
            hint = did_you_mean(rule.path_matcher, matchers)
            where = (*path, "pathMatcher")
            # The hosts stay: without their rule, they would get the answers of other hosts.
            yield invalid(where, rule.path_matcher, reason, hint, Harm.NOTHING)


def _hosts(
    path: FieldPath, hosts: tuple[str, ...], rule: int, seen: dict[str, int]
) -> Iterator[Problem]:
    for index, host in enumerate(hosts):
        if len(host) > 255 or not _HOST.fullmatch(host):
            yield invalid((*path, index), host, _bad_host(host))
        elif seen.setdefault(host.lower(), rule) != rule:
            reason = f"The host is there already, in hostRules[{seen[host.lower()]}]."
            yield invalid((*path, index), host, reason)


def _bad_host(host: str) -> str:
    if "://" in host or "/" in host:
        return "Must be a host name, with a port if need be, and no URL."
    if "*" in host:
        return "A * must be the first character, and - or . must follow it, if anything does."
    return "Must be a valid host name, with a port if need be."


def _matcher(path: FieldPath, matcher: PathMatcher) -> Iterator[Problem]:
    if not matcher.name:
        yield required(path, "name")
    yield from name((*path, "name"), matcher.name or None)
    yield from _defaults(path, matcher)
    yield from check_header_action((*path, "headerAction"), matcher.header_action)
    among = ("pathRules", "routeRules")
    given = set_names(
        ("pathRules", matcher.path_rules or None), ("routeRules", matcher.route_rules or None)
    )
    yield from exclusive(path, given, among)
    yield from _path_rules((*path, "pathRules"), matcher)
    priorities: dict[int, int] = {}
    for index, rule in enumerate(matcher.route_rules or ()):
        where: FieldPath = (*path, "routeRules", index)
        yield from check_route_rule(where, rule)
        priority = rule.priority or 0
        if priorities.setdefault(priority, index) != index:
            reason = f"The priority is taken by routeRules[{priorities[priority]}]."
            yield invalid((*where, "priority"), priority, reason, "Give each rule its own.")


def _path_rules(path: FieldPath, matcher: PathMatcher) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for index, rule in enumerate(matcher.path_rules or ()):
        where: FieldPath = (*path, index)
        yield from check_path_rule(where, rule)
        for place, pattern in enumerate(rule.paths or ()):
            if seen.setdefault(pattern, index) != index:
                reason = f"The path is there already, in pathRules[{seen[pattern]}]."
                yield invalid((*where, "paths", place), pattern, reason)


def _tests(tests: tuple[UrlMapTest, ...]) -> Iterator[Problem]:
    if len(tests) > MOST_TESTS:
        problem = invalid(("tests", MOST_TESTS), "", f"At most {MOST_TESTS} tests are allowed.")
        rest = tuple(("tests", index) for index in range(MOST_TESTS, len(tests)))
        yield Problem(problem.code, problem.path, problem.message, also=rest)
    for index, test in enumerate(tests):
        path: FieldPath = ("tests", index)
        if not test.host:
            yield required(path, "host")
        if not test.path:
            yield required(path, "path")
        elif not test.path.startswith("/"):
            yield invalid((*path, "path"), test.path, "Must start with a slash.")
        code = test.expected_redirect_response_code
        if test.service is not None and code is not None:
            reason = "Cannot be set if service is set."
            yield invalid((*path, "expectedRedirectResponseCode"), code, reason)
        if test.service is None and code is None and test.expected_output_url is None:
            yield required(path, "service", "Or expectedOutputUrl, for a redirect.")
