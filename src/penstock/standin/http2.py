"""HTTP/2 connections of a stand-in: one `h2` state machine, many streams.

Flow control is the streams': the client may send on a stream as fast as its
echo is taken off it.  The connection's own window is large, so that a stream
that stands still does not hold up the others.
"""

from __future__ import annotations

import asyncio

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RemoteSettingsChanged,
    RequestReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings
from hyperframe.frame import GoAwayFrame

from penstock.standin.connection import PodConnection
from penstock.standin.handlers import choose
from penstock.standin.hosted import HostedPort
from penstock.standin.request import Headers
from penstock.standin.stream import Stream

STREAM_WINDOW = 256 << 10
CONNECTION_WINDOW = 64 << 20
_SETTINGS = {
    SettingCodes.MAX_CONCURRENT_STREAMS: 1000,
    SettingCodes.INITIAL_WINDOW_SIZE: STREAM_WINDOW,
    SettingCodes.MAX_HEADER_LIST_SIZE: 1 << 20,
    SettingCodes.ENABLE_CONNECT_PROTOCOL: 1,
}


class Http2Connection(PodConnection):
    """Gives each stream to the handler its request asks for."""

    def __init__(self, port: HostedPort) -> None:
        super().__init__(port)
        self._http = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        self._http.local_settings = Settings(client=False, initial_values=_SETTINGS)
        self._http.decoder.max_header_list_size = 1 << 20
        self._streams: dict[int, Stream] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send settings and open the connection's window."""
        super().connection_made(transport)
        self._http.initiate_connection()
        self._http.increment_flow_control_window(CONNECTION_WINDOW)
        self.flush()

    def data_received(self, data: bytes) -> None:
        """Frames, or parts of them."""
        try:
            events = self._http.receive_data(data)
        except ProtocolError:
            self.flush()
            self.transport.close()
            return
        for event in events:
            self._handle(event)
        self.flush()
        self._close_if_drained()

    def _handle(self, event: Event) -> None:
        if isinstance(event, RequestReceived):
            self._begin(event.stream_id, event.headers)
        elif isinstance(event, DataReceived):
            self._data(event)
        elif isinstance(event, StreamEnded):
            if stream := self._streams.get(event.stream_id):
                stream.end_received()
        elif isinstance(event, StreamReset):
            if stream := self._streams.get(event.stream_id):
                stream.lost()
        elif isinstance(event, WindowUpdated | RemoteSettingsChanged):
            self._window_opened(event)
        elif isinstance(event, ConnectionTerminated):
            self.drain()

    def _begin(self, stream_id: int, headers: Headers) -> None:
        if self.is_draining:
            self._http.reset_stream(stream_id, ErrorCodes.REFUSED_STREAM)
            return
        stream = Stream(self, self._http, stream_id)
        self._streams[stream_id] = stream
        stream.handler = choose(self.port, stream, headers, self.tls)
        stream.handler.begin()

    def _data(self, event: DataReceived) -> None:
        stream = self._streams.get(event.stream_id)
        length = event.flow_controlled_length or 0
        if stream is None:
            self._http.acknowledge_received_data(length, event.stream_id)
        else:
            stream.data_received(event.data or b"", length)

    def _window_opened(self, event: WindowUpdated | RemoteSettingsChanged) -> None:
        if isinstance(event, WindowUpdated) and event.stream_id:
            if stream := self._streams.get(event.stream_id):
                stream.pump()
        else:
            self._pump_all()

    def _pump_all(self) -> None:
        for stream in tuple(self._streams.values()):
            stream.pump()

    def stream_closed(self, stream_id: int) -> None:
        """Both sides of a stream have ended."""
        self._streams.pop(stream_id, None)
        self._close_if_drained()

    def flush(self) -> None:
        """Write what the state machine has to send."""
        data = self._http.data_to_send()
        if data and not self.transport.is_closing():
            self.transport.write(data)

    def resume_writing(self) -> None:
        """Go on with streams that wait for the transport."""
        super().resume_writing()
        self._pump_all()
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """End all streams."""
        super().connection_lost(exc)
        for stream in tuple(self._streams.values()):
            stream.lost()

    def drain(self) -> None:
        """Take no more streams and close after the last.

        The frame is written by hand because `h2` sends nothing after its own GOAWAY.
        """
        if self.is_draining:
            return
        super().drain()
        last = self._http.highest_inbound_stream_id
        self.flush()
        if not self.transport.is_closing():
            self.transport.write(GoAwayFrame(0, last_stream_id=last).serialize())
        for stream in tuple(self._streams.values()):
            stream.handler.drain()
        self._close_if_drained()

    def _close_if_drained(self) -> None:
        if self.is_draining and not self._streams:
            self.flush()
            self.transport.close()
