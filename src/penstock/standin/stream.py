"""One HTTP/2 stream, outwards: headers, data under flow control, trailers."""

from __future__ import annotations

from typing import Protocol

from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.exceptions import ProtocolError

from penstock.standin.request import Headers
from penstock.standin.timers import Timers

BUFFER = 128 << 10
"""Bytes that may wait to be sent before the client's window stays shut."""
_CHUNK = bytes(64 << 10)


class Link(Protocol):
    """The connection, as a stream needs it."""

    @property
    def is_writable(self) -> bool:
        """Whether the transport takes more."""
        ...

    def flush(self) -> None:
        """Write what the state machine has to send."""
        ...

    def stream_closed(self, stream_id: int) -> None:
        """Forget the stream."""
        ...


class Handler(Protocol):
    """What is done with a stream."""

    def begin(self) -> None:
        """The headers have come."""
        ...

    def receive(self, data: bytes) -> None:
        """A part of the body has come."""
        ...

    def end(self) -> None:
        """The client has sent everything."""
        ...

    def lost(self) -> None:
        """The stream is gone."""
        ...

    def drain(self) -> None:
        """The pod ends; a handler that would go on for ever finishes."""
        ...


class Stream:
    """Sends when windows and transport allow; opens the client's window to match."""

    handler: Handler

    def __init__(self, link: Link, http: H2Connection, stream_id: int) -> None:
        self.timers = Timers()
        self._link = link
        self._http = http
        self._id = stream_id
        self._pending = bytearray()
        self._filler = 0
        self._unacknowledged = 0
        self._is_held = False
        self._is_finishing = False
        self._trailers: Headers | None = None
        self._is_sent = False
        self._is_received = False
        self._is_gone = False

    def data_received(self, data: bytes, flow_length: int) -> None:
        """A DATA frame, with its length as flow control counts it."""
        self._unacknowledged += flow_length
        if not self._is_sent:
            self.handler.receive(data)
        self._acknowledge()

    def end_received(self) -> None:
        """The client's END_STREAM."""
        self._is_received = True
        if not self._is_sent:
            self.handler.end()
        self._close_if_done()

    def lost(self) -> None:
        """Reset by the client, or the connection is gone."""
        if self._is_gone:
            return
        self._is_gone = True
        self.timers.cancel()
        self.handler.lost()
        self._link.stream_closed(self._id)

    def hold(self, held: bool) -> None:
        """Keep data back (before a delayed answer's headers), or let it go."""
        self._is_held = held
        if not held:
            self.pump()

    def send_headers(self, headers: Headers, end: bool = False) -> None:
        """Send an answer's headers, beginning with ``:status``."""
        if self._is_gone:
            return
        self._try_headers(headers, end)
        if end:
            self._sent()
        self._link.flush()

    def write(self, data: bytes) -> None:
        """Send a part of the body, now or when it may go."""
        self._pending += data
        self.pump()

    def fill(self, size: int) -> None:
        """Send `size` bytes of filler, then the end."""
        self._filler = size
        self.finish()

    def finish(self, trailers: Headers | None = None) -> None:
        """End the answer after what is pending."""
        self._is_finishing = True
        self._trailers = trailers
        self.pump()

    def reset(self) -> None:
        """End the stream without an answer."""
        if not self._is_gone:
            self._http.reset_stream(self._id, ErrorCodes.INTERNAL_ERROR)
            self._link.flush()
            self.lost()

    def pump(self) -> None:
        """Send as much as may go now."""
        if self._is_gone or self._is_held or self._is_sent:
            return
        try:
            self._send_data()
        except ProtocolError:
            self.lost()
            return
        self._acknowledge()
        self._link.flush()
        if self._is_finishing and not self._pending and not self._filler:
            self._send_end()

    def _send_data(self) -> None:
        while (self._pending or self._filler) and self._link.is_writable:
            room = self._http.local_flow_control_window(self._id)
            room = min(room, self._http.max_outbound_frame_size, len(_CHUNK))
            if room <= 0:
                return
            self._http.send_data(self._id, self._next(room))
            if self._filler:
                self._link.flush()  # so that a full transport is noticed

    def _next(self, room: int) -> bytes:
        if self._pending:
            part = bytes(self._pending[:room])
            del self._pending[:room]
            return part
        size = min(room, self._filler)
        self._filler -= size
        return _CHUNK[:size]

    def _send_end(self) -> None:
        if self._trailers:
            self._try_headers(self._trailers, True)
        else:
            try:
                self._http.end_stream(self._id)
            except ProtocolError:
                self.lost()
                return
        self._sent()
        self._link.flush()

    def _try_headers(self, headers: Headers, end: bool) -> None:
        try:
            self._http.send_headers(self._id, headers, end_stream=end)
        except ProtocolError:
            self.lost()

    def _sent(self) -> None:
        self._is_sent = True
        self._pending.clear()
        self.timers.cancel()
        self._acknowledge()
        self._close_if_done()

    def _acknowledge(self) -> None:
        if self._unacknowledged and len(self._pending) < BUFFER and not self._is_gone:
            self._http.acknowledge_received_data(self._unacknowledged, self._id)
            self._unacknowledged = 0

    def _close_if_done(self) -> None:
        if self._is_sent and self._is_received and not self._is_gone:
            self.lost()
