"""HTTP/2 by hand: frames and header blocks that no library would send."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass, field
from typing import Self

import hpack
from hyperframe.frame import (
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
ERRORS = (
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
)
TIMEOUT = 20.0

Fields = tuple[tuple[bytes, bytes], ...]


class GoneAwayError(Exception):
    """The connection ended; its argument is the error's name, empty without GOAWAY."""


@dataclass
class Stream:
    """What has been received on one stream."""

    fields: dict[str, str] = field(default_factory=dict)
    pieces: list[bytes] = field(default_factory=list)
    ended: bool = False
    reset: str | None = None


def block(fields: Fields) -> bytes:
    """A header block, nothing normalised, nothing indexed."""
    encoder = hpack.Encoder()
    encoder.header_table_size = 0
    return b"".join(
        encoder.encode([hpack.NeverIndexedHeaderTuple(*pair)], huffman=False) for pair in fields
    )


def headers(stream: int, fields: Fields, *flags: str) -> bytes:
    """HEADERS, in one frame; `flags` beside END_HEADERS."""
    return HeadersFrame(stream, block(fields), flags=["END_HEADERS", *flags]).serialize()


def data(stream: int, body: bytes, *flags: str) -> bytes:
    """DATA."""
    return DataFrame(stream, body, flags=flags).serialize()


class Connection:
    """A client's connection on which streams can be watched."""

    def __init__(self, address: str, tls: ssl.SSLContext | None = None) -> None:
        plain = socket.create_connection((address, 443 if tls else 80), timeout=TIMEOUT)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = tls.wrap_socket(plain, server_hostname="web.example") if tls else plain
        self._windows = {0: 65535, 1: 65535}
        self._left = b""
        self._decoder = hpack.Decoder()
        self._decoder.max_header_list_size = 1 << 20
        self.streams: dict[int, Stream] = {}
        self.error = ""
        self.send(PREFACE + SettingsFrame(0).serialize())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, frames: bytes) -> None:
        """Send; a connection that is gone is noticed when reading."""
        try:
            self._socket.sendall(frames)
        except (BrokenPipeError, ConnectionResetError):
            return

    def flood(self, frames: bytes) -> bool:
        """Send without reading an answer; False once the connection is gone."""
        try:
            self._socket.sendall(frames)
        except ConnectionError:
            return False
        return True

    def stream(self, number: int) -> Stream:
        """The stream, once it has ended.  Raises `GoneAwayError` when the connection has."""
        made = self.streams.setdefault(number, Stream())
        while not (made.ended or made.reset):
            self._take()
        return made

    def upload(self, fields: Fields, size: int) -> Stream:
        """A request on stream 1 with a body of so many bytes, and its answer."""
        self.send(headers(1, fields))
        while size:
            while not (room := min(size, 16384, *self._windows.values())):
                self._take()
            size -= room
            self._windows = {number: left - room for number, left in self._windows.items()}
            self.send(data(1, bytes(room), *([] if size else ["END_STREAM"])))
        return self.stream(1)

    def download(self, fields: Fields, size: int) -> Stream:
        """A request on stream 1 whose answer may have so many bytes."""
        room = [WindowUpdateFrame(number, size).serialize() for number in (0, 1)]
        self.send(room[0] + headers(1, fields, "END_STREAM") + room[1])
        return self.stream(1)

    def _take(self) -> None:
        """One frame."""
        head = self._read(9)
        frame, length = Frame.parse_frame_header(memoryview(head))
        frame.parse_body(memoryview(self._read(length)))
        if isinstance(frame, GoAwayFrame):
            self.error = ERRORS[frame.error_code]
        elif isinstance(frame, PingFrame | SettingsFrame) and "ACK" not in frame.flags:
            answer = type(frame)(0, flags=["ACK"])
            if isinstance(answer, PingFrame) and isinstance(frame, PingFrame):
                answer.opaque_data = frame.opaque_data
            self.send(answer.serialize())
        elif isinstance(frame, WindowUpdateFrame):
            self._windows[frame.stream_id] += frame.window_increment
        elif frame.stream_id:
            self._note(frame)

    def _note(self, frame: Frame) -> None:
        stream = self.streams.setdefault(frame.stream_id, Stream())
        if isinstance(frame, HeadersFrame):
            pairs = self._decoder.decode(frame.data, raw=True)
            stream.fields.update((k.decode(), v.decode()) for k, v in pairs)
        elif isinstance(frame, DataFrame):
            stream.pieces.append(frame.data)
        elif isinstance(frame, RstStreamFrame):
            stream.reset = ERRORS[frame.error_code]
        stream.ended = stream.ended or "END_STREAM" in frame.flags

    def _read(self, size: int) -> bytes:
        while len(self._left) < size:
            try:
                got = self._socket.recv(65536)
            except ConnectionResetError:
                got = b""
            if not got:
                raise GoneAwayError(self.error)
            self._left += got
        taken, self._left = self._left[:size], self._left[size:]
        return taken
