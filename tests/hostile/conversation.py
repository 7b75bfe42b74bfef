"""One client's connection, byte for byte: what it sends and what it is answered."""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

TIMEOUT = 20.0
_BODILESS = {204, 304}


class ClosedError(Exception):
    """The proxy closed the connection; no bytes were left over."""


@dataclass(frozen=True)
class Response:
    """One response as it was read."""

    status: int
    fields: dict[str, str]
    body: bytes


class Conversation:
    """A raw HTTP/1.1 connection."""

    def __init__(self, address: str, port: int = 80, timeout: float = TIMEOUT) -> None:
        self._socket = socket.create_connection((address, port), timeout=timeout)
        self._left = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send all; that the proxy may have closed already is seen when reading."""
        try:
            self._socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return

    def response(self, *, head: bool = False) -> Response:
        """The next response; raises `ClosedError` if there is none."""
        start = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        status = int(re.fullmatch(r"HTTP/1\.[01] (\d{3}) .*", start[0])[1])  # type: ignore[index]
        pairs = (line.partition(": ") for line in start[1:] if line)
        fields = {name.lower(): value for name, _, value in pairs}
        return Response(status, fields, self._body(status, fields, head))

    def _body(self, status: int, fields: dict[str, str], head: bool) -> bytes:
        if head or status < 200 or status in _BODILESS:
            return b""
        if fields.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self._until(b"\r\n"), 16):
                body += self.exactly(size + 2)[:-2]
            self._until(b"\r\n")
            return body
        if "content-length" in fields:
            return self.exactly(int(fields["content-length"]))
        return self.rest()

    def drain(self) -> int:
        """Read a response of known length and drop it; returns how long its body was."""
        head = self._until(b"\r\n\r\n").lower()
        size = left = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        left -= len(self._left)
        self._left = b""
        while left:
            got = len(self._socket.recv(min(left, 1 << 20)))
            assert got, "cut"
            left -= got
        return size

    def finish(self) -> None:
        """Say that no more will be sent; Envoy then need not wait before it closes."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def rest(self) -> bytes:
        """Everything until the proxy closes."""
        while self._more():
            pass
        rest, self._left = self._left, b""
        return rest

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._left:
            if not self._more():
                if self._left:
                    raise AssertionError(f"cut: {self._left!r}")
                raise ClosedError
        found, _, self._left = self._left.partition(mark)
        return found + mark

    def exactly(self, size: int) -> bytes:
        """So many bytes."""
        while len(self._left) < size:
            if not self._more():
                raise AssertionError(f"cut: {self._left!r}")
        taken, self._left = self._left[:size], self._left[size:]
        return taken

    def _more(self) -> bool:
        try:
            data = self._socket.recv(65536)
        except ConnectionResetError:
            return False
        self._left += data
        return bool(data)
