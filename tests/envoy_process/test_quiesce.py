"""A listening socket of the kernel's takes no new connections, and keeps what it has."""

from __future__ import annotations

import asyncio
import ctypes
import os
import socket
import struct
import sys
from contextlib import ExitStack

import pytest

from penstock.envoy.borrowed import listening_sockets
from penstock.envoy.quiesce import closed, quiesce
from penstock.envoy.tcp_table import waiting

_DROP_ALL = b"\x06\x00\x00\x00\x00\x00\x00\x00"
_ATTACH, _DETACH = 26, 27


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


def drop_all(client: socket.socket) -> object:
    """What arrives here is lost; returns what has to be kept as long as that is to be so."""
    code = ctypes.create_string_buffer(_DROP_ALL, len(_DROP_ALL))
    program = struct.pack("@HP", 1, ctypes.addressof(code))
    client.setsockopt(socket.SOL_SOCKET, _ATTACH, program)
    return code


def begin(server: socket.socket) -> socket.socket:
    """A client whose handshake is half done: the answer to its first packet was lost."""
    client = socket.socket(server.family)
    drop_all(client)
    client.setblocking(False)
    client.connect_ex(server.getsockname()[:2])
    return client


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
        assert waiting(os.getpid()).accepted == 1
        assert not await quiesce(os.getpid(), within=0.1)
        async with asyncio.TaskGroup() as tasks:
            quiet = tasks.create_task(quiesce(os.getpid(), within=10))
            server.accept()[0].close()
        assert quiet.result()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_it_waits_for_handshakes_under_way(host: str) -> None:
    with listen(host) as server, begin(server) as client:
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


async def test_others_go_on_listening_on_the_address() -> None:
    """A client whose first packet the kernel gives to the wrong one sends it again."""
    with ExitStack() as stack:
        servers = [socket.socket(), socket.socket()]
        for server in servers:
            stack.enter_context(server)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            server.bind(servers[0].getsockname())
        leaving, staying = servers
        leaving.listen()
        assert await quiesce(os.getpid(), within=10)
        staying.listen()
        for _ in range(20):
            stack.enter_context(socket.create_connection(staying.getsockname(), timeout=20))
            staying.accept()[0].close()


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
