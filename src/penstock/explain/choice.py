"""How a backend service chooses among its endpoints, and what that means for one request.

Which endpoint a hash leads to is the proxy's secret; which key is hashed, and
whether the request has it, is not.  A strong cookie names its endpoint openly.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Final

from msgspec.structs import asdict, replace

from penstock.explain.request import Request
from penstock.explain.result import (
    Affinity,
    Backend,
    Choice,
    Endpoint,
    Limit,
    Logging,
    Outliers,
    seconds,
    source,
)
from penstock.explain.result import Text as ShownText
from penstock.model import Affinity as ModelAffinity
from penstock.model import (
    BackendService,
    CircuitBreakers,
    ClientIpAffinity,
    CookieAffinity,
    HeaderAffinity,
    LocalityPolicy,
    RequestLogging,
    Setting,
    StrongCookieAffinity,
)

_PLACE: Final = re.compile(rb"(\[[0-9a-f:.]+\]|[0-9.]+):[0-9]{1,5}")
_ANYWHERE: Final = "any endpoint"
_SAME: Final = "hashed: the same value goes to the same endpoint"


def with_choice(backend: Backend, service: BackendService, request: Request) -> Backend:
    """The backend with all that decides about endpoints; nothing is added where nothing is set."""
    family = service.address_family
    return replace(
        backend,
        choice=_choice(service.locality_policy),
        affinity=_affinity(service.affinity, request, backend.endpoints),
        limits=_limits(service.circuit_breakers),
        outliers=_outliers(service),
        draining=seconds(service.draining_timeout) if service.draining_timeout else None,
        logging=_logging(service.logging),
        address_family=ShownText(family.value.value, source(family.origin)) if family else None,
    )


def _choice(setting: Setting[LocalityPolicy] | None) -> Choice | None:
    if setting is None:
        return None
    policy = setting.value
    return Choice(
        policy.kind.value, policy.minimum_ring_size, list(policy.metrics), source(setting.origin)
    )


def _affinity(
    setting: Setting[ModelAffinity] | None, request: Request, endpoints: Sequence[Endpoint]
) -> Affinity | None:
    if setting is None:
        return None
    origin = source(setting.origin)
    match setting.value:
        case ClientIpAffinity():
            why = _SAME if request.client else "hashed; the client's address is not known here"
            return Affinity("client address", None, request.client, why, None, None, origin)
        case HeaderAffinity(header=name):
            value = request.header(name)
            why = f"the request has none: {_ANYWHERE}" if value is None else _SAME
            return Affinity("header", name, value, why, None, None, origin)
        case CookieAffinity(cookie=name, path=path, ttl=ttl):
            value = _cookie(request, name)
            why = (
                _SAME if value is not None else f"the request has none: {_ANYWHERE}, and one is set"
            )
            return Affinity("cookie", name, value, why, path, ttl, origin)
        case StrongCookieAffinity(cookie=name, path=path, ttl=ttl):
            value = _cookie(request, name)
            why = _named(value, endpoints)
            return Affinity("strong cookie", name, value, why, path, ttl, origin)


def _cookie(request: Request, name: str) -> str | None:
    try:
        found = SimpleCookie(request.header("cookie") or "").get(name)
    except CookieError:
        return None
    return None if found is None else found.value


def _named(value: str | None, endpoints: Sequence[Endpoint]) -> str:
    """What the cookie says: the endpoint's address and port in base64, with an end of life."""
    chosen = "the policy chooses, and a cookie that names the endpoint is set"
    if value is None:
        return f"the request has none: {chosen}"
    try:
        found = _PLACE.search(base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError):
        found = None
    if found is None:
        return f"names no endpoint: {chosen}"
    place = found.group().decode()
    named = next((e for e in endpoints if _place(e) == place), None)
    if named is None:
        return f"names {place}, which is no endpoint of the backend service: {chosen}"
    if not named.share:
        return f"names {place}, which gets no requests ({named.health}): {chosen}"
    return f"names {place}"


def _place(endpoint: Endpoint) -> str:
    host = f"[{endpoint.address}]" if ":" in endpoint.address else endpoint.address
    return f"{host}:{endpoint.port}"


def _limits(breakers: CircuitBreakers | None) -> list[Limit]:
    if breakers is None:
        return []
    found = (
        ("connections", breakers.max_connections),
        ("requests that wait for a connection", breakers.max_pending_requests),
        ("requests at once", breakers.max_requests),
        ("requests of a connection", breakers.max_requests_per_connection),
        ("retries at once", breakers.max_retries),
    )
    return [
        Limit(what, setting.value, source(setting.origin))
        for what, setting in found
        if setting is not None
    ]


def _outliers(service: BackendService) -> Outliers | None:
    setting = service.outlier_detection
    if setting is None:
        return None
    return Outliers(asdict(setting.value), source(setting.origin))


def _logging(setting: Setting[RequestLogging] | None) -> Logging | None:
    if setting is None:
        return None
    logging = setting.value
    fields = [
        *logging.optional_fields,
        *(f"request header {name}" for name in logging.request_headers),
        *(f"response header {name}" for name in logging.response_headers),
    ]
    return Logging(logging.sample_rate if logging.enable else 0.0, fields, source(setting.origin))
