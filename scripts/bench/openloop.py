"""Requests at times that were set beforehand, whatever the proxy does (an open loop).

Arrivals are Poisson with a fixed seed, so every peer gets the same ones.  A latency
counts from the time a request was due, not from when a free connection let it go:
a stall shows in every request it held up (no coordinated omission).

Speaks just enough HTTP/1.1 and HTTP/2 for this purpose, over TLS or not.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import select
import socket
import ssl
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from figures import percentile

PATIENCE = 5.0
"""Seconds after the last arrival."""
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
STREAMS = 64
"""At once on an HTTP/2 connection; below every peer's limit."""
DATA, HEADERS, RESET, SETTINGS, PING, GO_AWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, ACKNOWLEDGED = 1, 1
INDEXED_200 = 0x88


class Connection(Protocol):
    """One connection, of either protocol."""

    socket: socket.socket

    @property
    def free(self) -> bool:
        """Whether it can take a request."""

    def send(self, due: float, path: str) -> None:
        """Send a request that was due then."""

    def receive(self) -> Iterator[tuple[float, bool]]:
        """When each completed request was due, and whether it went well."""


class Http1:
    """One request at a time."""

    def __init__(self, source: socket.socket, host: str) -> None:
        self.socket = source
        self._host = host
        self._due: float | None = None
        self._data = b""

    @property
    def free(self) -> bool:
        """Whether nothing is under way."""
        return self._due is None

    def send(self, due: float, path: str) -> None:
        """The whole request at once."""
        self._due = due
        self.socket.send(f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode())

    def receive(self) -> Iterator[tuple[float, bool]]:
        """At most one."""
        self._data += received(self.socket)
        head, found, body = self._data.partition(b"\r\n\r\n")
        if not found or self._due is None:
            return
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        if len(body) >= int(length or 0):
            due, self._due, self._data = self._due, None, b""
            yield due, head.startswith(b"HTTP/1.1 200")


class Http2:
    """Many requests at a time; header blocks are literals, so no table is needed."""

    def __init__(self, source: socket.socket, host: str) -> None:
        self.socket = source
        self._authority = b"\x01" + bytes([len(host)]) + host.encode()
        self._due: dict[int, float] = {}
        self._good: set[int] = set()
        self._next = 1
        self._data = b""
        settings = b"\x00\x02\x00\x00\x00\x00" + b"\x00\x04\x01\x00\x00\x00"
        window = frame(WINDOW_UPDATE, 0, 0, (1 << 30).to_bytes(4, "big"))
        source.send(PREFACE + frame(SETTINGS, 0, 0, settings) + window)

    @property
    def free(self) -> bool:
        """Whether another stream may be opened."""
        return len(self._due) < STREAMS

    def send(self, due: float, path: str) -> None:
        """HEADERS that end the stream: GET, https, the path, the host."""
        self._due[self._next] = due
        block = b"\x82\x87\x04" + bytes([len(path)]) + path.encode() + self._authority
        self.socket.send(frame(HEADERS, 5, self._next, block))
        self._next += 2

    def receive(self) -> Iterator[tuple[float, bool]]:
        """All streams that have ended."""
        data = self._data + received(self.socket)
        start = 0
        while len(data) - start >= 9:
            end = start + 9 + int.from_bytes(data[start : start + 3], "big")
            if end > len(data):
                break
            kind, flags = data[start + 3], data[start + 4]
            stream = int.from_bytes(data[start + 5 : start + 9], "big")
            yield from self._frame(kind, flags, stream, data[start + 9 : end])
            start = end
        self._data = data[start:]

    def _frame(
        self, kind: int, flags: int, stream: int, body: bytes
    ) -> Iterator[tuple[float, bool]]:
        if kind in (SETTINGS, PING) and not flags & ACKNOWLEDGED:
            answer = body if kind == PING else b""
            self.socket.send(frame(kind, ACKNOWLEDGED, 0, answer))
        elif kind == GO_AWAY:
            raise ConnectionError("the proxy says goodbye")
        elif kind == HEADERS and INDEXED_200 in body[:2]:
            self._good.add(stream)
        ended = kind == RESET or (kind in (DATA, HEADERS) and flags & END_STREAM)
        if ended and stream in self._due:
            good = stream in self._good and kind != RESET
            self._good.discard(stream)
            yield self._due.pop(stream), good


def frame(kind: int, flags: int, stream: int, body: bytes) -> bytes:
    """https://www.rfc-editor.org/rfc/rfc9113#section-4.1."""
    return len(body).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + body


def received(source: socket.socket) -> bytes:
    """What has arrived; empty if it was only the TLS layer's business."""
    parts = []
    while True:
        try:
            part = source.recv(65536)
        except (BlockingIOError, ssl.SSLWantReadError):
            break
        if not part:
            raise ConnectionError("the proxy has closed a connection")
        parts.append(part)
        if len(part) < 16384:
            break
    return b"".join(parts)


@dataclass(frozen=True, slots=True)
class Load:
    """What to send where."""

    address: str
    port: int
    host: str
    paths: tuple[str, ...]
    tls: bool
    http2: bool
    rate: float
    seconds: float
    connections: int
    seed: int


def connect(load: Load) -> list[Connection]:
    """All connections, ready for requests."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2" if load.http2 else "http/1.1"])
    made: list[Connection] = []
    for _ in range(load.connections):
        source = socket.create_connection((load.address, load.port), timeout=PATIENCE)
        source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if load.tls:
            source = context.wrap_socket(source, server_hostname=load.host)
        source.setblocking(False)
        made.append((Http2 if load.http2 else Http1)(source, load.host))
    return made


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the requests."""

    latencies: list[float]
    errors: int
    missing: int
    """Requests without an answer at the end."""
    begun: float
    ended: float


def run(load: Load) -> Outcome:
    """Send and receive until every request is answered, or patience ends."""
    connections = connect(load)
    by_socket = {connection.socket: connection for connection in connections}
    chance = random.Random(load.seed)  # noqa: S311 (arrivals, not secrets)
    begun = time.perf_counter() + 0.05
    due = begun
    waiting: deque[float] = deque()
    latencies: list[float] = []
    errors = sent = turn = 0
    ends = begun + load.seconds
    while due < ends or waiting or len(latencies) + errors < sent:
        now = time.perf_counter()
        if now > ends + PATIENCE:
            break
        while due <= now and due < ends:
            waiting.append(due)
            due += chance.expovariate(load.rate)
        for _ in range(len(connections) if waiting else 0):
            turn = (turn + 1) % len(connections)
            if waiting and connections[turn].free:
                connections[turn].send(waiting.popleft(), load.paths[sent % len(load.paths)])
                sent += 1
        pause = max(0.0, min(due, ends + PATIENCE) - time.perf_counter()) if due < ends else 0.01
        for source in select.select(by_socket, (), (), pause)[0]:
            for asked, good in by_socket[source].receive():
                latencies.append(time.perf_counter() - asked)
                errors += not good
                if not good:
                    latencies.pop()
    missing = sent + len(waiting) - len(latencies) - errors
    ended = time.perf_counter()
    for connection in connections:
        connection.socket.close()
    return Outcome(latencies, errors, missing, begun, ended)


def main() -> None:
    """Run one load and print the outcome as JSON."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("address")
    parser.add_argument("port", type=int)
    parser.add_argument("host")
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--http2", action="store_true")
    parser.add_argument("--rate", type=float, default=1000.0, help="requests per second")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seed", type=int, default=1)
    given = vars(parser.parse_args())
    gc.disable()
    outcome = run(Load(**{**given, "paths": tuple(given["paths"])}))
    answered = len(outcome.latencies)
    quantiles = {
        f"p{share * 100:g}": percentile(outcome.latencies, share) if answered else None
        for share in (0.5, 0.9, 0.99, 0.999)
    }
    took = outcome.ended - outcome.begun
    failed = {"errors": outcome.errors, "missing": outcome.missing}
    print(json.dumps({"answered": answered, "seconds": took, **failed, **quantiles}))


if __name__ == "__main__":
    main()
