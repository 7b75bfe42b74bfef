"""gRPC without generated code: every method echoes its messages; health by readiness.

Bytes are echoed as they come, whatever the message type, so unary and streaming
calls of any service work.  ``penstock.standin.v1.Echo`` names three methods for
those who want a service to call (docs/stand-ins.md has its .proto).
"""

from __future__ import annotations

from penstock.standin import echo
from penstock.standin.hosted import HostedPort
from penstock.standin.request import Headers, Request
from penstock.standin.stream import Handler, Stream

OK, UNKNOWN, INVALID_ARGUMENT, RESOURCE_EXHAUSTED = 0, 2, 3, 8
UNIMPLEMENTED, UNAVAILABLE = 12, 14
_FROM_HTTP = {400: 13, 401: 16, 403: 7, 404: 12, 429: 14, 502: 14, 503: 14, 504: 14}
"""HTTP statuses as gRPC clients read them (grpc/doc/http-grpc-status-mapping.md)."""
MAX_MESSAGE = 4 << 20
MAX_REPEAT = 10_000
_SERVING, _NOT_SERVING = b"\x08\x01", b"\x08\x02"
"""HealthCheckResponse with its only field, `status`."""


def choose(port: HostedPort, stream: Stream, request: Request) -> Handler:
    """The handler of a method."""
    if request.path == "/grpc.health.v1.Health/Check":
        return HealthCheck(port, stream, request)
    if request.path == "/grpc.health.v1.Health/Watch":
        return HealthWatch(port, stream, request)
    return GrpcEcho(port, stream, request)


def frame(message: bytes) -> bytes:
    """A message with its prefix, not compressed."""
    return b"\0" + len(message).to_bytes(4, "big") + message


class _Call:
    """What calls share: headers, trailers."""

    def __init__(self, port: HostedPort, stream: Stream, request: Request) -> None:
        self._port = port
        self._stream = stream
        self._request = request

    def _headers(self) -> Headers:
        kind = (self._request.header("content-type") or "application/grpc").encode("latin-1")
        headers: Headers = [(b":status", b"200"), (b"content-type", kind)]
        encoding = self._request.header("grpc-encoding")
        if encoding:
            headers.append((b"grpc-encoding", encoding.encode("latin-1")))
        return headers + echo.common_headers(self._port)

    def _trailers(self, status: int, message: str = "") -> Headers:
        trailers: Headers = [(b"grpc-status", b"%d" % status)]
        if message:
            trailers.append((b"grpc-message", message.encode("ascii", "replace")))
        return [*trailers, (b"x-penstock-pod", echo.pod_name(self._port))]

    def _fail(self, status: int, message: str) -> None:
        """Answer with a status and no message."""
        kind: Headers = [(b":status", b"200"), (b"content-type", b"application/grpc")]
        self._stream.send_headers(
            [*kind, (b"date", echo.http_date()), *self._trailers(status, message)], end=True
        )

    def receive(self, data: bytes) -> None:
        """A health request says nothing that matters."""

    def lost(self) -> None:
        """Nothing is kept."""

    def drain(self) -> None:
        """The call ends by itself."""


class GrpcEcho(_Call):
    """Echoes messages as they come, after the delay."""

    def __init__(self, port: HostedPort, stream: Stream, request: Request) -> None:
        super().__init__(port, stream, request)
        self._wish = echo.wishes(request)
        self._repeater: Repeater | None = None

    def begin(self) -> None:
        """Fail if told to, else send headers before any message comes."""
        if self._wish.close:
            self._stream.reset()
            return
        self._stream.hold(True)
        count = _repeat(self._request, self._wish)
        if count != 1:
            self._repeater = Repeater(count)
        self._stream.timers.after(echo.delay_of(self._port, self._wish), self._start)

    def _start(self) -> None:
        status, message = self._status()
        if status != OK:
            self._fail(status, message)
            return
        self._stream.send_headers(self._headers() + self._wish.headers)
        self._stream.hold(False)

    def _status(self) -> tuple[int, str]:
        forced = self._request.header("x-penstock-grpc-status")
        if self._wish.problems:
            return INVALID_ARGUMENT, "; ".join(self._wish.problems)
        if forced is not None:
            if not forced.isdecimal() or int(forced) > 16:
                return INVALID_ARGUMENT, "X-Penstock-Grpc-Status is not between 0 and 16"
            return int(forced), "asked for by X-Penstock-Grpc-Status"
        if self._request.path.startswith("/grpc.reflection."):
            return UNIMPLEMENTED, "a stand-in has no reflection service"
        http = self._wish.status or self._port.pod.state.status or 200
        if http >= 300:
            return _FROM_HTTP.get(http, UNKNOWN), f"the stand-in was told to fail with {http}"
        return OK, ""

    def receive(self, data: bytes) -> None:
        """Echo a part of the messages."""
        if self._repeater is None:
            self._stream.write(data)
            return
        try:
            self._stream.write(self._repeater.feed(data))
        except ValueError as error:
            self._stream.finish(self._trailers(RESOURCE_EXHAUSTED, str(error)))

    def end(self) -> None:
        """The client has sent all its messages."""
        self._stream.finish(self._trailers(OK))


def _repeat(request: Request, wish: echo.Wishes) -> int:
    """How often each message is sent back."""
    text = request.header("x-penstock-grpc-repeat")
    if text is None:
        return 3 if request.path == "/penstock.standin.v1.Echo/ServerStream" else 1
    if not text.isdecimal() or int(text) > MAX_REPEAT:
        wish.problems.append(f"X-Penstock-Grpc-Repeat is not between 0 and {MAX_REPEAT}")
        return 1
    return int(text)


class Repeater:
    """Cuts the byte stream into messages and multiplies them."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._buffer = bytearray()

    def feed(self, data: bytes) -> bytes:
        """What to send for what has come.

        Raises:
            ValueError: a message is too large to be kept.
        """
        self._buffer += data
        out = bytearray()
        while len(self._buffer) >= 5:
            size = 5 + int.from_bytes(self._buffer[1:5], "big")
            if size > MAX_MESSAGE or size * self._count > 16 * MAX_MESSAGE:
                raise ValueError("the message is too large to be repeated")
            if len(self._buffer) < size:
                break
            out += self._buffer[:size] * self._count
            del self._buffer[:size]
        return bytes(out)


class HealthCheck(_Call):
    """grpc.health.v1.Health/Check: the pod's readiness, whatever service is asked for."""

    def begin(self) -> None:
        """Wait for the request message."""

    def end(self) -> None:
        """Answer."""
        self._stream.send_headers(self._headers())
        self._stream.write(frame(_health(self._port)))
        self._stream.finish(self._trailers(OK))


class HealthWatch(_Call):
    """grpc.health.v1.Health/Watch: the pod's readiness now and whenever it changes."""

    def begin(self) -> None:
        """Say what it is now."""
        self._last = b""
        self._stream.send_headers(self._headers())
        self._port.pod.on_state.add(self._changed)
        self._changed()

    def _changed(self) -> None:
        status = _health(self._port)
        if status != self._last:
            self._last = status
            self._stream.write(frame(status))

    def end(self) -> None:
        """The client has nothing more to say, and listens."""

    def lost(self) -> None:
        """Nobody listens any more."""
        self._port.pod.on_state.discard(self._changed)

    def drain(self) -> None:
        """End the call; the client will watch another pod."""
        self._stream.finish(self._trailers(UNAVAILABLE, "the pod ends"))


def _health(port: HostedPort) -> bytes:
    return _SERVING if port.pod.state.is_ready else _NOT_SERVING
