"""HTTP/2 frame by frame, with `h2` as the client: extended CONNECT, windows, resets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import h2.config
import h2.connection
import h2.events
import h2.settings
import pytest_asyncio
from standin_process import Process
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, TextMessage

from penstock.standin.spec import PodPort, PodSpec


class Client:
    """A connection whose events are read one by one."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.http = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.http.initiate_connection()
        self._events: list[h2.events.Event] = []

    def send(self) -> None:
        self.writer.write(self.http.data_to_send())

    async def event(self, *kinds: type[h2.events.Event]) -> h2.events.Event:
        """The next event of these kinds; others are dropped."""
        while True:
            while self._events:
                event = self._events.pop(0)
                if isinstance(event, kinds):
                    return event
            data = await self.reader.read(65536)
            assert data, "the connection was closed"
            self._events += self.http.receive_data(data)
            self.send()

    def request(self, stream_id: int, *extra: tuple[str, str], end: bool = True) -> None:
        pseudo = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "a")]
        self.http.send_headers(stream_id, [*pseudo, *extra], end_stream=end)
        self.send()


@pytest_asyncio.fixture
async def client(process: Process, address: str) -> AsyncIterator[Client]:
    """A connection to a pod's port."""
    assert await process.client.apply([PodSpec("a", "b", "c", address, (PodPort(80),))]) == ()
    made = Client(*await asyncio.open_connection(address, 80))
    made.send()
    try:
        await made.event(h2.events.RemoteSettingsChanged)
        yield made
    finally:
        made.writer.close()
        with contextlib.suppress(ConnectionError):
            await made.writer.wait_closed()


async def test_websocket_on_a_stream(client: Client) -> None:
    assert client.http.remote_settings.enable_connect_protocol == 1
    client.http.send_headers(
        1,
        [
            (":method", "CONNECT"),
            (":protocol", "websocket"),
            (":scheme", "http"),
            (":path", "/chat"),
            (":authority", "a"),
            ("sec-websocket-version", "13"),
        ],
    )
    client.send()
    response = await client.event(h2.events.ResponseReceived)
    assert isinstance(response, h2.events.ResponseReceived)
    assert (":status", "200") in response.headers
    frames = Connection(ConnectionType.CLIENT)
    for message in (TextMessage("hello"), BytesMessage(b"\0\1"), CloseConnection(1000)):
        client.http.send_data(1, frames.send(message))
        client.send()
        data = await client.event(h2.events.DataReceived)
        assert isinstance(data, h2.events.DataReceived)
        frames.receive_data(data.data)
        (back,) = frames.events()
        assert getattr(back, "data", None) == getattr(message, "data", None)
    assert await client.event(h2.events.StreamEnded)


async def test_a_shut_window_holds_only_its_stream(client: Client) -> None:
    size = ("x-penstock-body-size", "1MiB")
    client.http.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 0})
    client.http.increment_flow_control_window(4 << 20)
    client.request(1, size)
    client.request(3)
    client.http.increment_flow_control_window(65535, stream_id=3)
    client.send()
    ended = await client.event(h2.events.StreamEnded)
    assert isinstance(ended, h2.events.StreamEnded)
    assert ended.stream_id == 3
    client.http.increment_flow_control_window(2 << 20, stream_id=1)
    client.send()
    ended = await client.event(h2.events.StreamEnded)
    assert isinstance(ended, h2.events.StreamEnded)
    assert ended.stream_id == 1


async def test_resets_and_early_ends_leave_the_connection_whole(client: Client) -> None:
    client.request(1, ("x-penstock-delay", "1h"))
    client.http.reset_stream(1)
    client.request(3, ("x-penstock-close", "true"))
    reset = await client.event(h2.events.StreamReset)
    assert isinstance(reset, h2.events.StreamReset)
    assert reset.stream_id == 3
    grpc = (("content-type", "application/grpc"), ("x-penstock-grpc-status", "14"))
    client.request(5, *grpc, end=False)
    await client.event(h2.events.StreamEnded)
    client.http.send_data(5, bytes(10_000), end_stream=True)
    client.request(7, ("x-penstock-body-size", "8MiB"))
    await client.event(h2.events.DataReceived)
    client.http.reset_stream(7)
    client.request(9)
    ended = await client.event(h2.events.StreamEnded)
    assert isinstance(ended, h2.events.StreamEnded)
    assert ended.stream_id == 9


async def test_nonsense_ends_the_connection(client: Client) -> None:
    client.writer.write(b"\0\0\1\0\0\0\0\0\0x")  # DATA on stream 0
    while await client.reader.read(65536):
        pass
