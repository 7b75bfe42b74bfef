"""The responder on real sockets: with dig, and with clients that mean no good."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import dns.message
import pytest
from dns_lab import answerer, item, record, simple

from e2e.dig import dig, needs_dig, short
from penstock.dns import Responder
from penstock.dns.tcp import MOST_CONNECTIONS, MOST_UNREAD, TcpConnections, TcpProtocol
from penstock.model import DnsPolicyKind

LOOPBACK = "127.0.0.1"
OWN = "127.0.239.1"
"""Where nobody else has ports."""
NAMES = (
    record(
        DnsPolicyKind.GEO,
        item("10.0.1.1", region="us"),
        item("10.0.2.1", region="eu"),
        item("10.0.3.1", region="asia"),
    ),
    simple("many.example.internal.", *(f"10.0.1.{i}" for i in range(200))),
    simple("www.example.internal.", "10.0.0.1", "10.0.0.2"),
)
QUERY = dns.message.make_query("www.example.internal.", "A").to_wire()


def framed(query: bytes) -> bytes:
    return len(query).to_bytes(2) + query


@contextlib.asynccontextmanager
async def listening(idle: float = 30.0, address: str = LOOPBACK) -> AsyncIterator[Responder]:
    responder = Responder(answerer(*NAMES), idle)
    await responder.open(address, 0)
    try:
        yield responder
    finally:
        responder.close()


async def answered(reader: asyncio.StreamReader) -> dns.message.Message:
    length = int.from_bytes(await reader.readexactly(2))
    return dns.message.from_wire(await reader.readexactly(length))


@needs_dig
async def test_dig_gets_what_is_near() -> None:
    async with listening() as responder:
        port, name = responder.port, "api.example.internal"

        async def asked(*arguments: str) -> list[str]:
            return await asyncio.to_thread(short, port, name, *arguments)

        assert await asked() == ["10.0.1.1"]
        assert await asked("-b", "127.0.2.5") == ["10.0.2.1"]
        assert await asked("+tcp", "-b", "127.0.3.5") == ["10.0.3.1"]
        assert await asked("+subnet=127.0.2.0/24") == ["10.0.2.1"]
        assert await asked("+noedns", "-b", "127.0.2.5") == ["10.0.2.1"]


@needs_dig
async def test_dig_comes_back_over_tcp_for_what_is_long() -> None:
    async with listening() as responder:
        said = await asyncio.to_thread(dig, responder.port, "many.example.internal")
        assert "ANSWER: 200" in said
        assert "(TCP)" in said
        whole = await asyncio.to_thread(dig, responder.port, "many.example.internal", "+ignore")
        assert " tc " in whole.replace(";", " ;")


@needs_dig
@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (("nix.example.internal",), "NXDOMAIN"),
        (("example.org",), "REFUSED"),
        (("www.example.internal", "AAAA"), "NOERROR"),
        (("www.example.internal", "+edns=7", "+noednsneg"), "BADVERS"),
        (("www.example.internal", "+opcode=STATUS"), "NOTIMP"),
        (("version.bind", "TXT", "CH"), "REFUSED"),
    ],
)
async def test_dig_gets_other_answers(arguments: tuple[str, ...], wanted: str) -> None:
    async with listening() as responder:
        said = await asyncio.to_thread(dig, responder.port, *arguments)
        assert f"status: {wanted}" in said


async def test_udp_survives_noise() -> None:
    async with listening() as responder:
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.setblocking(False)
            client.connect((LOOPBACK, responder.port))
            for noise in (b"", b"\0", bytes(11), b"\xff" * 500, QUERY[:13]):
                client.send(noise)
            client.send(QUERY)
            while True:
                response = await loop.sock_recv(client, 4096)
                if response[:2] == QUERY[:2] and len(response) > 12:
                    break
        assert responder.answerer.counts["NOERROR"] == 1


async def test_many_queries_on_one_connection() -> None:
    async with listening() as responder:
        reader, writer = await asyncio.open_connection(LOOPBACK, responder.port)
        whole = framed(QUERY) * 50
        for i in range(0, len(whole), 7):  # In pieces that fit nothing.
            writer.write(whole[i : i + 7])
            await writer.drain()
        for _ in range(50):
            assert len((await answered(reader)).answer) == 1
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("noise", [b"\xff\xff" + bytes(100), framed(bytes(3)), b"\0\0"])
async def test_who_sends_no_query_over_tcp_is_cut_off(noise: bytes) -> None:
    async with listening() as responder:
        reader, writer = await asyncio.open_connection(LOOPBACK, responder.port)
        writer.write(noise)
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()


async def test_who_says_nothing_is_cut_off() -> None:
    async with listening(idle=0.05) as responder:
        reader, writer = await asyncio.open_connection(LOOPBACK, responder.port)
        writer.write(b"\0")
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()


async def test_connections_are_bounded_and_their_room_comes_back() -> None:
    async with listening() as responder, contextlib.AsyncExitStack() as stack:
        held = []
        for _ in range(MOST_CONNECTIONS):
            reader, writer = await asyncio.open_connection(LOOPBACK, responder.port)
            stack.callback(writer.close)
            writer.write(framed(QUERY))
            await answered(reader)
            held.append(writer)
        reader, extra = await asyncio.open_connection(LOOPBACK, responder.port)
        stack.callback(extra.close)
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        held[0].close()
        await held[0].wait_closed()
        for _ in range(1000):
            if await _is_answered(responder.port):
                return
        raise AssertionError("there was never room again")


async def _is_answered(port: int) -> bool:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        writer.write(framed(QUERY))
        await answered(reader)
    except (ConnectionError, asyncio.IncompleteReadError):
        return False
    finally:
        writer.close()
    return True


class Unread(asyncio.Transport):
    """A connection whose client reads nothing until `read`."""

    def __init__(self) -> None:
        super().__init__({"peername": (LOOPBACK, 1)})
        self.waiting = 0
        self.is_reading_paused = False

    def write(self, data: bytes) -> None:  # type: ignore[override]
        self.waiting += len(data)

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def pause_reading(self) -> None:
        self.is_reading_paused = True

    def resume_reading(self) -> None:
        self.is_reading_paused = False

    def is_closing(self) -> bool:
        return False

    def abort(self) -> None:
        raise AssertionError("cut off")


async def test_who_does_not_read_is_not_read_either() -> None:
    """Answers of 200 addresses pile up to a bound, not without end."""
    long = dns.message.make_query("many.example.internal.", "A").to_wire()
    answering, client = answerer(*NAMES), Unread()
    connection = TcpProtocol(TcpConnections(answering))
    connection.connection_made(client)
    connection.data_received(framed(long) * 1000)
    assert client.is_reading_paused
    for _ in range(1000):  # More turns than it would need for all.
        await asyncio.sleep(0)
    assert client.is_reading_paused
    assert MOST_UNREAD < client.waiting < MOST_UNREAD + 8192
    while (before := answering.counts["NOERROR"]) < 1000:
        client.waiting = 0
        connection.resume_writing()
        assert answering.counts["NOERROR"] > before
    connection.connection_lost(None)


async def test_one_connection_leaves_the_event_loop_to_others() -> None:
    answering, client = answerer(*NAMES), Unread()
    connection = TcpProtocol(TcpConnections(answering))
    connection.connection_made(client)
    connection.data_received(framed(QUERY) * 1000)
    assert 0 < answering.counts["NOERROR"] < 100
    for _ in range(1000):
        await asyncio.sleep(0)
    assert answering.counts["NOERROR"] == 1000
    assert not client.is_reading_paused
    connection.connection_lost(None)


async def test_a_taken_port_is_an_error_and_leaves_nothing_open() -> None:
    async with listening(address=OWN) as first:
        second = Responder(answerer(*NAMES))
        with pytest.raises(OSError, match="in use"):
            await second.open(OWN, first.port)
        assert not second.is_open
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with udp:
            udp.bind((OWN, 0))
            port = udp.getsockname()[1]
            with pytest.raises(OSError, match="in use"):
                await second.open(OWN, port)
        await second.open(OWN, port)
        assert second.port == port
        second.close()


async def test_ipv6() -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    responder = Responder(answerer(*NAMES))
    try:
        await responder.open("::1", 0)
    except OSError as error:
        pytest.skip(f"no IPv6 loopback: {error}")
    reader, writer = await asyncio.open_connection("::1", responder.port)
    writer.write(framed(QUERY))
    assert len((await answered(reader)).answer) == 1
    writer.close()
    responder.close()
