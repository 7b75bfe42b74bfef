"""An endpoint that keeps every byte it gets, and misbehaves when a path asks for it.

It reads requests as an ordinary HTTP/1.1 server does, so that it keeps
connections alive and the proxy reuses them: a request smuggled inside another
one would be answered as a request of its own, and be seen in what was recorded.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

READY = b"ready"
CHUNK = b"d" * 65536


@dataclass
class Recorder:
    """What arrived, in order of arrival; one server, many connections."""

    name: str
    port: int = 0
    received: int = 0
    """Bytes of request bodies, even when `recording` is off."""
    recording: bool = True
    _parts: list[bytes] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def address(self) -> str:
        """`HOST:PORT` as `--endpoints` takes it."""
        return f"127.0.0.1:{self.port}"

    def seen(self) -> bytes:
        """Every byte since the last `clear`."""
        with self._lock:
            return b"".join(self._parts)

    def clear(self) -> None:
        """Forget what was seen."""
        with self._lock:
            self._parts.clear()

    def note(self, data: bytes) -> bytes:
        """Keep `data`."""
        if self.recording:
            with self._lock:
                self._parts.append(data)
        return data

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until either side closes it."""
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError):
            while await self._answer(reader, writer):
                await writer.drain()
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = self.note(await _head(reader))
        fields = _fields(head)
        line = head.split(b"\r\n", 1)[0]
        path = line.split(b" ")[1]
        if "upgrade" in fields:
            return await self._upgrade(path, reader, writer)
        if fields.get("expect") == b"100-continue" and path != b"/final":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await self._body(reader, fields)
        if path.startswith(b"/download/"):
            await _download(writer, int(path.rpartition(b"/")[2]))
            return True
        writer.write(_ok(self.name.encode() + b": " + line, body=not line.startswith(b"HEAD")))
        return True

    async def _body(self, reader: asyncio.StreamReader, fields: dict[str, bytes]) -> None:
        if "transfer-encoding" not in fields:
            left = int(fields.get("content-length", b"0"))
            while left:
                data = self.note(await reader.read(min(left, 1 << 18)))
                if not data:
                    raise ConnectionResetError
                self.received += len(data)
                left -= len(data)
            return
        while size := int(self.note(await reader.readuntil(b"\n")).split(b";")[0], 16):
            self.note(await reader.readexactly(size + 2))
            self.received += size
        while self.note(await reader.readuntil(b"\n")) != b"\r\n":
            pass

    async def _upgrade(
        self, path: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Take the protocol, or refuse it in the way that the path says."""
        if path == b"/upgrade/200":
            writer.write(_ok(b"no upgrade"))
            return True
        if path == b"/upgrade/426":
            writer.write(b"HTTP/1.1 426 Upgrade Required\r\ncontent-length: 0\r\n\r\n")
            return True
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
            b"\r\n" + READY
        )
        while data := await reader.read(65536):
            writer.write(self.note(data))
        return False


async def _head(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


async def _download(writer: asyncio.StreamWriter, size: int) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size)
    for at in range(0, size, len(CHUNK)):
        writer.write(CHUNK[: size - at])
        await writer.drain()


def _fields(head: bytes) -> dict[str, bytes]:
    pairs = (line.partition(b":") for line in head.split(b"\r\n")[1:] if line)
    return {name.decode("latin-1").lower(): value.strip() for name, _, value in pairs}


def _ok(text: bytes, *, body: bool = True) -> bytes:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(text)
    return head + (text if body else b"")


@contextmanager
def recorder(name: str) -> Iterator[Recorder]:
    """A recorder that serves in a thread of its own for the time of the block."""
    made = Recorder(name)
    started, loop = threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def run() -> None:
        server = await asyncio.start_server(made.serve, "127.0.0.1", 0, limit=1 << 18, backlog=4096)
        made.port = server.sockets[0].getsockname()[1]
        started.set()
        await stop.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=[run()], name=name)
    thread.start()
    try:
        assert started.wait(10)
        yield made
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
