"""A listening socket of the kernel's takes no new connections, and keeps what it has."""

from __future__ import annotations

import asyncio
import os
import socket
import sys

import pytest
from listeners import begin, never_accepts

from penstock.envoy.borrowed import listening_sockets
from penstock.envoy.quiesce import closed, quiesce
from penstock.envoy.tcp_table import waiting

_DETACH = 27


def obstacle() -> str:
    try:
        list(listening_sockets(os.getpid()))
    except OSError as error:
        return f"sockets cannot be borrowed: {error.strerror}"
    return ""


pytestmark = pytest.mark.skipif(bool(obstacle()), reason=obstacle())


def listen(host: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, 0), family=family)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_nobody_new_and_the_others_stay(host: str) -> None:
    with listen(host) as server, socket.create_connection(server.getsockname()[:2]) as client:
        served, _ = server.accept()
        with served:
            assert await quiesce(os.getpid(), within=10)
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(server.getsockname()[:2], timeout=20)
            client.sendall(b"question")
            assert served.recv(8) == b"question"
            served.sendall(b"answer")
            assert client.recv(6) == b"answer"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_it_waits_for_who_is_not_accepted_yet(host: str) -> None:
    with listen(host) as server, socket.create_connection(server.getsockname()[:2]):
        assert waiting(os.getpid()).queued == 1
        assert not await quiesce(os.getpid(), within=0.1)
        async with asyncio.TaskGroup() as tasks:
            quiet = tasks.create_task(quiesce(os.getpid(), within=10))
            server.accept()[0].close()
        assert quiet.result()


def test_handshakes_at_other_addresses_are_not_counted() -> None:
    with (
        listen("127.0.0.1") as server,
        never_accepts("127.0.0.2", server.getsockname()[1]) as other,
        begin(socket.AF_INET, "127.0.0.2", server.getsockname()[1]),
    ):
        assert waiting(other.pid).handshakes == 1
        assert waiting(os.getpid()).handshakes == 0


async def test_it_can_be_done_twice_with_two_descriptors_of_one_socket() -> None:
    """Envoy has two while a listener that was replaced drains."""
    with listen("127.0.0.1") as server, server.dup():
        assert waiting(os.getpid()).sockets == 1
        assert len(list(listening_sockets(os.getpid()))) == 1
        assert await quiesce(os.getpid(), within=10)
        assert await quiesce(os.getpid(), within=10)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_it_waits_for_handshakes_under_way(host: str) -> None:
    with listen(host) as server, begin(server.family, *server.getsockname()[:2]) as client:
        assert waiting(os.getpid()).handshakes == 1
        assert not await quiesce(os.getpid(), within=0.1)
        client.setsockopt(socket.SOL_SOCKET, _DETACH, 0)
        async with asyncio.TaskGroup() as tasks:
            quiet = tasks.create_task(quiesce(os.getpid(), within=10))
            server.setblocking(False)
            connection, _ = await asyncio.get_running_loop().sock_accept(server)
            with connection:
                client.setblocking(True)
                client.sendall(b"question")
                connection.setblocking(True)
                assert connection.recv(8) == b"question"
        assert quiet.result()


_LISTEN_UNTIL_TOLD = """
import socket, sys
listener = socket.create_server(("127.0.0.1", 0))
print("listening", flush=True)
sys.stdin.readline()
listener.close()
sys.stdin.readline()
"""


async def test_closed_is_said_when_nothing_listens() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _LISTEN_UNTIL_TOLD),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        await process.stdout.readline()
        assert not await closed(process.pid, within=0.1)
        process.stdin.write(b"close\n")
        assert await closed(process.pid, within=10)
    finally:
        process.kill()
        await process.wait()
    assert waiting(process.pid).sockets == 0


async def test_a_process_that_has_ended_is_an_error() -> None:
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
    await child.wait()
    with pytest.raises(OSError):
        await quiesce(child.pid, within=1)
