"""What a route does beside forwarding: CORS, faults, mirrors."""

from __future__ import annotations

from penstock.explain.regexes import compiled
from penstock.explain.request import Request
from penstock.explain.result import Cors, Fault, HeaderChange, Mirroring, source
from penstock.explain.situation import Situation
from penstock.model import CorsPolicy, FaultInjection, Mirror, Setting


def cors_of(setting: Setting[CorsPolicy] | None, situation: Situation) -> Cors | None:
    """The policy, and what it means for this request."""
    if setting is None:
        return None
    policy = setting.value
    kind, why = _kind(policy, situation.request)
    return Cors(
        kind=kind,
        why=why,
        allow_origins=[*policy.allow_origins, *policy.allow_origin_regexes],
        allow_methods=list(policy.allow_methods),
        allow_headers=list(policy.allow_headers),
        expose_headers=list(policy.expose_headers),
        max_age=policy.max_age,
        allow_credentials=policy.allow_credentials,
        origin=source(setting.origin),
    )


def _kind(policy: CorsPolicy, request: Request) -> tuple[str, str]:
    origin = request.header("origin")
    if not origin:
        return "none", "the request has no Origin header"
    if not _is_allowed(policy, origin):
        return "refused", f"{origin} is not allowed: browsers will keep the answer from the page"
    if request.method == "OPTIONS" and request.header("access-control-request-method"):
        return "preflight", "the proxy answers preflights of allowed origins by itself"
    return "simple", f"{origin} is allowed"


def _is_allowed(policy: CorsPolicy, origin: str) -> bool:
    if "*" in policy.allow_origins or origin in policy.allow_origins:
        return True
    regexes = (compiled(pattern) for pattern in policy.allow_origin_regexes)
    return any(regex is not None and regex.matches(origin) for regex in regexes)


def cors_headers(cors: Cors | None, request: Request) -> list[HeaderChange]:
    """What CORS adds to the answer."""
    if cors is None or cors.kind not in ("preflight", "simple"):
        return []
    found = {"Access-Control-Allow-Origin": request.header("origin")}
    if cors.allow_credentials:
        found["Access-Control-Allow-Credentials"] = "true"
    if cors.kind == "preflight":
        found["Access-Control-Allow-Methods"] = ",".join(cors.allow_methods)
        found["Access-Control-Allow-Headers"] = ",".join(cors.allow_headers)
        if cors.max_age is not None:
            found["Access-Control-Max-Age"] = str(cors.max_age)
    found["Access-Control-Expose-Headers"] = ",".join(cors.expose_headers)
    return [
        HeaderChange(name, "set", value, "CORS", cors.origin)
        for name, value in found.items()
        if value
    ]


def fault_of(setting: Setting[FaultInjection] | None) -> Fault | None:
    """Faults that the proxy makes up."""
    if setting is None:
        return None
    fault = setting.value
    return Fault(
        abort_status=fault.abort_status,
        abort_percent=fault.abort_percent if fault.abort_status is not None else 0.0,
        delay=fault.delay,
        delay_percent=fault.delay_percent if fault.delay is not None else 0.0,
        origin=source(setting.origin),
    )


def mirror_of(setting: Setting[Mirror] | None, authority: str) -> Mirroring | None:
    """Where copies go, and with which host."""
    if setting is None:
        return None
    mirror = setting.value
    host, colon, port = authority.partition(":")
    return Mirroring(
        backend=mirror.backend_service,
        percent=mirror.percent,
        host=f"{host}-shadow{colon}{port}",
        origin=source(setting.origin),
    )
