"""Draining a real Envoy whose threads get to run when it is least convenient."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from envoy_lab import Client, backend, fetch, free_port, lab, site
from held import held, obstacle, worker_of
from listeners import begin

from penstock.envoy import drain as module
from penstock.envoy.admin import AdminClient
from penstock.envoy.drain import DrainPolicy, drain
from penstock.envoy.tcp_table import waiting

pytestmark = pytest.mark.skipif(bool(obstacle()), reason=obstacle())


async def until_waiting(pid: int, connections: int) -> None:
    async with asyncio.timeout(10):
        while True:
            if waiting(pid).queued == connections:
                return
            await asyncio.sleep(0.01)


async def until_refused(address: str, port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection(address, port)
            except ConnectionRefusedError:
                return
            writer.close()
            await asyncio.sleep(0.001)


async def test_who_waits_is_served_before_the_sockets_close(
    state_dir: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LET_IN", 10.0)  # Nobody hurries the machine that tests.
    port = free_port(address)
    async with backend() as one, lab(state_dir, site(address, port, [one.port])) as it:
        pid = it.envoy.state().pid
        assert pid is not None
        async with asyncio.TaskGroup() as tasks:
            with held(worker_of(pid)):
                clients = [tasks.create_task(fetch(address, port)) for _ in range(20)]
                await until_waiting(pid, 20)
                policy = DrainPolicy(timeout=40)
                draining = tasks.create_task(drain(pid, it.envoy.admin, policy))
                await until_refused(address, port)
        assert draining.result()
        assert [client.result().status for client in clients] == [200] * 20
        with pytest.raises(ConnectionRefusedError):
            await fetch(address, port)


async def test_a_client_that_never_finishes_connecting_does_not_keep_it_from_closing(
    state_dir: Path, address: str
) -> None:
    port = free_port(address)
    async with backend() as one, lab(state_dir, site(address, port, [one.port])) as it:
        pid = it.envoy.state().pid
        assert pid is not None
        with begin(socket.AF_INET, address, port):
            assert waiting(pid).handshakes == 1
            assert await drain(pid, it.envoy.admin, DrainPolicy(timeout=1.0))
        assert waiting(pid).sockets == 0


@dataclass(frozen=True)
class Noting(AdminClient):
    """Notes when clients begin to be sent away."""

    announced: asyncio.Event = field(default_factory=asyncio.Event)

    async def fail_health_check(self) -> None:
        await super().fail_health_check()
        self.announced.set()


async def not_permitted(pid: int, within: float) -> bool:
    raise PermissionError(pid, within)


async def come_back(client: Client, answers: list[int]) -> None:
    """Ask until nobody listens any more."""
    while True:
        try:
            answers.append((await client.get()).status)
        except ConnectionRefusedError:
            return


async def test_nobody_is_sent_away_before_the_sockets_are_closed(
    state_dir: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would come back to a socket from which no worker accepts: Envoy's main thread closes it.

    The order must suffice where sockets may not be borrowed.
    """
    monkeypatch.setattr(module, "quiesce", not_permitted)
    port = free_port(address)
    answers: list[int] = []
    async with backend() as one, lab(state_dir, site(address, port, [one.port])) as it:
        pid = it.envoy.state().pid
        assert pid is not None
        admin = Noting(it.paths.admin_socket)
        clients = [Client(address, port) for _ in range(4)]
        for client in clients:
            assert (await client.get()).status == 200
        async with asyncio.TaskGroup() as tasks:
            worker = worker_of(pid)
            with held(worker):  # It cannot stop accepting.
                for client in clients:
                    tasks.create_task(come_back(client, answers))
                draining = tasks.create_task(drain(pid, admin, DrainPolicy()))
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.3):
                        await admin.announced.wait()
        assert draining.result()
        assert admin.announced.is_set()
    assert set(answers) == {200}
