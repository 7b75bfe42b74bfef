"""Real backends that count, and an open loop of requests: sent when due, whatever comes back."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Server:
    """Answers with its name; runs in a thread of its own until the block ends."""

    name: str
    address: str
    port: int = 0
    requests: int = 0
    headers: str = ""
    """More header lines of its answers, each with its line end."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.requests += 1
                head = f"HTTP/1.1 200 OK\r\n{self.headers}content-length: {len(self.name)}\r\n\r\n"
                writer.write((head + self.name).encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@contextmanager
def servers(*named: tuple[str, str]) -> Iterator[list[Server]]:
    """One server for each name and address; ports are chosen."""
    made = [Server(name, address) for name, address in named]
    loop = asyncio.new_event_loop()
    started, stop = threading.Event(), asyncio.Event()

    async def run() -> None:
        listening = [await asyncio.start_server(s.serve, s.address, 0) for s in made]
        for server, on in zip(made, listening, strict=True):
            server.port = on.sockets[0].getsockname()[1]
        started.set()
        await stop.wait()
        for on in listening:
            on.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    started.wait()
    try:
        yield made
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


@dataclass
class OpenLoop:
    """Sends requests at a rate until the block ends; remembers who answered of late."""

    address: str
    rate: float
    """Requests per second; may be changed while it runs."""
    headers: str = ""
    window: int = 100
    recent: deque[str] = field(init=False)
    failures: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.recent = deque(maxlen=self.window)

    def shares(self) -> dict[str, float]:
        """Of the latest requests, by name; nothing until there are enough."""
        recent = list(self.recent)
        if len(recent) < self.window:
            return {}
        return {name: count / len(recent) for name, count in Counter(recent).items()}

    def run(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        under_way: set[asyncio.Task[None]] = set()
        due = time.monotonic()
        while not self._stop.is_set():
            due = max(due, time.monotonic() - 1.0) + 1 / self.rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            task = asyncio.ensure_future(self._ask(idle))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        await asyncio.gather(*under_way, return_exceptions=True)
        for _, writer in idle:
            writer.close()

    async def _ask(self, idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]) -> None:
        try:
            streams = idle.pop() if idle else await asyncio.open_connection(self.address, 80)
            reader, writer = streams
            writer.write(f"GET / HTTP/1.1\r\nhost: x\r\n{self.headers}\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.split("content-length: ")[1].split("\r\n")[0])
            body = (await reader.readexactly(length)).decode()
        except (OSError, asyncio.IncompleteReadError):
            self.failures += 1
            return
        status = head.split()[1]
        self.failures += status != "200"
        self.recent.append(body if status == "200" else status)
        idle.append(streams)


@contextmanager
def open_loop(address: str, rate: float, headers: str = "") -> Iterator[OpenLoop]:
    """An open loop that runs in a thread of its own."""
    made = OpenLoop(address, rate, headers)
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made._stop.set()
        thread.join()
