"""Where a message ends: the ways to have two servers disagree about it."""

from __future__ import annotations

from typing import Final

from hostile.case import HOST, Case, got, raw, request

_TE: Final = b"Transfer-Encoding: chunked"
_SMUGGLED: Final = b"GET /smuggled HTTP/1.1\r\nHost: web.example\r\n\r\n"
_END: Final = b"0\r\n\r\n"


def _post(*fields: bytes, body: bytes = b"") -> bytes:
    return request(b"/", *fields, method=b"POST", body=body)


LENGTH = (
    Case(
        "a length and its body",
        _post(b"Content-Length: 5", body=b"hello"),
        "200, open",
        got(b"POST / HTTP/1.1", b"content-length: 5", body=b"hello"),
    ),
    Case("no length, no body", _post(), "200, open", got(b"POST / HTTP/1.1", b"content-length: 0")),
    Case(
        "CL.TE: both",
        _post(b"Content-Length: 6", _TE, body=_END + b"G"),
        "400, closed",
        why="refused, not interpreted",
    ),
    Case(
        "TE.CL: both, the other order",
        _post(_TE, b"Content-Length: 4", body=b"2e\r\n" + _SMUGGLED + b"\r\n" + _END),
        "400, closed",
    ),
    Case(
        "length twice, the same",
        _post(b"Content-Length: 5", b"Content-Length: 5", body=b"hello"),
        "400, closed",
    ),
    Case(
        "length twice, not the same",
        _post(b"Content-Length: 5", b"Content-Length: 0", body=b"hello"),
        "400, closed",
    ),
    Case("length as a list", _post(b"Content-Length: 5, 5", body=b"hello"), "400, closed"),
    Case("length with a plus", _post(b"Content-Length: +5", body=b"hello"), "400, closed"),
    Case("length with a minus", _post(b"Content-Length: -5", body=b"hello"), "400, closed"),
    Case(
        "length with leading zeros",
        _post(b"Content-Length: 005", body=b"hello"),
        "200, open",
        got(b"POST / HTTP/1.1", b"content-length: 005", body=b"hello"),
        why="decimal everywhere, so all agree on it",
    ),
    Case("length with a space inside", _post(b"Content-Length: 1 5", body=b"hello"), "400, closed"),
    Case(
        "length with spaces around",
        _post(b"Content-Length:   5  ", body=b"hello"),
        "200, open",
        got(b"POST / HTTP/1.1", b"content-length: 5", body=b"hello"),
    ),
    Case("length in hexadecimal", _post(b"Content-Length: 0x5", body=b"hello"), "400, closed"),
    Case("empty length", _post(b"Content-Length: ", body=b"hello"), "400, closed"),
    Case(
        "length beyond 64 bits",
        _post(b"Content-Length: 18446744073709551621", body=b"hello"),
        "400, closed",
    ),
    Case(
        "GET with a body",
        request(b"/", b"Content-Length: 5", body=b"hello"),
        "200, open",
        got(b"GET / HTTP/1.1", b"content-length: 5", body=b"hello"),
    ),
    Case(
        "two requests at once",
        request(b"/1") + request(b"/2"),
        "200 + 200, open",
        got(b"GET /1 HTTP/1.1") + got(b"GET /2 HTTP/1.1"),
        why="pipelining is fine",
    ),
    Case(
        "body longer than said",
        _post(b"Content-Length: 5", body=b"hello" + _SMUGGLED),
        "200 + 200, open",
        got(b"POST / HTTP/1.1", b"content-length: 5", body=b"hello")
        + got(b"GET /smuggled HTTP/1.1"),
        why="what follows is another request, routed as one",
    ),
)

ENCODING = (
    Case(
        "chunks",
        _post(_TE, body=b"5\r\nhello\r\n" + _END),
        "200, open",
        got(b"POST / HTTP/1.1", b"transfer-encoding: chunked", body=b"5\r\nhello\r\n0\r\n\r\n"),
    ),
    Case("TE.TE: twice", _post(_TE, _TE, body=_END), "501, closed"),
    Case(
        "TE.TE: an unknown one after",
        _post(_TE, b"Transfer-Encoding: cow", body=_END),
        "501, closed",
    ),
    Case(
        "TE.TE: an unknown one before",
        _post(b"Transfer-Encoding: cow", _TE, body=_END),
        "501, closed",
    ),
    Case("TE: xchunked", _post(b"Transfer-Encoding: xchunked", body=_END), "501, closed"),
    Case("TE: identity", _post(b"Transfer-Encoding: identity", body=_END), "501, closed"),
    Case(
        "TE: identity with a length",
        _post(b"Transfer-Encoding: identity", b"Content-Length: 5", body=b"hello"),
        "400, closed",
    ),
    Case("TE: gzip, chunked", _post(b"Transfer-Encoding: gzip, chunked", body=_END), "501, closed"),
    Case(
        "TE: chunked, identity",
        _post(b"Transfer-Encoding: chunked, identity", body=_END),
        "501, closed",
    ),
    Case(
        "TE in capitals",
        _post(b"Transfer-Encoding: CHUNKED", body=_END),
        "200, open",
        got(b"POST / HTTP/1.1", b"transfer-encoding: chunked", body=b"0\r\n\r\n"),
    ),
    Case(
        "TE with a tab before the value",
        _post(b"Transfer-Encoding:\tchunked", body=_END),
        "200, open",
        got(b"POST / HTTP/1.1", b"transfer-encoding: chunked", body=b"0\r\n\r\n"),
    ),
    Case(
        "TE with a vertical tab", _post(b"Transfer-Encoding: \x0bchunked", body=_END), "400, closed"
    ),
    Case(
        "TE with a space before the colon",
        _post(b"Transfer-Encoding : chunked", body=_END),
        "400, closed",
    ),
    Case("TE in quotes", _post(b'Transfer-Encoding: "chunked"', body=_END), "501, closed"),
    Case(
        "TE on a continuation line",
        _post(b"Transfer-Encoding:\r\n chunked", body=_END),
        "200, open",
        got(b"POST / HTTP/1.1", b"transfer-encoding: chunked", body=b"0\r\n\r\n"),
        why="unfolded first, then understood",
    ),
    Case(
        "TE after a bare LF",
        _post(b"X: y\nTransfer-Encoding: chunked", body=_END),
        "200, open",
        got(b"POST / HTTP/1.1", b"x: y", b"transfer-encoding: chunked", body=b"0\r\n\r\n"),
        why="understood as the field that it is, and written with CRLF",
    ),
    Case("TE with an underscore", _post(b"Transfer_Encoding: chunked", body=_END), "400, closed"),
    Case("TE with a comma", _post(b"Transfer-Encoding: chunked,", body=_END), "501, closed"),
    Case("chunks in HTTP/1.0", raw(b"POST / HTTP/1.0", HOST, _TE, body=_END), "426, closed"),
)

CHUNKS = (
    Case(
        "chunk extension",
        _post(_TE, body=b"5;a=b\r\nhello\r\n" + _END),
        "200, open",
        got(b"POST / HTTP/1.1", b"transfer-encoding: chunked", body=b"5\r\nhello\r\n0\r\n\r\n"),
        why="dropped",
    ),
    Case(
        "chunk extension with a bare LF",
        _post(_TE, body=b"5;a\nhello\r\n" + _END),
        "400, closed",
        got(b"POST / HTTP/1.1", b"transfer-encoding: chunked"),
        partial=True,
    ),
    Case(
        "chunk size with a bare LF",
        _post(_TE, body=b"5\nhello\r\n" + _END),
        "400, closed",
        got(b"POST / HTTP/1.1", b"transfer-encoding: chunked"),
        partial=True,
        why="a lenient endpoint cannot be led astray: chunks are written anew",
    ),
    Case(
        "chunk data without CRLF after",
        _post(_TE, body=b"5\r\nhello" + _END),
        "400, closed",
        got(b"POST / HTTP/1.1", b"transfer-encoding: chunked"),
        partial=True,
    ),
    Case(
        "chunk size 0x5",
        _post(_TE, body=b"0x5\r\nhello\r\n" + _END),
        "400, closed",
        got(b"POST / HTTP/1.1", b"transfer-encoding: chunked"),
        partial=True,
    ),
    Case(
        "chunk size +5",
        _post(_TE, body=b"+5\r\nhello\r\n" + _END),
        "400, closed",
        got(b"POST / HTTP/1.1", b"transfer-encoding: chunked"),
        partial=True,
    ),
    Case(
        "chunk size -5",
        _post(_TE, body=b"-5\r\nhello\r\n" + _END),
        "400, closed",
        got(b"POST / HTTP/1.1", b"transfer-encoding: chunked"),
        partial=True,
    ),
    Case(
        "chunk size with zeros before",
        _post(_TE, body=b"0005\r\nhello\r\n" + _END),
        "200, open",
        got(b"POST / HTTP/1.1", b"transfer-encoding: chunked", body=b"5\r\nhello\r\n0\r\n\r\n"),
    ),
    Case(
        "chunk size with a space after",
        _post(_TE, body=b"5 \r\nhello\r\n" + _END),
        "200, open",
        got(b"POST / HTTP/1.1", b"transfer-encoding: chunked", body=b"5\r\nhello\r\n0\r\n\r\n"),
    ),
    Case(
        "chunk size with a space before",
        _post(_TE, body=b" 5\r\nhello\r\n" + _END),
        "400, closed",
        got(b"POST / HTTP/1.1", b"transfer-encoding: chunked"),
        partial=True,
    ),
    Case(
        "chunk size beyond 64 bits",
        _post(_TE, body=b"10000000000000005\r\nhello\r\n" + _END),
        "400, closed",
        got(b"POST / HTTP/1.1", b"transfer-encoding: chunked"),
        partial=True,
    ),
    Case(
        "empty chunk size",
        _post(_TE, body=b"\r\nhello\r\n" + _END),
        "400, closed",
        got(b"POST / HTTP/1.1", b"transfer-encoding: chunked"),
        partial=True,
    ),
    Case(
        "chunk size without digits",
        _post(_TE, body=b"zz\r\nhello\r\n" + _END),
        "400, closed",
        got(b"POST / HTTP/1.1", b"transfer-encoding: chunked"),
        partial=True,
    ),
    Case(
        "trailers",
        _post(_TE, b"Trailer: x-sum", body=b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"),
        "200, open",
        got(
            b"POST / HTTP/1.1",
            b"trailer: x-sum",
            b"transfer-encoding: chunked",
            body=b"5\r\nhello\r\n0\r\n\r\n",
        ),
        why="dropped in HTTP/1.1 and towards it",
    ),
    Case(
        "trailers that frame",
        _post(_TE, body=b"0\r\nContent-Length: 5\r\nHost: other\r\n\r\n"),
        "200, open",
        got(b"POST / HTTP/1.1", b"transfer-encoding: chunked", body=b"0\r\n\r\n"),
    ),
    Case(
        "chunk data longer than said",
        _post(_TE, body=b"2\r\nhello\r\n" + _END),
        "200, open",
        got(b"POST / HTTP/1.1", b"transfer-encoding: chunked", body=b"2\r\nhe\r\n0\r\n\r\n"),
    ),
)
TABLES = (("Length", LENGTH), ("Transfer encoding", ENCODING), ("Chunks", CHUNKS))
