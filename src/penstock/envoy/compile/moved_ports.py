"""Redirects to HTTPS where listeners have other ports than their forwarding rules.

Local mode without privileges moves all ports by one offset, so HTTPS is found at
443 and the offset.  Nothing is done where ports are as written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from penstock.envoy.compile.options import SocketAddress
from penstock.envoy.compile.redirects import HTTPS_PORT, has_other_ports
from penstock.model import (
    Action,
    ForwardingRule,
    FrontEndProtocol,
    HostRule,
    Redirect,
    RouteRule,
    TargetProxy,
    UrlMap,
    UrlMapName,
)

_PORTS: Final = range(1, 1 << 16)


def moved_https(
    front_ends: Iterable[tuple[ForwardingRule, TargetProxy, SocketAddress | None]],
) -> dict[UrlMapName, int]:
    """URL maps behind moved HTTP listeners, with the port that HTTPS has moved to."""
    offsets: dict[UrlMapName, set[int]] = {}
    for rule, proxy, address in front_ends:
        if address is not None and proxy.protocol is FrontEndProtocol.HTTP:
            offsets.setdefault(proxy.url_map, set()).add(address.port - rule.port)
    return {
        name: HTTPS_PORT + offset
        for name, found in offsets.items()
        if len(found) == 1 and (offset := found.copy().pop()) and HTTPS_PORT + offset in _PORTS
    }


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
