"""What the proxy changes in headers on the way to the backend and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from penstock.explain.request import Request
from penstock.explain.result import HeaderChange
from penstock.model import Forward

_HOP_BY_HOP: Final = ("connection", "keep-alive", "proxy-connection", "te", "upgrade")
_NOT_BELIEVED: Final = frozenset(
    ["proxy", "x-forwarded-client-cert"]
    + [
        f"x-envoy-{name}"
        for name in (
            *("decorator-operation", "downstream-service-cluster", "downstream-service-node"),
            *("expected-rq-timeout-ms", "external-address", "force-trace", "internal", "ip-tags"),
            *("hedge-on-per-try-timeout", "max-retries", "original-host", "original-path"),
            *("original-url", "retriable-header-names", "retriable-status-codes", "retry-on"),
            *("retry-grpc-on", "upstream-alt-stat-name", "upstream-rq-per-try-timeout-ms"),
            *("upstream-rq-timeout-alt-response", "upstream-rq-timeout-ms"),
            "upstream-stream-duration-ms",
        )
    ]
)
"""What only the proxy itself may say, or nobody."""
_UNKNOWN_CLIENT: Final = "the client's address"


def request_changes(request: Request, action: Forward, original: str | None) -> list[HeaderChange]:
    """On the way to the backend; ``original`` is the path before a rewrite."""
    found = request.header
    client = request.client or _UNKNOWN_CLIENT
    before = found("x-forwarded-for")
    trail = f"{before},{client}" if before else client
    changes = [
        HeaderChange("X-Forwarded-For", "append" if before else "add", trail),
        HeaderChange("X-Forwarded-Proto", "set", "https" if request.tls else "http"),
    ]
    given = found("x-request-id")
    changes.append(HeaderChange("X-Request-Id", "keep" if given else "add", given or "a new UUID"))
    if original is not None:
        changes.append(HeaderChange("X-Envoy-Original-Path", "set", original))
    if action.timeout.value:
        limit = f"{action.timeout.value * 1000:.0f}"
        changes.append(HeaderChange("X-Envoy-Expected-Rq-Timeout-Ms", "set", limit))
    said = {change.name.lower() for change in changes}
    gone = [name for name in _dropped(request) if name not in said]
    changes += [HeaderChange(_title(name), "remove", None) for name in gone]
    return changes


def response_changes() -> list[HeaderChange]:
    """On the way back."""
    return [
        HeaderChange("X-Request-Id", "set", "that of the request"),
        HeaderChange("Server", "add", "only if the backend sends none"),
    ]


def seen(request: Request, authority: str, path: str) -> Mapping[str, str]:
    """What rules may look at, by name in lower case: the proxy has put its own in already."""
    found = {name.lower(): request.header(name.lower()) or "" for name, _ in request.headers}
    for name in _dropped(request):
        if name != "proxy":  # Only the URL map takes this one away.
            found.pop(name, None)
    scheme = "https" if request.tls else "http"
    found |= {"x-forwarded-proto": scheme, ":scheme": scheme, ":method": request.method}
    found.setdefault("x-request-id", "a new UUID")
    return found | {":authority": authority, "host": authority, ":path": path}


def _dropped(request: Request) -> list[str]:
    """Headers that go no further: this connection's own (RFC 9110, 7.6.1), and forged ones."""
    sent = dict.fromkeys(name.lower() for name, _ in request.headers)
    upgrades = (request.header("upgrade") or "").lower() == "websocket"
    kept = {"connection", "upgrade"} if upgrades else set()
    if request.header("te") == "trailers":
        kept.add("te")
    gone = {*_HOP_BY_HOP, *_nominated(request), *_NOT_BELIEVED} - kept
    return [name for name in sent if name in gone]


def _nominated(request: Request) -> set[str]:
    """Headers that Connection names."""
    words = (request.header("connection") or "").lower().split(",")
    return {word.strip() for word in words}


def _title(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))
