"""A request's headers as rules see them: hop-by-hop and forged ones are gone by then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from penstock.explain.request import Request

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
_JOINED: Final = frozenset({"accept"})
"""Headers whose lines the proxy makes one, with commas; of others each line counts."""


def seen(request: Request, authority: str, path: str) -> Mapping[str, tuple[str, ...]]:
    """What rules may look at, by name in lower case: the proxy has put its own in already."""
    found: dict[str, tuple[str, ...]] = {}
    for name, value in request.headers:
        found[name.lower()] = (*found.get(name.lower(), ()), value)
    for name in dropped(request):
        if name != "proxy":  # Only the URL map takes this one away.
            found.pop(name, None)
    scheme = "https" if request.tls else "http"
    own = {"x-forwarded-proto": scheme, ":scheme": scheme, ":method": request.method}
    own |= {":authority": authority, "host": authority, ":path": path}
    found.setdefault("x-request-id", ("a new UUID",))
    joined = {name: (",".join(found[name]),) for name in found.keys() & _JOINED}
    return found | joined | {name: (value,) for name, value in own.items()}


def dropped(request: Request) -> list[str]:
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
