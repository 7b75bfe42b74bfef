"""What routes have to know of the backend services they name, brought into the URL map.

Nearly all of a backend service is its cluster's matter.  A cookie that names an
endpoint is not: Envoy reads and sets it before the router, by the route's
configuration.  Backend services without such a thing leave URL maps as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from penstock.model import (
    Action,
    BackendService,
    BackendServiceName,
    Forward,
    HostRule,
    RequestLogging,
    RouteRule,
    SecurityPolicy,
    StrongCookieAffinity,
    UrlMap,
    WeightedBackend,
)


class Serving(WeightedBackend, frozen=True, omit_defaults=True):
    """A backend service of a route with what the route has to do for it."""

    cookie: StrongCookieAffinity | None = None
    logging: RequestLogging | None = None
    """Set if log entries show headers."""
    security: SecurityPolicy | None = None


Servings = Mapping[BackendServiceName, Serving]
NO_SERVINGS: Final[Servings] = {}


def servings_of(services: Mapping[BackendServiceName, BackendService]) -> Servings:
    """Those backend services that routes have to do something for."""
    servings = ((name, _serving(service)) for name, service in services.items())
    return {name: serving for name, serving in servings if serving is not None}


def _serving(service: BackendService) -> Serving | None:
    security = service.security_policy.value if service.security_policy else None
    if service.affinity is None and service.logging is None and security is None:
        return None
    affinity = service.affinity.value if service.affinity else None
    cookie = affinity if isinstance(affinity, StrongCookieAffinity) else None
    logging = service.logging.value if service.logging else None
    if logging is not None and not (logging.request_headers or logging.response_headers):
        logging = None
    if cookie is None and logging is None and security is None:
        return None
    return Serving(service.name, cookie=cookie, logging=logging, security=security)


def with_servings(url_map: UrlMap, servings: Servings) -> UrlMap:
    """The URL map, whose routes know what to do; host rules that have nothing to do are kept."""
    rules = tuple(_host_rule(rule, servings) for rule in url_map.host_rules)
    default = _action(url_map.default_action, servings)
    return replace(url_map, host_rules=rules, default_action=default)


def _host_rule(rule: HostRule, servings: Servings) -> HostRule:
    if not any(_is_concerned(route.action, servings) for route in rule.routes):
        return rule
    return replace(rule, routes=tuple(_route(route, servings) for route in rule.routes))


def _route(route: RouteRule, servings: Servings) -> RouteRule:
    return replace(route, action=_action(route.action, servings))


def _action(action: Action, servings: Servings) -> Action:
    if not isinstance(action, Forward) or not _is_concerned(action, servings):
        return action
    backends = tuple(_backend(backend, servings) for backend in action.backends)
    return replace(action, backends=backends)


def _backend(backend: WeightedBackend, servings: Servings) -> WeightedBackend:
    serving = servings.get(backend.backend_service)
    if serving is None:
        return backend
    return replace(serving, weight=backend.weight, headers=backend.headers)


def _is_concerned(action: Action, servings: Servings) -> bool:
    return isinstance(action, Forward) and any(
        backend.backend_service in servings for backend in action.backends
    )
