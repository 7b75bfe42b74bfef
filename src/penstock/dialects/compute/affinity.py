"""``sessionAffinity``: what keeps a client with its endpoint, and the cookies it needs.

https://docs.cloud.google.com/load-balancing/docs/backend-service#session_affinity
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from penstock.dialects.compute import codes
from penstock.dialects.compute.durations import seconds
from penstock.dialects.compute.locality import HASHING, read_locality
from penstock.dialects.compute.references import resource_field
from penstock.model import (
    Affinity,
    ClientIpAffinity,
    CookieAffinity,
    Finding,
    HeaderAffinity,
    LocalityPolicy,
    Setting,
    StrongCookieAffinity,
)
from penstock.objects.compute.backend_service import (
    BackendService,
    ConsistentHash,
    ConsistentHashCookie,
    HttpCookie,
)
from penstock.objects.meta import Object

GENERATED: Final = "GCILB"
"""The cookie of GENERATED_COOKIE at internal Application Load Balancers."""
_ROOT: Final = "/"
_NEEDED: Final = {
    "HEADER_FIELD": "consistentHash.httpHeaderName",
    "HTTP_COOKIE": "consistentHash.httpCookie",
    "STRONG_COOKIE_AFFINITY": "strongSessionAffinityCookie",
}
"""What an affinity cannot be without; nothing else needs it."""


def read_balancing(
    obj: Object[BackendService], findings: list[Finding]
) -> tuple[Setting[LocalityPolicy] | None, Setting[Affinity] | None]:
    """The locality policy and the affinity, each of which decides about the other."""
    affinity = _affinity(obj, findings)
    policy = read_locality(obj, affinity is not None, findings)
    findings += _idle(obj)
    if affinity is None or isinstance(affinity.value, StrongCookieAffinity):
        return policy, affinity
    if policy is not None and policy.value.kind not in HASHING:
        message = (
            f"sessionAffinity {obj.resource.session_affinity} has no effect under the "
            f"localityLbPolicy {policy.value.kind.value}"
        )
        hint = "use MAGLEV or RING_HASH, or leave localityLbPolicy out"
        findings.append(codes.NO_AFFINITY_EFFECT.at(affinity.origin, message, hint))
        return policy, None
    return policy, affinity


def _affinity(obj: Object[BackendService], findings: list[Finding]) -> Setting[Affinity] | None:
    written = obj.resource.session_affinity
    if written in (None, "NONE"):
        return None
    origin = obj.origin("sessionAffinity")
    affinity = _read(obj.resource)
    if affinity is not None:
        return Setting(affinity, origin)
    needed = _NEEDED.get(written or "")
    if needed:
        message = f"Required field 'resource.{needed}' not specified. {written} needs it"
    else:
        message = (
            f"Invalid value for field '{resource_field(origin)}': '{written}'. It is not "
            "supported with the load balancing scheme INTERNAL_MANAGED"
        )
    findings.append(codes.AFFINITY.at(origin, f"{message}; requests have no affinity"))
    return None


def _read(service: BackendService) -> Affinity | None:
    """None if it is not one of HTTP load balancing, or lacks what it needs."""
    settings = service.consistent_hash or ConsistentHash()
    match service.session_affinity:
        case "CLIENT_IP":
            return ClientIpAffinity()
        case "GENERATED_COOKIE":
            return CookieAffinity(GENERATED, _ROOT, float(service.affinity_cookie_ttl_sec or 0))
        case "HEADER_FIELD" if settings.http_header_name:
            return HeaderAffinity(settings.http_header_name.lower())
        case "HTTP_COOKIE" if (cookie := settings.http_cookie) and cookie.name:
            ttl = seconds(cookie.ttl)
            ttl = float(service.affinity_cookie_ttl_sec or 0) if ttl is None else ttl
            return CookieAffinity(cookie.name, cookie.path or _ROOT, ttl)
        case "STRONG_COOKIE_AFFINITY" if strong := service.strong_session_affinity_cookie:
            return _strong(strong)
    return None


def _strong(cookie: HttpCookie) -> Affinity | None:
    if not cookie.name:
        return None
    return StrongCookieAffinity(cookie.name, cookie.path or _ROOT, seconds(cookie.ttl) or 0.0)


def _idle(obj: Object[BackendService]) -> Iterator[Finding]:
    """What is written for an affinity that the backend service does not have."""
    service = obj.resource
    settings = service.consistent_hash or ConsistentHash()
    kind = service.session_affinity
    cookie: ConsistentHashCookie | None = settings.http_cookie
    for field, value, kinds in (
        (("consistentHash", "httpHeaderName"), settings.http_header_name, ("HEADER_FIELD",)),
        (("consistentHash", "httpCookie"), cookie, ("HTTP_COOKIE",)),
        (
            ("strongSessionAffinityCookie",),
            service.strong_session_affinity_cookie,
            ("STRONG_COOKIE_AFFINITY",),
        ),
        (
            ("affinityCookieTtlSec",),
            service.affinity_cookie_ttl_sec,  # 0 is what the API prints if nobody wrote it
            ("GENERATED_COOKIE", "HTTP_COOKIE"),
        ),
    ):
        if value and kind not in kinds:
            message = f"{'.'.join(field)} belongs to {' and '.join(kinds)} and has no effect"
            yield codes.NO_AFFINITY_EFFECT.at(obj.origin(*field), message)
    ring = settings.minimum_ring_size
    if ring is not None and service.locality_lb_policy is None:
        message = "minimumRingSize belongs to RING_HASH and has no effect"
        yield codes.NO_AFFINITY_EFFECT.at(obj.origin("consistentHash", "minimumRingSize"), message)
