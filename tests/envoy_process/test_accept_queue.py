"""The kernel really hands waiting connections on: two processes listen on one address."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from listeners import never_accepts

from penstock.envoy import accept_queue, borrowed

needs_rights = pytest.mark.skipif(
    bool(accept_queue.obstacle()), reason=f"waiting connections stay: {accept_queue.obstacle()}"
)


def listening(address: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((address, 0))
    return listener


@needs_rights
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_connections_that_wait_move_to_the_other_listener(address: str) -> None:
    with ExitStack() as stack:
        taker = stack.enter_context(listening(address))
        port = taker.getsockname()[1]
        leaving = stack.enter_context(never_accepts(address, port))
        # Not before all have connected does the taker listen: every one waits at the other.
        clients = [
            stack.enter_context(socket.create_connection((address, port), timeout=20))
            for _ in range(20)
        ]
        taker.listen(64)
        assert accept_queue.let_move(leaving.pid) == 1
        leaving.kill()
        leaving.wait()
        taker.settimeout(20)
        ports = set()
        for _ in clients:
            connection, client = taker.accept()
            stack.enter_context(connection)
            ports.add(client[1])
            connection.sendall(b"here")
        assert ports == {client.getsockname()[1] for client in clients}
        assert [client.recv(4) for client in clients] == [b"here"] * 20


def test_without_it_they_are_reset() -> None:
    """What the module is for; the day this fails it can go."""
    if accept_queue._SYSCTL.read_text().strip() == "1":
        pytest.skip("net.ipv4.tcp_migrate_req is on here")
    with ExitStack() as stack:
        taker = stack.enter_context(listening("127.0.0.1"))
        port = taker.getsockname()[1]
        leaving = stack.enter_context(never_accepts("127.0.0.1", port))
        client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
        taker.listen(64)
        leaving.kill()
        leaving.wait()
        with pytest.raises(ConnectionResetError):
            client.recv(1)


@needs_rights
def test_a_process_that_has_ended_is_an_error() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    with pytest.raises(OSError):
        accept_queue.let_move(child.pid)


def descriptors() -> set[str]:
    return {entry.name for entry in Path("/proc/self/fd").iterdir()}


@needs_rights
def test_sockets_of_another_kind_are_left_alone() -> None:
    """Our own process: whatever it has open, only shared listeners count, and all stay open."""
    one, other = socket.socketpair()
    with socket.create_server(("127.0.0.1", 0)) as alone, one, other:
        before = descriptors()
        assert accept_queue.let_move(os.getpid()) == 0
        assert descriptors() == before
        socket.create_connection(alone.getsockname(), timeout=20).close()


@needs_rights
def test_what_has_become_a_file_meanwhile_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "file").open("w") as file:
        monkeypatch.setattr(borrowed, "listening_descriptors", lambda _pid: [file.fileno()])
        before = descriptors()
        assert accept_queue.let_move(os.getpid()) == 0
        assert descriptors() == before
