"""Steady clients of every kind, in a thread of their own; they count what fails."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import h2.connection
import h2.events
from websockets.asyncio.client import connect

from e2e.clients import careless
from e2e.harness import until

_PAUSE = 0.004
"""Between two requests of one client: two processors carry all of it."""


@dataclass
class Tally:
    """What the clients saw."""

    requests: int = 0
    messages: int = 0
    handshakes: int = 0
    failures: list[str] = field(default_factory=list)
    bodies: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    def fail(self, who: str, what: object) -> None:
        self.failures.append(f"{who}: {what!r}")


@dataclass(frozen=True)
class Site:
    """Where to go."""

    address: str
    host: str
    path: str = "/"


class Load:
    """HTTP/1.1 keep-alive, HTTP/2 over TLS and WebSockets at once."""

    def __init__(
        self, site: Site, http1: int = 3, http2: int = 2, sockets: int = 2, hasty: int = 2
    ) -> None:
        """So many clients of each kind; hasty ones connect anew for each request."""
        self.site = site
        self.tally = Tally()
        self._counts = (http1, http2, sockets, hasty)
        self._stop = asyncio.Event()
        self._warm = threading.Event()
        self._started = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Load:
        self._thread.start()
        assert self._warm.wait(30), self.tally
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(60)
        assert not self._thread.is_alive()

    def more(self, requests: int) -> None:
        """Wait until so many further requests were answered."""
        enough = self.tally.requests + requests
        until(lambda: self.tally.requests >= enough)

    def check(self, least: int = 100) -> None:
        """After the block: nothing failed, and there was something to fail."""
        assert not self.tally.failures, self.tally.failures[:8]
        assert self.tally.requests >= least
        assert self.tally.messages > 0

    def _run(self) -> None:
        self._loop.run_until_complete(self._clients())
        self._loop.close()

    async def _clients(self) -> None:
        http1, http2, sockets, hasty = self._counts
        async with asyncio.TaskGroup() as tasks:
            for number in range(http1):
                tasks.create_task(self._guard(f"http1-{number}", self._http1))
            for number in range(http2):
                tasks.create_task(self._guard(f"http2-{number}", self._http2))
            for number in range(sockets):
                tasks.create_task(self._guard(f"websocket-{number}", self._websocket))
            for number in range(hasty):
                tasks.create_task(self._guard(f"hasty-{number}", self._hasty))

    async def _guard(self, name, client) -> None:  # type: ignore[no-untyped-def]
        while not self._stop.is_set():
            try:
                await client(name)
            except Exception as error:
                self.tally.fail(name, error)
                await asyncio.sleep(0.05)

    def _is_warm(self) -> None:
        self._started += 1
        if self._started >= sum(self._counts):
            self._warm.set()

    def _answered(self, who: str, status: int, body: bytes) -> None:
        self.tally.requests += 1
        if status != 200:
            self.tally.fail(who, (status, body[:80]))

    async def _http1(self, name: str) -> None:
        """One connection until the server asks to leave, or until the end."""
        reader, writer = await asyncio.open_connection(self.site.address, 80)
        first = True
        try:
            while not self._stop.is_set():
                writer.write(
                    f"GET {self.site.path} HTTP/1.1\r\nhost: {self.site.host}\r\n\r\n".encode()
                )
                async with asyncio.timeout(20):
                    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                    length = int(head.split("content-length: ")[1].split("\r\n")[0])
                    body = await reader.readexactly(length)
                self._answered(name, int(head.split()[1]), body)
                if first:
                    self._is_warm()
                    first = False
                if "connection: close" in head:
                    return
                await asyncio.sleep(_PAUSE)
        finally:
            await _leave(writer)

    async def _hasty(self, name: str) -> None:
        """A connection for each request."""
        first = True
        while not self._stop.is_set():
            reader, writer = await asyncio.open_connection(self.site.address, 80)
            try:
                writer.write(
                    f"GET {self.site.path} HTTP/1.1\r\nhost: {self.site.host}\r\n"
                    "connection: close\r\n\r\n".encode()
                )
                async with asyncio.timeout(20):
                    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
            finally:
                await _leave(writer)
            self._answered(name, int(head.split()[1]), body)
            if first:
                self._is_warm()
                first = False
            await asyncio.sleep(_PAUSE)

    async def _http2(self, name: str) -> None:
        """Streams one after the other on one connection, until GOAWAY or the end."""
        reader, writer = await asyncio.open_connection(
            self.site.address, 443, ssl=careless("h2"), server_hostname=self.site.host
        )
        self.tally.handshakes += 1
        stream = Http2Stream(reader, writer, self.site)
        first = True
        try:
            while not self._stop.is_set() and not stream.leaving:
                async with asyncio.timeout(20):
                    status, body = await stream.get()
                if status is None:
                    return  # It was told to leave before this request was taken.
                self._answered(name, status, body)
                if first:
                    self._is_warm()
                    first = False
                await asyncio.sleep(_PAUSE)
        finally:
            await _leave(writer)

    async def _websocket(self, name: str) -> None:
        """One WebSocket for the whole time."""
        async with connect(
            f"ws://{self.site.host}{self.site.path}", host=self.site.address, port=80, proxy=None
        ) as socket:
            first = True
            number = 0
            while not self._stop.is_set():
                number += 1
                text = f"{name} {number}"
                await socket.send(text)
                async with asyncio.timeout(20):
                    while text not in str(await socket.recv()):
                        pass
                self.tally.messages += 1
                if first:
                    self._is_warm()
                    first = False
                await asyncio.sleep(_PAUSE * 2)


class Http2Stream:
    """A small HTTP/2 client that heeds GOAWAY."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, site: Site
    ) -> None:
        self._reader, self._writer, self._site = reader, writer, site
        self._h2 = h2.connection.H2Connection()
        self._h2.initiate_connection()
        self._rest = b""
        self.leaving = False

    async def get(self) -> tuple[int | None, bytes]:
        stream = self._h2.get_next_available_stream_id()
        headers = [(":method", "GET"), (":scheme", "https"), (":authority", self._site.host)]
        self._h2.send_headers(stream, [*headers, (":path", self._site.path)], end_stream=True)
        self._writer.write(self._h2.data_to_send())
        status, body = 0, b""
        while True:
            data = await self._reader.read(65536)
            if not data:
                if self.leaving and not status:
                    return None, b""
                raise ConnectionError("closed in the middle of a request")
            events = self._receive(data)
            for event in events:
                if isinstance(event, h2.events.ResponseReceived):
                    status = int(dict(event.headers)[b":status"])
                elif isinstance(event, h2.events.DataReceived):
                    body += event.data
                    self._h2.acknowledge_received_data(event.flow_controlled_length, stream)
            self._writer.write(self._h2.data_to_send())
            if self._refused(events, stream):
                return None, b""
            if any(isinstance(event, h2.events.StreamEnded) for event in events):
                return status, body

    def _receive(self, data: bytes) -> list[h2.events.Event]:
        """Frame by frame: the library stops listening at GOAWAY, but answers may follow it."""
        self._rest += data
        events: list[h2.events.Event] = []
        while len(self._rest) >= (size := 9 + int.from_bytes(self._rest[:3], "big")):
            events += self._h2.receive_data(self._rest[:size])
            self._rest = self._rest[size:]
            if isinstance(events[-1] if events else None, h2.events.ConnectionTerminated):
                self._h2.state_machine.state = h2.connection.ConnectionState.CLIENT_OPEN
        return events

    def _refused(self, events: list[h2.events.Event], stream: int) -> bool:
        """Whether the server leaves without having taken the stream."""
        for event in events:
            if isinstance(event, h2.events.StreamReset):
                raise ConnectionError(f"reset {event.error_code}")
            if isinstance(event, h2.events.ConnectionTerminated):
                self.leaving = True
                if event.last_stream_id is not None and event.last_stream_id < stream:
                    return True
        return False


@contextmanager
def load(address: str, host: str, path: str = "/") -> Iterator[Load]:
    """Steady load for the time of the block; afterwards nothing may have failed."""
    clients = Load(Site(address, host, path))
    with clients:
        yield clients
    clients.check()


async def _leave(writer: asyncio.StreamWriter) -> None:
    """Close a connection for good: what is left to a loop that ends is never closed."""
    writer.transport.abort()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
