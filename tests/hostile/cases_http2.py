"""What HTTP/2 forbids or lets be said twice, most of it unsayable in HTTP/1.1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hostile.case import got
from hostile.http2 import Fields, data, headers

GET: Final = (
    (b":method", b"GET"),
    (b":scheme", b"http"),
    (b":authority", b"web.example"),
    (b":path", b"/"),
)


@dataclass(frozen=True, slots=True)
class Http2Case:
    """Frames on stream 1 of a fresh connection, and the one thing that happens."""

    name: str
    fields: Fields
    answer: str
    """The status or ``reset CODE``, then ``open`` or ``closed CODE`` for the connection."""
    endpoint: bytes = b""
    partial: bool = False
    why: str = ""
    body: bytes | None = None
    trailers: Fields = ()
    shown: str = ""

    def frames(self) -> bytes:
        """HEADERS, then DATA and trailers if there are any."""
        last = self.body is None and not self.trailers
        sent = headers(1, self.fields, *(["END_STREAM"] if last else []))
        if self.body is not None:
            sent += data(1, self.body, *([] if self.trailers else ["END_STREAM"]))
        return sent + (headers(1, self.trailers, "END_STREAM") if self.trailers else b"")


def _get(*more: tuple[bytes, bytes], **instead: bytes | None) -> Fields:
    """GET / with pseudo-headers replaced or (None) left out."""
    pseudo = tuple(
        (name, value)
        for name, default in GET
        if (value := instead.get(name.decode()[1:], default)) is not None
    )
    return pseudo + more


def _post(*more: tuple[bytes, bytes]) -> Fields:
    return _get(*more, method=b"POST")


PSEUDO = (
    Http2Case("plain", _get(), "200, open", got(b"GET / HTTP/1.1")),
    Http2Case("no :method", _get(method=None), "reset PROTOCOL_ERROR, open"),
    Http2Case("no :path", _get(path=None), "reset PROTOCOL_ERROR, open"),
    Http2Case("no :scheme", _get(scheme=None), "reset PROTOCOL_ERROR, open"),
    Http2Case("no :authority, no host", _get(authority=None), "reset PROTOCOL_ERROR, open"),
    Http2Case(
        "host in place of :authority",
        _get((b"host", b"web.example"), authority=None),
        "200, open",
        got(b"GET / HTTP/1.1"),
    ),
    Http2Case(
        "host and :authority agree",
        _get((b"host", b"web.example")),
        "200, open",
        got(b"GET / HTTP/1.1"),
    ),
    Http2Case(
        "host and :authority disagree",
        _get((b"host", b"other.example")),
        "200, open",
        got(b"GET / HTTP/1.1"),
        why=":authority wins, the other is dropped",
    ),
    Http2Case(
        "two hosts",
        _get((b"host", b"a.example"), (b"host", b"b.example"), authority=None),
        "reset PROTOCOL_ERROR, open",
    ),
    Http2Case(
        ":authority with userinfo",
        _get(authority=b"user@web.example"),
        "reset PROTOCOL_ERROR, open",
    ),
    Http2Case(":authority with a comma", _get(authority=b"web.example,other"), "400, open"),
    Http2Case(
        ":authority with a slash", _get(authority=b"web.example/a"), "reset PROTOCOL_ERROR, open"
    ),
    Http2Case(":authority empty", _get(authority=b""), "reset PROTOCOL_ERROR, open"),
    Http2Case(":path empty", _get(path=b""), "reset PROTOCOL_ERROR, open"),
    Http2Case(":path without a slash", _get(path=b"admin"), "reset PROTOCOL_ERROR, open"),
    Http2Case(
        ":path in absolute form", _get(path=b"http://other.example/"), "reset PROTOCOL_ERROR, open"
    ),
    Http2Case(
        ":path with dots", _get(path=b"/public/../admin"), "200, open", got(b"GET /admin HTTP/1.1")
    ),
    Http2Case(":path with a fragment", _get(path=b"/a#b"), "400, open"),
    Http2Case(
        ":path with a space and a version", _get(path=b"/ HTTP/1.1"), "reset PROTOCOL_ERROR, open"
    ),
    Http2Case(":path with CRLF", _get(path=b"/ HTTP/1.1\r\nX: y"), "reset PROTOCOL_ERROR, open"),
    Http2Case(
        ":path with bytes above 127",
        _get(path=b"/\xc3\xa9"),
        "200, open",
        got(b"GET /%C3%A9 HTTP/1.1"),
        why="escaped",
    ),
    Http2Case(":path *", _get(path=b"*", method=b"OPTIONS"), "404, open"),
    Http2Case(
        ":method with a request line",
        _get(method=b"GET /admin HTTP/1.1\r\nX:"),
        "reset PROTOCOL_ERROR, open",
    ),
    Http2Case(
        ":method in lower case",
        _get(method=b"get"),
        "200, open",
        got(b"get / HTTP/1.1", b"content-length: 0"),
    ),
    Http2Case(
        ":method unknown",
        _get(method=b"BREW"),
        "200, open",
        got(b"BREW / HTTP/1.1", b"content-length: 0"),
        why="unlike in HTTP/1.1, any token is handed on",
    ),
    Http2Case(
        ":scheme https on the plain port",
        _get(scheme=b"https"),
        "200, open",
        got(b"GET / HTTP/1.1"),
        why="ignored: `X-Forwarded-Proto` says http",
    ),
    Http2Case(":scheme unknown", _get(scheme=b"gopher"), "200, open", got(b"GET / HTTP/1.1")),
    Http2Case(":scheme with CRLF", _get(scheme=b"http\r\nX: y"), "reset PROTOCOL_ERROR, open"),
    Http2Case(":path twice", _get((b":path", b"/admin")), "reset PROTOCOL_ERROR, open"),
    Http2Case(
        "pseudo-header after others",
        _get((b"a", b"b"), (b":authority", b"web.example"), authority=None),
        "reset PROTOCOL_ERROR, open",
    ),
    Http2Case("unknown pseudo-header", _get((b":foo", b"bar")), "reset PROTOCOL_ERROR, open"),
    Http2Case(":status", _get((b":status", b"200")), "reset PROTOCOL_ERROR, open"),
    Http2Case(
        ":protocol websocket",
        _get((b":protocol", b"websocket"), method=b"CONNECT"),
        "reset PROTOCOL_ERROR, open",
        why="WebSockets are for HTTP/1.1 (the protocol is not offered)",
    ),
    Http2Case(
        "CONNECT", ((b":method", b"CONNECT"), (b":authority", b"web.example:443")), "404, open"
    ),
)

FIELDS = (
    Http2Case("capital in a name", _get((b"X-A", b"b")), "reset PROTOCOL_ERROR, open"),
    Http2Case(
        "underscore in a name",
        _get((b"x_real_ip", b"1.2.3.4")),
        "reset INTERNAL_ERROR, open",
        why="as in HTTP/1.1",
    ),
    Http2Case("space in a name", _get((b"x a", b"b")), "reset PROTOCOL_ERROR, open"),
    Http2Case("colon in a name", _get((b"x: y", b"b")), "reset PROTOCOL_ERROR, open"),
    Http2Case("CRLF in a name", _get((b"x\r\ny", b"b")), "reset PROTOCOL_ERROR, open"),
    Http2Case("empty name", _get((b"", b"b")), "reset PROTOCOL_ERROR, open"),
    Http2Case("CRLF in a value", _get((b"x", b"a\r\ny: b")), "reset PROTOCOL_ERROR, open"),
    Http2Case("LF in a value", _get((b"x", b"a\ny: b")), "reset PROTOCOL_ERROR, open"),
    Http2Case("NUL in a value", _get((b"x", b"a\x00b")), "reset PROTOCOL_ERROR, open"),
    Http2Case(
        "space before a value", _get((b"x", b" a")), "200, open", got(b"GET / HTTP/1.1", b"x:  a")
    ),
    Http2Case(
        "connection", _get((b"connection", b"x-forwarded-for")), "reset PROTOCOL_ERROR, open"
    ),
    Http2Case("keep-alive", _get((b"keep-alive", b"timeout=5")), "reset PROTOCOL_ERROR, open"),
    Http2Case(
        "proxy-connection", _get((b"proxy-connection", b"keep-alive")), "reset PROTOCOL_ERROR, open"
    ),
    Http2Case(
        "transfer-encoding",
        _post((b"transfer-encoding", b"chunked")),
        "reset PROTOCOL_ERROR, open",
        body=b"0\r\n\r\n",
    ),
    Http2Case("upgrade", _get((b"upgrade", b"websocket")), "reset PROTOCOL_ERROR, open"),
    Http2Case(
        "te: trailers",
        _get((b"te", b"trailers")),
        "200, open",
        got(b"GET / HTTP/1.1", b"te: trailers"),
    ),
    Http2Case("te: gzip", _get((b"te", b"gzip")), "reset PROTOCOL_ERROR, open"),
    Http2Case(
        "cookie in crumbs",
        _get((b"cookie", b"a=1"), (b"cookie", b"b=2")),
        "200, open",
        got(b"GET / HTTP/1.1", b"cookie: a=1; b=2"),
        why="put together",
    ),
    Http2Case(
        "x-forwarded-for",
        _get((b"x-forwarded-for", b"1.2.3.4")),
        "200, open",
        got(b"GET / HTTP/1.1", b"x-forwarded-for: 1.2.3.4,127.0.0.1"),
    ),
    Http2Case(
        "x-envoy-upstream-rq-timeout-ms",
        _get((b"x-envoy-upstream-rq-timeout-ms", b"1")),
        "200, open",
        got(b"GET / HTTP/1.1"),
    ),
    Http2Case(
        "too many fields",
        _get(*((b"a%d" % i, b"b") for i in range(120))),
        "reset INTERNAL_ERROR, open",
        shown="124 fields",
    ),
)

BODIES = (
    Http2Case(
        "body with its length",
        _post((b"content-length", b"5")),
        "200, open",
        got(b"POST / HTTP/1.1", b"content-length: 5", body=b"hello"),
        body=b"hello",
    ),
    Http2Case(
        "body without length",
        _post(),
        "200, open",
        got(b"POST / HTTP/1.1", b"transfer-encoding: chunked", body=b"5\r\nhello\r\n0\r\n\r\n"),
        body=b"hello",
    ),
    Http2Case(
        "body longer than said",
        _post((b"content-length", b"3")),
        "reset PROTOCOL_ERROR, open",
        got(b"POST / HTTP/1.1", b"content-length: 3"),
        partial=True,
        body=b"hello",
    ),
    Http2Case(
        "body shorter than said",
        _post((b"content-length", b"9")),
        "reset PROTOCOL_ERROR, open",
        got(b"POST / HTTP/1.1", b"content-length: 9", body=b"hello"),
        partial=True,
        body=b"hello",
    ),
    Http2Case(
        "length without a body", _post((b"content-length", b"5")), "reset PROTOCOL_ERROR, open"
    ),
    Http2Case(
        "length twice, not the same",
        _post((b"content-length", b"5"), (b"content-length", b"6")),
        "reset PROTOCOL_ERROR, open",
        body=b"hello",
    ),
    Http2Case(
        "length that is no number",
        _post((b"content-length", b"5 ")),
        "reset PROTOCOL_ERROR, open",
        body=b"hello",
    ),
    Http2Case(
        "trailers",
        _post(),
        "200, open",
        got(b"POST / HTTP/1.1", b"transfer-encoding: chunked", body=b"5\r\nhello\r\n0\r\n\r\n"),
        body=b"hello",
        trailers=((b"x-sum", b"1"),),
        why="dropped towards HTTP/1.1",
    ),
    Http2Case(
        "trailers with pseudo-headers",
        _post(),
        "reset PROTOCOL_ERROR, open",
        got(b"POST / HTTP/1.1", b"transfer-encoding: chunked", body=b"5\r\nhello\r\n"),
        partial=True,
        body=b"hello",
        trailers=((b":path", b"/admin"),),
    ),
    Http2Case(
        "trailers that frame",
        _post(),
        "reset PROTOCOL_ERROR, open",
        got(b"POST / HTTP/1.1", b"transfer-encoding: chunked", body=b"5\r\nhello\r\n"),
        partial=True,
        body=b"hello",
        trailers=((b"content-length", b"3"), (b"host", b"other")),
    ),
)
TABLES = (
    ("HTTP/2: the request line", PSEUDO),
    ("HTTP/2: fields", FIELDS),
    ("HTTP/2: bodies", BODIES),
)
