"""What clients say about themselves, and hop-by-hop fields."""

from __future__ import annotations

from typing import Final

from hostile.case import Case, got, request

_WS: Final = (
    b"Connection: Upgrade",
    b"Upgrade: websocket",
    b"Sec-WebSocket-Version: 13",
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)

CLAIMS = (
    Case(
        "X-Forwarded-For",
        request(b"/", b"X-Forwarded-For: 1.2.3.4"),
        "200, open",
        got(b"GET / HTTP/1.1", b"x-forwarded-for: 1.2.3.4,127.0.0.1"),
        why="the address of the connection is appended, and the only one to trust",
    ),
    Case(
        "X-Forwarded-For twice",
        request(b"/", b"X-Forwarded-For: 1.2.3.4", b"X-Forwarded-For: 5.6.7.8"),
        "200, open",
        got(b"GET / HTTP/1.1", b"x-forwarded-for: 1.2.3.4,5.6.7.8,127.0.0.1"),
    ),
    Case(
        "X-Forwarded-Proto",
        request(b"/", b"X-Forwarded-Proto: https"),
        "200, open",
        got(b"GET / HTTP/1.1"),
        why="replaced",
    ),
    Case(
        "X-Forwarded-Port, -Server, -Prefix",
        request(b"/", b"X-Forwarded-Port: 1", b"X-Forwarded-Server: a", b"X-Forwarded-Prefix: /a"),
        "200, open",
        got(
            b"GET / HTTP/1.1",
            b"x-forwarded-port: 1",
            b"x-forwarded-server: a",
            b"x-forwarded-prefix: /a",
        ),
        why="untouched",
    ),
    Case(
        "Forwarded",
        request(b"/", b"Forwarded: for=1.2.3.4;proto=https"),
        "200, open",
        got(b"GET / HTTP/1.1", b"forwarded: for=1.2.3.4;proto=https"),
        why="untouched",
    ),
    Case(
        "X-Real-IP, X-Client-IP, True-Client-IP",
        request(b"/", b"X-Real-IP: 1.2.3.4", b"X-Client-IP: 1.2.3.4", b"True-Client-IP: 1.2.3.4"),
        "200, open",
        got(
            b"GET / HTTP/1.1",
            b"x-real-ip: 1.2.3.4",
            b"x-client-ip: 1.2.3.4",
            b"true-client-ip: 1.2.3.4",
        ),
        why="untouched: believe the last address of `X-Forwarded-For`",
    ),
    Case(
        "X-Request-Id",
        request(b"/", b"X-Request-Id: mine"),
        "200, open",
        got(b"GET / HTTP/1.1", b"x-request-id: mine"),
        why="kept, so that a trace goes on",
    ),
    Case(
        "X-Request-Id twice",
        request(b"/", b"X-Request-Id: a", b"X-Request-Id: b"),
        "200, open",
        got(b"GET / HTTP/1.1", b"x-request-id: a,b"),
    ),
    Case(
        "X-Envoy-Internal, -External-Address",
        request(b"/", b"X-Envoy-Internal: true", b"X-Envoy-External-Address: 1.2.3.4"),
        "200, open",
        got(b"GET / HTTP/1.1"),
    ),
    Case(
        "X-Envoy-Original-Path",
        request(b"/", b"X-Envoy-Original-Path: /admin"),
        "200, open",
        got(b"GET / HTTP/1.1"),
    ),
    Case(
        "X-Envoy-* that direct the router",
        request(
            b"/",
            b"X-Envoy-Upstream-Rq-Timeout-Ms: 1",
            b"X-Envoy-Max-Retries: 9",
            b"X-Envoy-Retry-On: 5xx",
            b"X-Envoy-Upstream-Alt-Stat-Name: a",
            b"X-Envoy-Hedge-On-Per-Try-Timeout: true",
        ),
        "200, open",
        got(b"GET / HTTP/1.1"),
        why="removed without effect",
    ),
    Case(
        "X-Envoy-* of our own answers",
        request(
            b"/",
            b"X-Envoy-Decorator-Operation: a",
            b"X-Envoy-Downstream-Service-Cluster: b",
            b"X-Envoy-Downstream-Service-Node: c",
            b"X-Envoy-Original-Host: d",
            b"X-Envoy-Attempt-Count: 7",
            b"X-Envoy-Ip-Tags: e",
            b"X-Envoy-Peer-Metadata: f",
        ),
        "200, open",
        got(b"GET / HTTP/1.1", b"x-envoy-attempt-count: 7", b"x-envoy-peer-metadata: f"),
        why="those that mean something are removed",
    ),
    Case(
        "X-Original-URL, X-Rewrite-URL",
        request(b"/", b"X-Original-URL: /admin", b"X-Rewrite-URL: /admin"),
        "200, open",
        got(b"GET / HTTP/1.1", b"x-original-url: /admin", b"x-rewrite-url: /admin"),
        why="untouched, and never followed here",
    ),
    Case(
        "Via",
        request(b"/", b"Via: 1.1 other"),
        "200, open",
        got(b"GET / HTTP/1.1", b"via: 1.1 other"),
    ),
    Case(
        "Max-Forwards",
        request(b"/", b"Max-Forwards: 0"),
        "200, open",
        got(b"GET / HTTP/1.1", b"max-forwards: 0"),
    ),
)

HOPS = (
    Case(
        "Connection: close",
        request(b"/", b"Connection: close"),
        "200, closed",
        got(b"GET / HTTP/1.1"),
    ),
    Case(
        "Connection: keep-alive",
        request(b"/", b"Connection: keep-alive", b"Keep-Alive: timeout=5"),
        "200, open",
        got(b"GET / HTTP/1.1"),
    ),
    Case(
        "Connection names X-Forwarded-For",
        request(b"/", b"Connection: X-Forwarded-For", b"X-Forwarded-For: 1.2.3.4"),
        "400, closed",
        why="would take away what the proxy says",
    ),
    Case(
        "Connection: close, X-Forwarded-For",
        request(b"/", b"Connection: close, X-Forwarded-For"),
        "400, closed",
    ),
    Case(
        "Connection names any field",
        request(b"/", b"Connection: X-A", b"X-A: b"),
        "200, open",
        got(b"GET / HTTP/1.1"),
        why="hop by hop, so it ends here",
    ),
    Case("Connection names Host", request(b"/", b"Connection: Host"), "400, closed"),
    Case(
        "Connection names Content-Length",
        request(
            b"/", b"Connection: Content-Length", b"Content-Length: 5", method=b"POST", body=b"hello"
        ),
        "200, open",
        got(b"POST / HTTP/1.1", b"transfer-encoding: chunked", body=b"5\r\nhello\r\n0\r\n\r\n"),
        why="framed anew",
    ),
    Case(
        "Proxy-Connection",
        request(b"/", b"Proxy-Connection: keep-alive"),
        "200, open",
        got(b"GET / HTTP/1.1"),
    ),
    Case(
        "Proxy-Authorization",
        request(b"/", b"Proxy-Authorization: Basic YTpi"),
        "200, open",
        got(b"GET / HTTP/1.1", b"proxy-authorization: Basic YTpi"),
    ),
    Case(
        "Proxy (httpoxy)",
        request(b"/", b"Proxy: http://evil.example"),
        "200, open",
        got(b"GET / HTTP/1.1"),
        why="removed",
    ),
    Case(
        "TE: trailers",
        request(b"/", b"Connection: TE", b"TE: trailers"),
        "200, open",
        got(b"GET / HTTP/1.1", b"te: trailers"),
    ),
    Case(
        "TE: gzip",
        request(b"/", b"Connection: TE", b"TE: gzip"),
        "200, open",
        got(b"GET / HTTP/1.1"),
    ),
    Case(
        "Expect: 100-continue",
        request(b"/", b"Expect: 100-continue", b"Content-Length: 5", method=b"POST", body=b"hello"),
        "100 + 200, open",
        got(b"POST / HTTP/1.1", b"content-length: 5", body=b"hello"),
    ),
    Case(
        "Expect: anything else",
        request(b"/", b"Expect: cow", b"Content-Length: 5", method=b"POST", body=b"hello"),
        "200, open",
        got(b"POST / HTTP/1.1", b"expect: cow", b"content-length: 5", body=b"hello"),
        why="the endpoint's to refuse",
    ),
)

UPGRADES = (
    Case(
        "WebSocket",
        request(b"/", *_WS),
        "101, tunnel",
        got(
            b"GET / HTTP/1.1",
            b"connection: Upgrade",
            b"upgrade: websocket",
            b"sec-websocket-version: 13",
            b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
        ),
    ),
    Case(
        "WebSocket, endpoint answers 200",
        request(b"/upgrade/200", *_WS),
        "200, closed",
        got(
            b"GET /upgrade/200 HTTP/1.1",
            b"connection: Upgrade",
            b"upgrade: websocket",
            b"sec-websocket-version: 13",
            b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
        ),
    ),
    Case(
        "WebSocket, endpoint answers 426",
        request(b"/upgrade/426", *_WS),
        "426, closed",
        got(
            b"GET /upgrade/426 HTTP/1.1",
            b"connection: Upgrade",
            b"upgrade: websocket",
            b"sec-websocket-version: 13",
            b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
        ),
    ),
    Case(
        "WebSocket, 426 and a smuggled request behind",
        request(b"/upgrade/426", *_WS, body=request(b"/smuggled")),
        "426, closed",
        got(
            b"GET /upgrade/426 HTTP/1.1",
            b"connection: Upgrade",
            b"upgrade: websocket",
            b"sec-websocket-version: 13",
            b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
        ),
    ),
    Case(
        "WebSocket, 200 and a smuggled request behind",
        request(b"/upgrade/200", *_WS, body=request(b"/smuggled")),
        "200, closed",
        got(
            b"GET /upgrade/200 HTTP/1.1",
            b"connection: Upgrade",
            b"upgrade: websocket",
            b"sec-websocket-version: 13",
            b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
        ),
        why="nothing is sent on before an endpoint has agreed",
    ),
    Case(
        "WebSocket without Connection",
        request(b"/", *_WS[1:]),
        "200, open",
        got(
            b"GET / HTTP/1.1",
            b"sec-websocket-version: 13",
            b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
        ),
        why="then it is no upgrade",
    ),
    Case(
        "WebSocket without a key",
        request(b"/", *_WS[:3]),
        "101, tunnel",
        got(
            b"GET / HTTP/1.1",
            b"connection: Upgrade",
            b"upgrade: websocket",
            b"sec-websocket-version: 13",
        ),
    ),
    Case(
        "WebSocket with another version",
        request(b"/upgrade/426", _WS[0], _WS[1], b"Sec-WebSocket-Version: 7", _WS[3]),
        "426, closed",
        got(
            b"GET /upgrade/426 HTTP/1.1",
            b"connection: Upgrade",
            b"upgrade: websocket",
            b"sec-websocket-version: 7",
            b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
        ),
    ),
    Case(
        "WebSocket by POST with a length",
        request(b"/", *_WS, b"Content-Length: 5", method=b"POST", body=b"hello"),
        "101, tunnel",
        got(
            b"POST / HTTP/1.1",
            b"connection: Upgrade",
            b"upgrade: websocket",
            b"sec-websocket-version: 13",
            b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
            b"content-length: 5",
            body=b"hello",
        ),
    ),
    Case(
        "WebSocket with chunks",
        request(
            b"/",
            *_WS,
            b"Transfer-Encoding: chunked",
            method=b"POST",
            body=b"5\r\nhello\r\n0\r\n\r\n",
        ),
        "101, tunnel",
        got(
            b"POST / HTTP/1.1",
            b"connection: Upgrade",
            b"upgrade: websocket",
            b"sec-websocket-version: 13",
            b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
            body=b"5\r\nhello\r\n0\r\n\r\n",
        ),
        why="the same: what comes after 101 is the tunnel's",
    ),
    Case(
        "WebSocket in HTTP/1.0",
        request(b"/", *_WS).replace(b"HTTP/1.1", b"HTTP/1.0"),
        "426, closed",
    ),
    Case(
        "Upgrade: h2c",
        request(
            b"/",
            b"Connection: Upgrade, HTTP2-Settings",
            b"Upgrade: h2c",
            b"HTTP2-Settings: AAMAAABkAAQAAP__",
        ),
        "200, open",
        got(b"GET / HTTP/1.1"),
        why="ignored, answered in HTTP/1.1",
    ),
    Case(
        "Upgrade: h2c without settings",
        request(b"/", b"Connection: Upgrade", b"Upgrade: h2c"),
        "200, open",
        got(b"GET / HTTP/1.1"),
    ),
    Case(
        "Upgrade: TLS/1.0",
        request(b"/", b"Connection: Upgrade", b"Upgrade: TLS/1.0"),
        "403, closed",
    ),
    Case(
        "Upgrade: an unknown protocol",
        request(b"/", b"Connection: Upgrade", b"Upgrade: cow"),
        "403, closed",
        why="only `websocket` is let through",
    ),
    Case(
        "Upgrade: websocket, cow",
        request(b"/", _WS[0], b"Upgrade: websocket, cow", *_WS[2:]),
        "403, closed",
    ),
)
TABLES = (
    ("What clients say about themselves", CLAIMS),
    ("Hop-by-hop fields", HOPS),
    ("Upgrades", UPGRADES),
)
