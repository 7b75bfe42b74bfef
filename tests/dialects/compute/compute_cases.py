"""Golden cases of the dialect: where they are, and a matcher for their requests.

The matcher is naive and written for reading: it goes through the rules in the
model's order, and says which backend service gets a request.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import golden_cases
import re2
from golden_cases import Case

from penstock.model import (
    Action,
    FixedResponse,
    HeaderMatch,
    HostKind,
    HostPattern,
    Model,
    PathKind,
    PathMatch,
    PrefixRewrite,
    QueryMatch,
    Redirect,
    RouteMatch,
    UrlMap,
    ValueKind,
)

CASES = Path(__file__).parent / "cases"


def all_cases() -> list[Case]:
    return golden_cases.all_cases(CASES)


def answer(model: Model, asked: dict[str, Any]) -> dict[str, Any]:
    """What a client is to see, with an endpoint behind every backend service."""
    [lb] = model.load_balancers.values()
    url_map = model.url_maps[lb.target_proxies[0].url_map]
    authority = asked.get("host", "127.0.0.1")
    path, _, query = asked["path"].partition("?")
    headers = {name.lower(): value for name, value in asked.get("headers", {}).items()}
    headers |= {":method": asked.get("method", "GET"), ":authority": authority}
    headers["PORT"] = authority.partition(":")[2]
    action, prefix = find(url_map, authority, path, headers, query)
    if isinstance(action, FixedResponse | Redirect):
        return {"status": action.status}
    chosen = max(action.backends, key=lambda backend: backend.weight).backend_service
    if action.rewrite and isinstance(action.rewrite.value, PrefixRewrite):
        path = action.rewrite.value.prefix + path[len(prefix) :]
    negs = model.backend_services[chosen].negs
    return {"status": 200 if negs else 503, "service": chosen.rpartition("/")[2], "path": path}


def find(
    url_map: UrlMap, authority: str, path: str, headers: dict[str, str], query: str
) -> tuple[Action, str]:
    """The action, and the part of the path that its match covers."""
    hosts = [rule for rule in url_map.host_rules if is_host(rule.host, authority)]
    if hosts:
        best = max(hosts, key=lambda rule: specificity(rule.host))
        for route in best.routes:
            if is_match(route.match, path, headers, query):
                is_prefix = route.match.path.kind is PathKind.TEXT_PREFIX
                return route.action, route.match.path.value if is_prefix else path
    return url_map.default_action, path


def specificity(host: HostPattern) -> tuple[bool, bool, bool, int]:
    """With a port first, then exact, then by length."""
    exact = host.kind is HostKind.EXACT
    return (host.port != 0, exact, host.kind is HostKind.SUFFIX, len(host.value))


def is_host(pattern: HostPattern, authority: str) -> bool:
    name, _, port = authority.lower().partition(":")
    if pattern.port and port != str(pattern.port):
        return False
    if pattern.kind is HostKind.SUFFIX:
        return name.endswith(pattern.value)
    return pattern.kind is HostKind.ANY or name == pattern.value


def is_match(match: RouteMatch, path: str, headers: dict[str, str], query: str) -> bool:
    pairs: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        pairs.setdefault(name, value)
    return (
        is_path(match.path, path)
        and all(is_header(m, headers.get(m.name)) for m in match.headers)
        and all(is_query(m, pairs.get(m.name)) for m in match.query)
    )


def is_path(match: PathMatch, path: str) -> bool:
    value = match.value
    if match.ignore_case:
        value, path = value.lower(), path.lower()
    if match.kind is PathKind.EXACT:
        return path == value
    if match.kind is PathKind.TEXT_PREFIX:
        return path.startswith(value)
    if match.kind is PathKind.TEMPLATE:
        value = re.sub(r"\{\w+=?([^}]*)\}", lambda m: m[1] or "*", value)
        value = re.escape(value).replace(r"\*\*", ".*").replace(r"\*", "[^/]+")
    return re2.fullmatch(value, path) is not None


def is_header(match: HeaderMatch, value: str | None) -> bool:
    return (value is not None and is_value(match, value)) ^ match.invert


def is_query(match: QueryMatch, value: str | None) -> bool:
    if value is None:
        return False
    return is_value(HeaderMatch(match.name, match.kind, match.value), value)


def is_value(match: HeaderMatch, value: str) -> bool:
    if match.kind is ValueKind.RANGE:
        is_number = re.fullmatch(r"[+-]?\d+", value) is not None
        return is_number and match.start <= int(value) < match.end
    return {
        ValueKind.EXACT: value == match.value,
        ValueKind.PREFIX: value.startswith(match.value),
        ValueKind.SUFFIX: value.endswith(match.value),
        ValueKind.REGEX: match.kind is ValueKind.REGEX
        and re2.fullmatch(match.value, value) is not None,
        ValueKind.PRESENT: True,
    }[match.kind]
