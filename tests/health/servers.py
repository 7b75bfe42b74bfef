"""Endpoints to probe: scripted bytes in clear or over TLS, HTTP/2 by events, real stand-ins."""

from __future__ import annotations

import asyncio
import socket
import ssl
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import h2.config
import h2.connection
import h2.events

from e2e.certificates import self_signed
from penstock.standin.pod import Pod
from penstock.standin.spec import PodPort, PodProtocol, PodSpec, PodState
from penstock.standin.tls import server_context

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]


class Peers:
    """Who connected, and what they sent."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self.received: list[bytes] = []


@asynccontextmanager
async def server(
    serve: Serve, tls: ssl.SSLContext | None = None, peers: Peers | None = None
) -> AsyncIterator[int]:
    """A server on a port of 127.0.0.1; connections end with it."""
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        if peers:
            peers.addresses.append(writer.get_extra_info("peername")[0])
        try:
            with suppress(ConnectionError):
                await serve(reader, writer)
        except asyncio.CancelledError:
            pass
        finally:
            tasks.discard(task)
            writer.transport.abort()

    made = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    try:
        yield made.sockets[0].getsockname()[1]
    finally:
        made.close()
        for task in list(tasks):
            task.cancel()
        await made.wait_closed()


def answering(data: bytes, *, until: bytes = b"", stay: bool = False) -> Serve:
    """Waits for a request that ends with `until`, sends `data`, and closes unless it stays."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if until:
            await reader.readuntil(until)
        writer.write(data)
        await writer.drain()
        if stay:
            await asyncio.Event().wait()
        writer.close()
        await writer.wait_closed()

    return serve


def http(status: str = "200 OK", body: bytes = b"hello", headers: str = "") -> Serve:
    """One HTTP/1.1 answer."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode()
    return answering(head + body, until=b"\r\n\r\n")


def http2(headers: Headers, body: bytes = b"", trailers: Headers = ()) -> Serve:
    """One HTTP/2 answer to whatever is asked."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        config = h2.config.H2Configuration(client_side=False, validate_outbound_headers=False)
        http = h2.connection.H2Connection(config)
        http.initiate_connection()
        writer.write(http.data_to_send())
        while data := await reader.read(65536):
            for event in http.receive_data(data):
                if isinstance(event, h2.events.StreamEnded):
                    ends = not body and not trailers
                    http.send_headers(event.stream_id, headers, end_stream=ends)
                    if body:
                        http.send_data(event.stream_id, body, end_stream=not trailers)
                    if trailers:
                        http.send_headers(event.stream_id, trailers, end_stream=True)
            writer.write(http.data_to_send())
            await writer.drain()

    return serve


def tls(*protocols: str) -> ssl.SSLContext:
    """A server's context with a certificate that nobody would trust."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate, key = self_signed("nobody.example")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pair.pem"
        path.write_bytes(key + certificate)
        context.load_cert_chain(path)
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@asynccontextmanager
async def stand_in(
    protocol: PodProtocol, state: PodState | None = None, probe_path: str | None = None
) -> AsyncIterator[int]:
    """A real stand-in pod; the port it listens on."""
    server_context()
    port = free_port()
    spec = PodSpec("default", "pod", "web", "127.0.0.1", (PodPort(port, protocol),), probe_path)
    pod = Pod(spec)
    pod.hosted.change(state or PodState())
    assert await pod.reconcile(spec) == []
    try:
        yield port
    finally:
        pod.close_listeners()
        pod.cut()
        await asyncio.sleep(0)
