"""HTTP/1.1 (and 1.0) connections of a stand-in; WebSocket upgrades leave from here."""

from __future__ import annotations

from http import HTTPStatus

import h11

from penstock.standin import echo
from penstock.standin.connection import PodConnection
from penstock.standin.hosted import HostedPort
from penstock.standin.request import Headers, Request, from_http1
from penstock.standin.websocket import WebSocketConnection, is_upgrade, upgrade_headers

MAX_HEADER_BYTES = 1 << 20
CHUNK = bytes(64 << 10)


class Http1Connection(PodConnection):
    """Reads requests one after the other; bodies are counted, not kept."""

    def __init__(self, port: HostedPort) -> None:
        super().__init__(port)
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEADER_BYTES)
        self._request: Request | None = None
        self._wish = echo.Wishes()
        self._body_length = 0
        self._filler = 0
        self._is_answering = False

    def data_received(self, data: bytes) -> None:
        """Bytes of one request or several."""
        try:
            self._http.receive_data(data)
        except h11.RemoteProtocolError:
            self.transport.close()
            return
        self._advance()

    def eof_received(self) -> bool:
        """The client sends no more; an answer under way is still written."""
        if self._is_answering:
            self.drain()
            return self.tls is None
        return False

    def _advance(self) -> None:
        while not self.transport.is_closing() and not self._is_switched:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                self._refuse(error.error_status_hint)
                return
            if self._http.they_are_waiting_for_100_continue:
                self._write(h11.InformationalResponse(status_code=100, headers=[]))
            if event is h11.NEED_DATA:
                return
            if event is h11.PAUSED:
                self.read(False)
                return
            self._handle(event)

    @property
    def _is_switched(self) -> bool:
        return self._http.our_state is h11.SWITCHED_PROTOCOL

    def _handle(self, event: h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]) -> None:
        if isinstance(event, h11.Request):
            self._begin(event)
        elif isinstance(event, h11.Data):
            self._body_length += len(event.data)
        elif isinstance(event, h11.EndOfMessage):
            self._is_answering = True
            self.timers.after(echo.delay_of(self.port, self._wish), self._answer)
        else:
            self.transport.close()

    def _begin(self, event: h11.Request) -> None:
        headers = event.headers
        self._request = from_http1(
            event.method, event.target, event.http_version, headers, self.tls
        )
        self._wish = echo.wishes(self._request)
        self._body_length = 0
        if self._wish.close:
            self.transport.abort()

    def _answer(self) -> None:
        request = self._request
        assert request is not None
        answer = echo.answer(self.port, request, self._wish, self._body_length)
        if is_upgrade(request) and answer.status == 200:
            self._upgrade(request)
        elif request.method == "CONNECT":
            self._send(echo.Answer(405, echo.common_headers(self.port)))
        else:
            self._send(answer)

    def _upgrade(self, request: Request) -> None:
        status, headers = upgrade_headers(request)
        if status != 101:
            self._send(echo.Answer(status, headers + echo.common_headers(self.port)))
            return
        headers += [*echo.common_headers(self.port), *self._wish.headers]
        self._write(
            h11.InformationalResponse(
                status_code=101, headers=headers, reason=b"Switching Protocols"
            )
        )
        self.hand_over(WebSocketConnection(self.port), self._http.trailing_data[0])
        self.read(True)

    def _send(self, answer: echo.Answer) -> None:
        headers: Headers = list(answer.headers)
        if answer.length is not None:
            headers.append((b"Content-Length", b"%d" % answer.length))
        if self.is_draining:
            headers.append((b"Connection", b"close"))
        self._write(
            h11.Response(status_code=answer.status, headers=headers, reason=_reason(answer.status))
        )
        self._filler = answer.filler if answer.has_body else 0
        if answer.has_body and answer.body:
            self._write(h11.Data(data=answer.body))
        self._pump()

    def _pump(self) -> None:
        while self._filler and self.is_writable and not self.transport.is_closing():
            size = min(self._filler, len(CHUNK))
            self._filler -= size
            self._write(h11.Data(data=CHUNK[:size]))
        if not self._filler:
            self._finish()

    def _finish(self) -> None:
        self._write(h11.EndOfMessage())
        self._is_answering = False
        is_reusable = self._http.our_state is h11.DONE and self._http.their_state is h11.DONE
        if is_reusable and not self.is_draining:
            self._http.start_next_cycle()
            self.read(True)
            self._advance_again()
        else:
            self.transport.close()

    def _advance_again(self) -> None:
        """Go on with pipelined requests, not from within the loop that is already reading."""
        if self._http.trailing_data[0]:
            self.timers.after(1e-6, self._advance)

    def _refuse(self, status: int) -> None:
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE) and not self._is_answering:
            close = (b"Connection", b"close")
            text = b"The request is not valid HTTP.\n"
            headers = [close, (b"Content-Type", b"text/plain"), *echo.common_headers(self.port)]
            headers.append((b"Content-Length", b"%d" % len(text)))
            self._write(h11.Response(status_code=status, headers=headers, reason=_reason(status)))
            self._write(h11.Data(data=text))
        self.transport.close()

    def _write(self, event: h11.Event) -> None:
        data = self._http.send(event)
        if data:
            self.transport.write(data)

    def resume_writing(self) -> None:
        """Go on with a large answer."""
        super().resume_writing()
        if self._filler:
            self._pump()

    def drain(self) -> None:
        """Close now if idle, else after the request under way."""
        super().drain()
        if self._http.our_state is h11.IDLE and self._http.their_state is h11.IDLE:
            self.transport.close()


def _reason(status: int) -> bytes:
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b"Unknown"
