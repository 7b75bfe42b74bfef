"""A client that asks the same thing again and again until the answer changes."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

EVERY = 0.0005
"""Seconds between two requests, at least: half of what a figure may be off by."""
PATIENCE = 30.0


class Reply(NamedTuple):
    """An answer; status 0 means that the connection failed."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Seen:
    """What a client saw until it got what it wanted."""

    seconds: float
    statuses: Counter[int]
    """Answers by status, the wanted one included."""


class Client:
    """One HTTP/1.1 keep-alive connection, made anew when it fails."""

    def __init__(self, address: str, port: int = 80) -> None:
        self._target = (address, port)
        self._socket: socket.socket | None = None

    def ask(self, host: str, path: str = "/") -> Reply:
        """One request, one answer."""
        request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        try:
            if self._socket is None:
                self._socket = socket.create_connection(self._target, timeout=PATIENCE)
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.sendall(request)
            return self._read(self._socket)
        except OSError:
            self.close()
            return Reply(0, b"")

    def _read(self, source: socket.socket) -> Reply:
        data = b""
        while b"\r\n\r\n" not in data:
            data += _some(source)
        head, _, body = data.partition(b"\r\n\r\n")
        length, keep = 0, True
        for line in head.lower().split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name == b"content-length":
                length = int(value)
            keep = keep and (name, value.strip()) != (b"connection", b"close")
        while len(body) < length:
            body += _some(source)
        if not keep:
            self.close()
        return Reply(int(head[9:12]), body)

    def close(self) -> None:
        """Close the connection; the next request makes another one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def until(
        self,
        host: str,
        path: str,
        wanted: Callable[[Reply], bool],
        since: float,
        patience: float = PATIENCE,
    ) -> Seen:
        """Ask until the answer is `wanted`; the time counts from `since` (perf_counter).

        Raises:
            TimeoutError: it never is.
        """
        statuses: Counter[int] = Counter()
        while True:
            asked = time.perf_counter()
            reply = self.ask(host, path)
            now = time.perf_counter()
            statuses[reply.status] += 1
            if wanted(reply):
                return Seen(now - since, statuses)
            if now - since > patience:
                raise TimeoutError(f"{host}{path} never answered as wanted: {statuses}")
            time.sleep(max(0.0, asked + EVERY - now))


def _some(source: socket.socket) -> bytes:
    data = source.recv(65536)
    if not data:
        raise ConnectionError("closed")
    return data
