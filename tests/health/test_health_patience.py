"""Timeouts of an event loop that is late itself."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest
import uvloop

from health.virtual_time import VirtualLoop, run
from penstock.health.patience import attentive


def loop() -> VirtualLoop:
    found = asyncio.get_running_loop()
    assert isinstance(found, VirtualLoop)
    return found


def test_a_punctual_loop_waits_exactly_as_long_as_said() -> None:
    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with attentive(3.0):
                await asyncio.sleep(60)
        assert loop().time() == pytest.approx(3.0)

    run(main())


def test_what_is_there_in_time_is_taken() -> None:
    async def main() -> None:
        async with attentive(3.0):
            await asyncio.sleep(2.9)

    run(main())


def test_time_in_which_nobody_could_look_does_not_count() -> None:
    async def main() -> None:
        loop().call_later(1.0, loop().block, 100.0)
        with pytest.raises(TimeoutError):
            async with attentive(3.0):
                await asyncio.sleep(300)
        # Of the part in which it was blocked the beginning has gone by twice.
        assert 103.0 <= loop().time() <= 103.3

    run(main())


def test_a_loop_that_is_always_late_does_not_wait_for_ever() -> None:
    async def main() -> None:
        def block() -> None:
            loop().block(1.0)
            loop().call_later(0.001, block)

        block()
        with pytest.raises(TimeoutError):
            async with attentive(1.0):
                await asyncio.sleep(1000)
        assert loop().time() < 100

    run(main())


@pytest.mark.parametrize("late", [0.03, 0.5])
def test_an_answer_that_came_while_the_loop_was_blocked_counts(late: float) -> None:
    """With the loop that Penstock runs on, which looks at timers before it looks at sockets."""

    async def main(server: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        reader, writer = await asyncio.open_connection(*server.getsockname())
        connection, _ = server.accept()
        busy, tell = socket.socketpair()

        def block(until: float) -> None:
            busy.recv(1)
            connection.sendall(b"!")
            time.sleep(max(0.0, until - loop.time()))

        with connection, busy, tell:
            async with attentive(1.0):
                # While it handles a socket: timers are what it looks at next.
                loop.add_reader(busy, block, loop.time() + 1.0 + late)
                loop.call_later(0.96, tell.send, b".")
                assert await reader.readexactly(1) == b"!"
            loop.remove_reader(busy)
        writer.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        uvloop.run(main(server))
