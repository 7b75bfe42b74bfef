"""WebSocket echo: every message goes back as it came, over HTTP/1.1 or an HTTP/2 stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from penstock.standin.connection import PodConnection
from penstock.standin.hosted import HostedPort
from penstock.standin.request import Headers, Request

if TYPE_CHECKING:
    from wsproto.events import Event

_GOING_AWAY = 1001


def is_upgrade(request: Request) -> bool:
    """Whether an HTTP/1.1 request asks for WebSocket."""
    connection = ",".join(request.headers.get("connection", ())).lower()
    upgrade = (request.header("upgrade") or "").lower()
    tokens = {token.strip() for token in connection.split(",")}
    return request.method == "GET" and upgrade == "websocket" and "upgrade" in tokens


def upgrade_headers(request: Request) -> tuple[int, Headers]:
    """Status and headers of the answer to an upgrade (RFC 6455 §4.2)."""
    from wsproto.utilities import generate_accept_token

    if request.header("sec-websocket-version") != "13":
        return 426, [(b"Sec-WebSocket-Version", b"13")]
    key = request.header("sec-websocket-key")
    if not key:
        return 400, []
    token = generate_accept_token(key.encode("latin-1"))
    headers: Headers = [
        (b"Upgrade", b"websocket"),
        (b"Connection", b"Upgrade"),
        (b"Sec-WebSocket-Accept", token),
    ]
    return 101, headers + subprotocol(request)


def subprotocol(request: Request) -> Headers:
    """The first subprotocol the client offers is taken."""
    offered = ",".join(request.headers.get("sec-websocket-protocol", ())).split(",")
    first = offered[0].strip()
    return [(b"Sec-WebSocket-Protocol", first.encode("latin-1"))] if first else []


class WebSocketEcho:
    """The frames of one WebSocket; bytes in, bytes out."""

    def __init__(self, write: Callable[[bytes], None], close: Callable[[], None]) -> None:
        """`wsproto` is imported here because most stand-ins never need it."""
        from wsproto.connection import Connection, ConnectionType

        self._frames = Connection(ConnectionType.SERVER)
        self._write = write
        self._close = close
        self._is_closed = False

    def receive(self, data: bytes) -> None:
        """Echo what is in `data`; a part of a message goes back as a part."""
        from wsproto.utilities import RemoteProtocolError

        if self._is_closed:
            return
        try:
            self._frames.receive_data(data)
            for event in self._frames.events():
                self._handle(event)
        except RemoteProtocolError as error:
            if error.event_hint is not None:
                self._write(self._frames.send(error.event_hint))
            self._end()

    def _handle(self, event: Event) -> None:
        from wsproto import events

        if isinstance(event, events.Message):
            if event.data or event.message_finished:
                self._write(self._frames.send(event))
        elif isinstance(event, events.Ping):
            self._write(self._frames.send(event.response()))
        elif isinstance(event, events.CloseConnection):
            if self._frames.state.name == "REMOTE_CLOSING":
                self._write(self._frames.send(event.response()))
            self._end()

    def go_away(self) -> None:
        """Say that the pod ends."""
        from wsproto.events import CloseConnection

        if self._frames.state.name == "OPEN":
            self._write(self._frames.send(CloseConnection(code=_GOING_AWAY, reason="pod ends")))

    def _end(self) -> None:
        self._is_closed = True
        self._close()


class WebSocketConnection(PodConnection):
    """A WebSocket that owns its TCP connection (after an HTTP/1.1 upgrade)."""

    def __init__(self, port: HostedPort) -> None:
        super().__init__(port)
        self._echo = WebSocketEcho(self._send, self._end)

    def _send(self, data: bytes) -> None:
        self.transport.write(data)

    def _end(self) -> None:
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Frames, or parts of them."""
        self._echo.receive(data)

    def pause_writing(self) -> None:
        """A client that does not read what it sent is read no further."""
        super().pause_writing()
        self.read(False)

    def resume_writing(self) -> None:
        """Read on."""
        super().resume_writing()
        self.read(True)

    def drain(self) -> None:
        """Say goodbye; the client's answer closes the connection."""
        super().drain()
        self._echo.go_away()
