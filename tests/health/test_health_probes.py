"""Every kind of probe against real servers: good answers, bad ones, and none."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from health.health_checks import check
from health.servers import (
    Headers,
    Peers,
    Serve,
    answering,
    free_port,
    http,
    http2,
    server,
    stand_in,
    tls,
)
from penstock.health.probes import probe
from penstock.health.state import Result
from penstock.health.target import Key
from penstock.model import HealthCheck
from penstock.standin.spec import PodProtocol, PodState

HTTP_FAMILY = ("HTTP", "HTTPS", "HTTP2")
CLEAR, TLS = PodProtocol.HTTP, PodProtocol.HTTPS
PORTS = {
    "TCP": CLEAR, "HTTP": CLEAR, "GRPC": CLEAR,
    "SSL": TLS, "HTTPS": TLS, "HTTP2": TLS, "GRPC_WITH_TLS": TLS,
}  # fmt: skip
REASONS = {
    "TCP": "connected", "SSL": "TLS connected", "GRPC": "gRPC SERVING",
    "GRPC_WITH_TLS": "gRPC SERVING",
}  # fmt: skip


async def ask(kind: HealthCheck, port: int, source: str | None = None) -> Result:
    async with asyncio.timeout(20):
        return await probe(kind, Key(kind.name, "127.0.0.1", port), source)


async def ask_server(kind: HealthCheck, serve: Serve, *protocols: str) -> Result:
    """Over TLS if the kind does."""
    context = tls(*protocols) if PORTS[kind.kind.value] is TLS else None
    async with server(serve, context) as port:
        return await ask(kind, port)


@pytest.mark.parametrize("kind", PORTS)
async def test_a_stand_in_is_healthy_by_every_kind(kind: str) -> None:
    async with stand_in(PORTS[kind]) as port:
        assert await ask(check(kind), port) == Result(True, REASONS.get(kind, "HTTP 200"))


@pytest.mark.parametrize("kind", PORTS)
async def test_nobody_listens(kind: str) -> None:
    assert await ask(check(kind), free_port()) == Result(False, "connection refused")


@pytest.mark.parametrize("kind", [kind for kind in PORTS if kind != "TCP"])
async def test_the_endpoint_hangs_up(kind: str) -> None:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with server(serve) as port:
        found = await ask(check(kind), port)
    assert not found.ok
    assert "connection" in found.reason


@pytest.mark.parametrize("kind", [kind for kind in PORTS if PORTS[kind] is TLS])
async def test_no_tls_where_it_is_asked_for(kind: str) -> None:
    async with server(answering(b"HTTP/1.1 400 Bad Request\r\n\r\n", stay=True)) as port:
        found = await ask(check(kind), port)
    assert not found.ok
    assert found.reason.startswith("TLS: ")


@pytest.mark.parametrize("kind", HTTP_FAMILY)
@pytest.mark.parametrize("status", [204, 301, 404, 503])
async def test_only_200_is_healthy(kind: str, status: int) -> None:
    async with stand_in(PORTS[kind], PodState(status=status)) as port:
        assert await ask(check(kind), port) == Result(False, f"HTTP {status}")


async def test_other_statuses_are_healthy_where_the_check_says_so() -> None:
    wide = check(statuses=((200, 299), (404, 404)))
    for status, ok in (("204 No Content", True), ("404 Not Found", True), ("300 Many", False)):
        assert (await ask_server(wide, http(status, b""))).ok is ok


@pytest.mark.parametrize("kind", HTTP_FAMILY)
async def test_path_and_host(kind: str) -> None:
    """The stand-in's answer has both, so they can be looked for."""
    async with stand_in(PORTS[kind]) as port:
        for text, host, ok in (
            (b'"path": "/live?deep=1"', None, True),
            (b'"host": "127.0.0.1"', None, True),
            (b'"host": "shop.example"', "shop.example", True),
            (b'"host": "shop.example"', None, False),
        ):
            found = await ask(check(kind, path="/live?deep=1", host=host, response=text), port)
            assert found.ok is ok, (text, found)


@pytest.mark.parametrize("kind", HTTP_FAMILY)
@pytest.mark.parametrize(
    ("body", "ok"),
    [
        (b"all is well", True),
        (b"x" * 1013 + b"all is well", True),
        (b"x" * 1014 + b"all is well", False),
        (b"x" * 5000 + b"all is well", False),
        (b"all is ill", False),
        (b"", False),
    ],
)
async def test_the_text_has_to_be_in_the_first_1024_bytes(kind: str, body: bytes, ok: bool) -> None:
    wanted = check(kind, response=b"all is well")
    if kind == "HTTP2":
        found = await ask_server(wanted, http2([(b":status", b"200")], body), "h2")
    else:
        found = await ask_server(wanted, http(body=body), "http/1.1")
    reason = "HTTP 200" if ok else "no 'all is well' in the first 1024 bytes of the body"
    assert found == Result(ok, reason)


async def test_the_text_may_come_in_pieces() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for letter in b"all is well":
            writer.write(b"1\r\n%c\r\n" % letter)
            await writer.drain()
        await asyncio.Event().wait()  # What is still to come does not matter.

    assert await ask_server(check(response=b"all is well"), serve) == Result(True, "HTTP 200")


async def test_an_interim_answer_is_none() -> None:
    early = answering(
        b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 503 No\r\n\r\n", until=b"\r\n\r\n", stay=True
    )
    assert await ask_server(check(), early) == Result(False, "HTTP 503")


@pytest.mark.parametrize("garbage", [b"SSH-2.0-OpenSSH\r\n\r\n", b"\0\1\2\n\n", b"H" * 100_000])
async def test_not_http(garbage: bytes) -> None:
    found = await ask_server(check(), answering(garbage, until=b"\r\n\r\n"))
    assert not found.ok
    assert found.reason.startswith("not an HTTP answer")
    found = await ask_server(check("HTTP2"), answering(garbage), "h2")
    assert not found.ok


async def test_http2_has_to_be_negotiated() -> None:
    found = await ask_server(check("HTTP2"), http(), "http/1.1")
    assert found == Result(False, "HTTP/2 was not negotiated (ALPN)")


async def test_probes_send_no_server_name_and_trust_anybody() -> None:
    """The stand-in would echo the name."""
    async with stand_in(TLS) as port:
        found = await ask(check("HTTPS", host="shop.example", response=b'"serverName": ""'), port)
        missing = await ask(check("HTTPS", host="shop.example", response=b'"serverName": "s'), port)
    assert (found.ok, missing.ok) == (True, False)


@pytest.mark.parametrize("kind", ["TCP", "SSL"])
@pytest.mark.parametrize(
    ("answer", "ok"),
    [
        (b"PONG\r\n", True),
        (b"PONG and more", True),
        (b"PON", False),
        (b"xPONG", False),
        (b"", False),
    ],
)
async def test_a_text_for_a_text(kind: str, answer: bytes, ok: bool) -> None:
    wanted = check(kind, request=b"PING\n", response=b"PONG")
    found = await ask_server(wanted, answering(answer, until=b"PING\n"))
    reason = "answered" if ok else "no 'PONG' in the beginning of the answer"
    assert found == Result(ok, reason)


async def test_a_greeting_without_a_request() -> None:
    found = await ask_server(check("TCP", response=b"220 "), answering(b"220 mail", stay=True))
    assert found == Result(True, "answered")


@pytest.mark.parametrize("kind", PORTS)
async def test_the_proxy_line_comes_first_and_once(kind: str) -> None:
    heard: asyncio.Future[tuple[bytes, bytes]] = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        heard.set_result((await reader.readuntil(b"\r\n"), await reader.read(1)))

    async with server(serve) as port, asyncio.timeout(20):
        await ask(check(kind, proxy_header=True), port, source="127.0.0.77")
        line, rest = await heard
    name, family, source, target, from_port, to_port = line.split()
    assert (name, family, source, target) == (b"PROXY", b"TCP4", b"127.0.0.77", b"127.0.0.1")
    assert int(to_port) == port
    assert 0 < int(from_port) < 65536
    handshake = b"\x16"  # RFC 8446, 5.1
    assert rest == {"TCP": b"", "HTTP": b"G", "GRPC": b"P"}.get(kind, handshake)


async def test_probes_come_from_the_source_they_are_given_each_by_a_connection_of_its_own() -> None:
    peers = Peers()
    async with server(http(), peers=peers) as port:
        for source in ("127.0.0.77", "127.0.0.77", None):
            assert (await ask(check(), port, source)).ok
    assert peers.addresses == ["127.0.0.77", "127.0.0.77", "127.0.0.1"]


GRPC_OK: Headers = [(b":status", b"200"), (b"content-type", b"application/grpc")]


def framed(message: bytes) -> bytes:
    return b"\0" + len(message).to_bytes(4, "big") + message


@pytest.mark.parametrize(
    ("headers", "body", "trailers", "reason"),
    [
        (GRPC_OK, framed(b"\x08\x01"), [(b"grpc-status", b"0")], None),
        (GRPC_OK, framed(b"\x08\x02"), [(b"grpc-status", b"0")], "gRPC NOT_SERVING"),
        (GRPC_OK, framed(b"\x08\x03"), [(b"grpc-status", b"0")], "gRPC SERVICE_UNKNOWN"),
        (GRPC_OK, framed(b""), [(b"grpc-status", b"0")], "gRPC UNKNOWN"),
        (GRPC_OK, framed(b"\x08\x09"), [(b"grpc-status", b"0")], "gRPC 9"),
        (GRPC_OK, b"", [(b"grpc-status", b"5")], "gRPC NOT_FOUND"),
        (
            [*GRPC_OK, (b"grpc-status", b"12"), (b"grpc-message", b"no%20health")],
            b"", [], "gRPC UNIMPLEMENTED: no health",
        ),
        (GRPC_OK, framed(b"\x08\x01"), [], "not a gRPC answer"),
        (GRPC_OK, b"\0\0\0", [(b"grpc-status", b"0")], "not an answer of grpc.health.v1"),
        (GRPC_OK, framed(b"\xff"), [(b"grpc-status", b"0")], "not an answer of grpc.health.v1"),
        ([(b":status", b"404")], b"not here", [], "HTTP 404"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["GRPC", "GRPC_WITH_TLS"])
async def test_grpc_answers(
    kind: str, headers: Headers, body: bytes, trailers: Headers, reason: str | None
) -> None:
    found = await ask_server(check(kind), http2(headers, body, trailers), "h2")
    assert found == Result(reason is None, reason or "gRPC SERVING")


@pytest.mark.parametrize("kind", ["GRPC", "GRPC_WITH_TLS"])
async def test_a_stand_in_that_is_not_ready(kind: str) -> None:
    async with stand_in(PORTS[kind], PodState(ready=False)) as port:
        assert await ask(check(kind), port) == Result(False, "gRPC NOT_SERVING")


async def test_a_real_grpc_server_knows_its_services() -> None:
    """grpcio reads what we send, and we read what it sends."""
    import grpc

    asked: list[bytes] = []

    class Health(grpc.GenericRpcHandler):  # type: ignore[misc]
        def service(self, details: Any) -> Any:
            assert details.method == "/grpc.health.v1.Health/Check"
            return grpc.unary_unary_rpc_method_handler(self.check)

        async def check(self, request: bytes, context: Any) -> bytes:
            asked.append(request)
            if request == b"\x0a\x04shop":
                return b"\x08\x01"
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such service")
            raise AssertionError

    made = grpc.aio.server()
    made.add_generic_rpc_handlers((Health(),))
    port = made.add_insecure_port("127.0.0.1:0")
    await made.start()
    try:
        good = await ask(check("GRPC", grpc_service="shop"), port)
        bad = await ask(check("GRPC", grpc_service="mail"), port)
    finally:
        await made.stop(None)
    assert good == Result(True, "gRPC SERVING")
    assert bad == Result(False, "gRPC NOT_FOUND: no such service")
    assert asked == [b"\x0a\x04shop", b"\x0a\x04mail"]


@pytest.mark.parametrize("kind", [kind for kind in PORTS if kind != "TCP"])
async def test_an_endpoint_that_says_nothing_can_be_given_up(kind: str) -> None:
    """The prober's timeout cancels, and the connection goes with it."""
    gone = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        while await reader.read(65536):
            pass
        gone.set()

    async with server(serve) as port:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await probe(check(kind), Key(check(kind).name, "127.0.0.1", port), None)
        async with asyncio.timeout(20):
            await gone.wait()


async def test_a_host_that_cannot_be_sent_is_a_reason_not_a_crash() -> None:
    async with stand_in(CLEAR) as port:
        found = await ask(check(host="bad\r\nhost: x"), port)
    assert not found.ok
    assert "cannot be asked" in found.reason


def test_every_kind_has_a_stand_in() -> None:
    kinds: Sequence[str] = [kind.value for kind in type(check().kind.value)]
    assert sorted(PORTS) == sorted(kinds)
