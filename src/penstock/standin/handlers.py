"""What an HTTP/2 stream is: a request to echo, a WebSocket, or a gRPC call."""

from __future__ import annotations

from penstock.standin import echo, grpc
from penstock.standin.hosted import HostedPort
from penstock.standin.request import Headers, Request, Tls, from_http2
from penstock.standin.stream import Handler, Stream
from penstock.standin.websocket import WebSocketEcho, subprotocol


def choose(port: HostedPort, stream: Stream, headers: Headers, tls: Tls | None) -> Handler:
    """The handler for a request's headers."""
    request = from_http2(headers, tls)
    if (b":protocol", b"websocket") in headers:
        return WebSocketHandler(port, stream, request)
    if (request.header("content-type") or "").split(";")[0].split("+")[0] == "application/grpc":
        return grpc.choose(port, stream, request)
    return EchoHandler(port, stream, request)


class EchoHandler:
    """Counts the body, then answers."""

    def __init__(self, port: HostedPort, stream: Stream, request: Request) -> None:
        self._port = port
        self._stream = stream
        self._request = request
        self._wish = echo.wishes(request)
        self._body_length = 0

    def begin(self) -> None:
        """Close at once if asked to; let a client that waits for permission send."""
        if self._wish.close:
            self._stream.reset()
        elif (self._request.header("expect") or "").lower() == "100-continue":
            self._stream.send_headers([(b":status", b"100")])

    def receive(self, data: bytes) -> None:
        """Count."""
        self._body_length += len(data)

    def end(self) -> None:
        """Answer, after the delay."""
        self._stream.timers.after(echo.delay_of(self._port, self._wish), self._answer)

    def _answer(self) -> None:
        if self._request.method == "CONNECT":
            send(self._stream, echo.Answer(405, echo.common_headers(self._port)))
        else:
            send(
                self._stream, echo.answer(self._port, self._request, self._wish, self._body_length)
            )

    def lost(self) -> None:
        """Nothing is kept."""

    def drain(self) -> None:
        """The answer ends by itself."""


class WebSocketHandler:
    """A WebSocket on a stream (RFC 8441)."""

    def __init__(self, port: HostedPort, stream: Stream, request: Request) -> None:
        self._port = port
        self._stream = stream
        self._request = request
        self._wish = echo.wishes(request)
        self._echo = WebSocketEcho(stream.write, stream.finish)
        self._is_refused = False

    def begin(self) -> None:
        """Accept, after the delay, unless the pod or the request says otherwise."""
        if self._wish.close:
            self._stream.reset()
            return
        self._stream.hold(True)
        self._stream.timers.after(echo.delay_of(self._port, self._wish), self._accept)

    def _accept(self) -> None:
        status = (
            400 if self._wish.problems else echo.status_of(self._port, self._request, self._wish)
        )
        headers = [*echo.common_headers(self._port), *self._wish.headers]
        if status != 200:
            self._is_refused = True
            self._stream.send_headers([(b":status", b"%d" % status), *headers], end=True)
            return
        headers += subprotocol(self._request)
        self._stream.send_headers([(b":status", b"200"), *headers])
        self._stream.hold(False)

    def receive(self, data: bytes) -> None:
        """Frames."""
        self._echo.receive(data)

    def end(self) -> None:
        """The client has closed its side."""
        self._stream.finish()

    def lost(self) -> None:
        """Nothing is kept."""

    def drain(self) -> None:
        """Say goodbye."""
        self._echo.go_away()


def send(stream: Stream, answer: echo.Answer) -> None:
    """Write an answer to a stream."""
    headers: Headers = [(b":status", b"%d" % answer.status), *answer.headers]
    if answer.length is not None:
        headers.append((b"content-length", b"%d" % answer.length))
    stream.send_headers(headers, end=not answer.has_body)
    if not answer.has_body:
        return
    if answer.filler:
        stream.fill(answer.filler)
    else:
        stream.write(answer.body)
        stream.finish()
