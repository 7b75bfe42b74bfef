"""The supervisor with a real Envoy: restart, drain, left-over processes, long paths."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop
from envoy_lab import Client, backend, fetch, free_port, lab, proxy_paths, site

from penstock.envoy.child import Identity
from penstock.envoy.drain import DrainPolicy, drain
from penstock.envoy.paths import discard_socket_directory
from penstock.envoy.process import (
    EnvoyError,
    EnvoySettings,
    ProcessPhase,
    ProcessState,
    run_envoy,
)
from penstock.envoy.record import Running


async def test_a_killed_envoy_is_restarted_and_serves(
    state_dir: Path, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port(address)
    async with backend() as one, lab(state_dir, site(address, port, [one.port])) as it:
        first = it.envoy.state().pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await it.server.until(lambda proxies: not proxies)
        assert (await it.server.applied(within=10)).applied
        assert (await fetch(address, port)).body == "one"
        state = it.envoy.state()
        assert state.pid not in (None, first)
        assert (state.restarts, state.last_exit) == (1, -signal.SIGKILL)
        assert state.phase is ProcessPhase.RUNNING
    errors = [r.name for r in caplog.records if r.levelno >= logging.ERROR]
    assert errors == ["penstock.envoy.process.supervisor"]


async def test_stop_leaves_nothing_behind(state_dir: Path, address: str) -> None:
    changes: list[ProcessState] = []
    port = free_port(address)
    async with backend() as one, lab(state_dir, site(address, port, [one.port])) as it:
        pid = it.envoy.state().pid
        assert it.paths.pid_file.exists()
        it.envoy._on_change = changes.append
    assert pid is not None
    assert Identity.of(pid) is None
    assert not it.paths.pid_file.exists()
    assert not it.paths.admin_socket.exists()
    assert [c.phase for c in changes] == [ProcessPhase.DRAINING, ProcessPhase.STOPPED]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


async def hammer(client: Client, failures: list[BaseException], answers: list[int]) -> None:
    """Requests back to back until the port refuses connections."""
    while True:
        if not client.connected:
            try:
                await client.connect()
            except ConnectionRefusedError:
                return
        try:
            answers.append((await client.get()).status)
        except (OSError, asyncio.IncompleteReadError) as error:
            failures.append(error)
            return


async def test_drain_loses_no_request_of_keep_alive_clients(state_dir: Path, address: str) -> None:
    port = free_port(address)
    failures: list[BaseException] = []
    answers: list[int] = []
    async with backend() as one, lab(state_dir, site(address, port, [one.port])) as it:
        pid = it.envoy.state().pid
        assert pid is not None
        clients = [Client(address, port) for _ in range(4)]
        async with asyncio.TaskGroup() as tasks:
            for client in clients:
                tasks.create_task(hammer(client, failures, answers))
            await until(lambda: len(answers) > 200)
            assert await drain(pid, it.envoy.admin, DrainPolicy())
        await it.envoy.stop()
    assert failures == []
    assert set(answers) == {200}


async def test_drain_waits_for_a_slow_request(state_dir: Path, address: str) -> None:
    port = free_port(address)
    async with backend() as one:
        async with lab(state_dir, site(address, port, [one.port])) as it:
            one.delay = 0.5
            one.arrived.clear()
            slow = asyncio.ensure_future(fetch(address, port))
            await one.arrived.wait()
            await it.envoy.stop()
        reply = await slow
        assert (reply.status, reply.close) == (200, True)


async def test_idle_connections_do_not_hold_up_the_stop(state_dir: Path, address: str) -> None:
    port = free_port(address)
    async with backend() as one, lab(state_dir, site(address, port, [one.port])) as it:
        client = Client(address, port)
        await client.get()
        async with asyncio.timeout(3):
            await it.envoy.stop()
        client.close()


async def test_an_envoy_that_cannot_start_says_why(state_dir: Path) -> None:
    paths = proxy_paths(state_dir)
    settings = EnvoySettings("n", log_level="no-such-level")
    with pytest.raises(EnvoyError, match="no-such-level"):
        async with run_envoy(paths, settings):
            pass


async def test_no_configuration_means_not_ready(state_dir: Path) -> None:
    async with lab(state_dir, None) as it:
        assert not await it.envoy.admin.ready()
        with pytest.raises(EnvoyError, match="no configuration"):
            await it.envoy.wait_ready(within=0.2)


async def test_one_control_plane_a_directory(state_dir: Path) -> None:
    async with lab(state_dir, None) as it:
        with pytest.raises(EnvoyError, match="another control plane"):
            async with run_envoy(it.paths, EnvoySettings("n")):
                pass


async def test_the_body_s_own_error_comes_out_as_itself(state_dir: Path) -> None:
    with pytest.raises(KeyError):
        async with lab(state_dir, None):
            raise KeyError("mine")


async def test_a_state_directory_too_long_for_sockets(state_dir: Path, address: str) -> None:
    deep = state_dir / ("d" * 90) / "state"
    port = free_port(address)
    async with backend() as one, lab(deep, site(address, port, [one.port])) as it:
        assert it.paths.sockets != it.paths.state
        assert (deep / "sockets").readlink() == it.paths.sockets
        assert proxy_paths(deep) == it.paths
        assert (await fetch(address, port)).status == 200
        assert it.paths.sockets.stat().st_mode & 0o77 == 0
    discard_socket_directory(deep)
    assert not it.paths.sockets.exists()
    assert not (deep / "sockets").is_symlink()


_CONTROL_PLANE = """
    import asyncio, sys
    from pathlib import Path
    sys.path.insert(0, {tests!r})
    from envoy_lab import lab, site

    async def main():
        snapshot = site({address!r}, {port}, [{backend}])
        async with lab(Path({state!r}), snapshot) as it:
            print(it.envoy.state().pid, flush=True)
            await asyncio.Event().wait()

    asyncio.run(main())
"""


async def test_envoy_outlives_a_killed_control_plane_and_is_then_taken_over(
    state_dir: Path, address: str
) -> None:
    port = free_port(address)
    async with backend("one") as one, backend("two") as two:
        program = textwrap.dedent(_CONTROL_PLANE).format(
            tests=str(Path(__file__).parent),
            address=address,
            port=port,
            backend=one.port,
            state=str(state_dir),
        )
        former = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, stdout=subprocess.PIPE
        )
        assert former.stdout is not None
        pid = int(await former.stdout.readline())
        former.kill()
        await former.wait()
        left_over = Running.load(state_dir / "envoy.pid")
        assert left_over is not None
        assert left_over.identity.pid == pid
        assert (await fetch(address, port)).body == "one"
        async with lab(state_dir, site(address, port, [two.port])) as it:
            assert it.envoy.state().pid == pid
            assert it.envoy.state().adopted
            assert (await fetch(address, port)).body == "two"
        assert not left_over.identity.alive


async def test_warnings_of_envoy_reach_our_log(
    state_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def told() -> bool:
        return any("closed" in record.getMessage() for record in caplog.records)

    async with lab(state_dir, None) as it:
        await it.server.until(lambda proxies: bool(proxies))
        await it.server.stop()
        await until(told)


async def test_impatience_while_draining_leaves_no_envoy_behind(
    state_dir: Path, address: str
) -> None:
    port = free_port(address)
    async with backend() as one:
        one.delay = 30
        async with lab(state_dir, site(address, port, [one.port])) as it:
            pid = it.envoy.state().pid
            assert pid is not None
            slow = asyncio.ensure_future(fetch(address, port))
            await one.arrived.wait()
            stopping = asyncio.ensure_future(it.envoy.stop())
            await asyncio.sleep(0.1)
            stopping.cancel()
            await until(lambda: Identity.of(pid) is None)
            await asyncio.gather(stopping, slow, return_exceptions=True)


def test_supervision_works_on_uvloop(state_dir: Path, address: str) -> None:
    async def scenario() -> None:
        port = free_port(address)
        async with backend() as one, lab(state_dir, site(address, port, [one.port])) as it:
            pid = it.envoy.state().pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            await it.server.until(lambda proxies: not proxies)
            assert (await it.server.applied(within=10)).applied
            assert (await fetch(address, port)).body == "one"

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(scenario())


async def test_hot_restart_keeps_connections_and_leaves_nothing_behind(
    state_dir: Path, address: str
) -> None:
    port = free_port(address)
    async with backend() as one, lab(state_dir, site(address, port, [one.port])) as it:
        before = it.envoy.state().pid
        client = Client(address, port)
        await client.get()
        numbers = {
            int(p.name.rpartition("_")[2]) % 2**32 for p in it.paths.sockets.glob("hot_parent_*")
        }
        shared = [Path(f"/dev/shm/envoy_shared_memory_{number}") for number in numbers]
        assert all(path.exists() for path in shared)
        await it.envoy.hot_restart()
        state = it.envoy.state()
        assert (state.epoch, state.former) == (1, before)
        assert (await client.get()).status == 200
        assert (await fetch(address, port)).body == "one"
        client.close()
    assert not any(path.exists() for path in shared)
    assert not list(it.paths.sockets.glob("hot_*"))
