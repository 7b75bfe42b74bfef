"""gRPC with grpcio as the client: echo, streams, health, failures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest
import pytest_asyncio
from standin_process import Process

from penstock.standin.spec import PodPort, PodProtocol, PodSpec

ECHO = "/penstock.standin.v1.Echo/"
HEALTH = "/grpc.health.v1.Health/"
SERVING, NOT_SERVING = b"\x08\x01", b"\x08\x02"


@pytest_asyncio.fixture
async def channel(process: Process, address: str) -> AsyncIterator[grpc.aio.Channel]:
    """A channel to a pod."""
    spec = PodSpec("shop", "rpc-0", "rpc", address, (PodPort(5005, PodProtocol.GRPC),))
    assert await process.client.apply([spec]) == ()
    limits = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    async with grpc.aio.insecure_channel(f"{address}:5005", options=limits) as made:
        yield made


async def messages(call: Any) -> list[bytes]:
    return [message async for message in call]


@pytest.mark.parametrize("size", [0, 5, 70_000, 3 << 20])
async def test_unary_calls_echo(channel: grpc.aio.Channel, size: int) -> None:
    call = channel.unary_unary(f"{ECHO}Unary")(bytes(size))
    assert await call == bytes(size)
    assert ("x-penstock-pod", "shop/rpc-0") in tuple(await call.initial_metadata())
    assert ("x-penstock-pod", "shop/rpc-0") in tuple(await call.trailing_metadata())


async def test_any_method_echoes(channel: grpc.aio.Channel) -> None:
    assert await channel.unary_unary("/some.Service/Method")(b"x") == b"x"
    compressed = channel.unary_unary("/some.Service/Method")
    data = b"a" * 100_000
    assert await compressed(data, compression=grpc.Compression.Gzip) == data


async def test_a_server_stream_repeats(channel: grpc.aio.Channel) -> None:
    method = channel.unary_stream(f"{ECHO}ServerStream")
    assert await messages(method(b"x")) == [b"x"] * 3
    metadata = (("x-penstock-grpc-repeat", "500"),)
    assert await messages(method(b"y" * 1000, metadata=metadata)) == [b"y" * 1000] * 500


async def test_bidirectional_messages_come_back_one_by_one(channel: grpc.aio.Channel) -> None:
    call = channel.stream_stream(f"{ECHO}BidiStream")()
    for n in range(10):
        await call.write(b"%d" % n)
        assert await call.read() == b"%d" % n
    await call.done_writing()
    assert await call.read() is grpc.aio.EOF
    assert await call.code() is grpc.StatusCode.OK


async def test_a_client_that_reads_late_stalls_only_its_stream(
    channel: grpc.aio.Channel, process: Process
) -> None:
    call = channel.stream_stream(f"{ECHO}BidiStream")()
    block, count = bytes(256 << 10), 64

    async def write() -> None:
        for _ in range(count):
            await call.write(block)
        await call.done_writing()

    async with asyncio.TaskGroup() as group:
        group.create_task(write())
        assert await channel.unary_unary(f"{ECHO}Unary")(b"meanwhile") == b"meanwhile"
        got = [len(message) async for message in call]
    assert got == [len(block)] * count
    assert process.memory("VmHWM") < 150 << 20


async def test_failures_by_metadata_and_by_state(
    channel: grpc.aio.Channel, process: Process
) -> None:
    method = channel.unary_unary(f"{ECHO}Unary")
    cases = {
        ("x-penstock-grpc-status", "5"): grpc.StatusCode.NOT_FOUND,
        ("x-penstock-status", "503"): grpc.StatusCode.UNAVAILABLE,
        ("x-penstock-grpc-status", "99"): grpc.StatusCode.INVALID_ARGUMENT,
    }
    for pair, code in cases.items():
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await method(b"x", metadata=(pair,))
        assert failed.value.code() is code
    await process.client.set("rpc-0", status=403)
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await method(b"x")
    assert failed.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_reflection_is_not_there(channel: grpc.aio.Channel) -> None:
    # Sent in one batch: a call that is answered while it still sends may tell of that instead.
    method = channel.unary_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")
    call = method(b"")
    assert await call.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_health_is_readiness(channel: grpc.aio.Channel, process: Process) -> None:
    check = channel.unary_unary(f"{HEALTH}Check")
    assert await check(b"") == SERVING
    watch = channel.unary_stream(f"{HEALTH}Watch")(b"")
    assert await watch.read() == SERVING
    await process.client.set("rpc-0", ready=False)
    assert await watch.read() == NOT_SERVING
    assert await check(b"") == NOT_SERVING
    await process.client.set("rpc-0", delay=0.0, ready=True)
    assert await watch.read() == SERVING
    watch.cancel()


async def test_a_delayed_stream_keeps_its_messages(channel: grpc.aio.Channel) -> None:
    call = channel.stream_stream(f"{ECHO}BidiStream")(metadata=(("x-penstock-delay", "80ms"),))
    await call.write(b"early")
    await call.done_writing()
    assert await messages(call) == [b"early"]


async def test_a_watch_ends_with_its_pod(channel: grpc.aio.Channel, process: Process) -> None:
    watch = channel.unary_stream(f"{HEALTH}Watch")(b"")
    assert await watch.read() == SERVING
    await process.client.apply([], linger=0)
    assert await watch.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_pod_that_leaves_ends_its_calls(
    channel: grpc.aio.Channel, process: Process
) -> None:
    call = channel.stream_stream(f"{ECHO}BidiStream")()
    await call.write(b"1")
    assert await call.read() == b"1"
    await process.client.apply([], linger=0)
    await call.write(b"2")
    assert await call.read() == b"2"
    await call.done_writing()
    assert await call.code() is grpc.StatusCode.OK
