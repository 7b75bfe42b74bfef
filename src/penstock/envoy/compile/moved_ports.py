"""Redirects to HTTPS where HTTPS has moved to another port (`penstock.model.moved_https`).

Nothing is done where ports are as written.
"""

from __future__ import annotations

from msgspec.structs import replace

from penstock.envoy.compile.redirects import has_other_ports
from penstock.model import Action, HostRule, Redirect, RouteRule, UrlMap


def with_https_port(url_map: UrlMap, port: int) -> UrlMap:
    """The URL map, whose redirects to HTTPS of the same host name ``port``."""
    rules = tuple(_host_rule(rule, port) for rule in url_map.host_rules)
    default = _action(url_map.default_action, port)
    return replace(url_map, host_rules=rules, default_action=default)


def _host_rule(rule: HostRule, port: int) -> HostRule:
    if not any(has_other_ports(route.action) for route in rule.routes):
        return rule
    return replace(rule, routes=tuple(_route(route, port) for route in rule.routes))


def _route(route: RouteRule, port: int) -> RouteRule:
    return replace(route, action=_action(route.action, port))


def _action(action: Action, port: int) -> Action:
    if isinstance(action, Redirect) and has_other_ports(action):
        return replace(action, port=port)
    return action
