"""Rules of a path matcher: path rules by length, or route rules by priority, then its default."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.dialects.compute import defaults
from penstock.dialects.compute.actions import DEFAULT_FIELDS, ActionReader, Wish
from penstock.dialects.compute.headers import read_headers
from penstock.dialects.compute.matches import ALL_PATHS, read_match
from penstock.dialects.request_paths import as_requested
from penstock.model import (
    Action,
    Finding,
    Origin,
    PathKind,
    PathMatch,
    RouteMatch,
    RouteRule,
)
from penstock.objects.compute.url_map import HttpRouteRule, PathMatcher, PathRule


def read_routes(
    matcher: PathMatcher, origin: Origin, url_map: str, reader: ActionReader, found: list[Finding]
) -> tuple[RouteRule, ...]:
    """All routes of a path matcher in their order."""
    rules = RouteReader(url_map, reader, found)
    return (
        *rules.path_rules(matcher.path_rules or (), origin.child("pathRules")),
        *rules.route_rules(matcher.route_rules or (), origin.child("routeRules")),
        rules.default(matcher, origin),
    )


class RouteReader:
    """Reads the rules of path matchers."""

    def __init__(self, url_map: str, reader: ActionReader, findings: list[Finding]) -> None:
        self._url_map = url_map
        self._reader = reader
        self._findings = findings

    def path_rules(self, rules: tuple[PathRule, ...], origin: Origin) -> list[RouteRule]:
        """Routes of path rules: the longest path first, in whatever order they are written.

        A path of the same length without ``*`` comes first; no request fits two others.
        """
        routes: dict[PathMatch, RouteRule] = {}
        for i, rule in enumerate(rules):
            where = origin.child(i)
            paths = [(j, path_match(text)) for j, text in enumerate(rule.paths or ())]
            wish = Wish(rule.service, rule.route_action, rule.url_redirect, where)
            action = self._action(wish)
            for j, path in paths:
                place = where.child("paths", j)
                route = RouteRule(self._name(place), RouteMatch(path), action, place)
                routes.setdefault(path, route)
        return sorted(routes.values(), key=lambda route: _path_order(route.match.path))

    def route_rules(self, rules: tuple[HttpRouteRule, ...], origin: Origin) -> list[RouteRule]:
        """Routes of route rules by priority; each match rule is a route of its own."""
        numbered = sorted(enumerate(rules), key=lambda item: (item[1].priority or 0, item[0]))
        routes: list[RouteRule] = []
        for i, rule in numbered:
            routes += self._route_rule(rule, origin.child(i))
        return routes

    def _route_rule(self, rule: HttpRouteRule, origin: Origin) -> Iterator[RouteRule]:
        edits = read_headers(rule.header_action, origin.child("headerAction"), self._findings)
        wish = Wish(rule.service, rule.route_action, rule.url_redirect, origin)
        action = self._action(wish)
        for i, written in enumerate(rule.match_rules or ()):
            where = origin.child("matchRules", i)
            yield RouteRule(self._name(where), read_match(written), action, where, edits)

    def default(self, matcher: PathMatcher, origin: Origin) -> RouteRule:
        """The route for whatever no rule takes."""
        wish = Wish(
            matcher.default_service,
            matcher.default_route_action,
            matcher.default_url_redirect,
            origin,
            DEFAULT_FIELDS,
        )
        action = read_default(wish, self._reader)
        return RouteRule(self._name(wish.said), RouteMatch(ALL_PATHS), action, wish.said)

    def _action(self, wish: Wish) -> Action:
        return self._reader.read(wish) or defaults.UNAVAILABLE

    def _name(self, origin: Origin) -> str:
        return f"{self._url_map} {origin.field}"


def read_default(wish: Wish, reader: ActionReader) -> Action:
    """A default action; 404 if none is said."""
    return reader.read(wish) or defaults.NOT_FOUND


def path_match(text: str) -> PathMatch:
    """The match of a path rule's path: ``/a/*`` covers what begins with ``/a/``."""
    path = as_requested(text)
    if path.endswith("/*"):
        return PathMatch(PathKind.TEXT_PREFIX, path[:-1])
    return PathMatch(PathKind.EXACT, path)


def _path_order(path: PathMatch) -> tuple[int, bool, str]:
    return (-len(path.value), path.kind is not PathKind.EXACT, path.value)
