"""The process: control, states, sockets, raw protocols, starting and ending."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from standin_process import Process, next_address

from penstock.standin import StandInError
from penstock.standin.client import UnknownPodError
from penstock.standin.spec import PodPort, PodProtocol, PodSpec, PodState

HTTP = (PodPort(8080),)


def pod(name: str, address: str, *ports: PodPort, namespace: str = "default") -> PodSpec:
    return PodSpec(namespace, name, "svc", address, ports or HTTP, "/live")


async def get(address: str, path: str = "/", port: int = 8080) -> dict[str, Any]:
    async with httpx.AsyncClient() as client:
        answer: dict[str, Any] = (await client.get(f"http://{address}:{port}{path}")).json()
        return answer


async def is_refused(address: str, port: int = 8080) -> bool:
    try:
        _, writer = await asyncio.open_connection(address, port)
    except ConnectionRefusedError:
        return True
    writer.close()
    return False


async def test_tcp_echo(process: Process, address: str) -> None:
    await process.client.apply([pod("db", address, PodPort(5432, PodProtocol.TCP))])
    reader, writer = await asyncio.open_connection(address, 5432)
    data = bytes(range(256)) * (64 << 8)

    async def write() -> None:
        writer.write(data)
        writer.write_eof()

    async with asyncio.TaskGroup() as group:
        group.create_task(write())
        assert await reader.read() == data
    writer.close()
    await process.client.set("db", delay=0.05)
    reader, writer = await asyncio.open_connection(address, 5432)
    before = time.monotonic()
    writer.write(b"x")
    assert await reader.readexactly(1) == b"x"
    assert time.monotonic() - before >= 0.045
    writer.close()


async def test_udp_echo(process: Process, address: str) -> None:
    ports = (PodPort(53, PodProtocol.UDP), PodPort(53, PodProtocol.TCP))
    assert await process.client.apply([pod("dns", address, *ports)]) == ()
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setblocking(False)
        client.connect((address, 53))
        for delay in (0.0, 0.03):
            await process.client.set("dns", delay=delay)
            await loop.sock_sendall(client, b"query")
            assert await loop.sock_recv(client, 100) == b"query"
    reader, writer = await asyncio.open_connection(address, 53)
    writer.write(b"x")
    assert await reader.readexactly(1) == b"x"
    writer.close()


async def test_apply_keeps_connections_of_pods_that_stay(process: Process) -> None:
    one, two, three = (next_address() for _ in range(3))
    client = process.client
    await client.apply([pod("a", one), pod("b", two)])
    await client.set("a", delay=0.001)
    async with httpx.AsyncClient() as http:
        async with http.stream("GET", f"http://{one}:8080/") as first:
            port = first.extensions["network_stream"].get_extra_info("client_addr")
            await first.aread()
        await client.apply([pod("a", one), pod("c", three)], linger=0)
        async with http.stream("GET", f"http://{one}:8080/") as second:
            assert second.extensions["network_stream"].get_extra_info("client_addr") == port
            await second.aread()
    assert await is_refused(two)
    assert (await get(three))["pod"] == "c"
    listed = {status.spec.name: status.state for status in await client.list()}
    assert listed == {"a": PodState(delay=0.001), "c": PodState()}


async def test_a_rename_keeps_the_sockets_and_begins_afresh(process: Process, address: str) -> None:
    await process.client.apply([pod("web-1", address)])
    await process.client.set("web-1", ready=False)
    await process.client.apply([pod("web-2", address)])
    (status,) = await process.client.list()
    assert status.spec.name == "web-2"
    assert status.state == PodState()
    assert (await get(address))["pod"] == "web-2"


async def test_ports_come_and_go(process: Process, address: str) -> None:
    await process.client.apply([pod("a", address, PodPort(1), PodPort(2))])
    await process.client.apply([pod("a", address, PodPort(2), PodPort(3))], linger=0)
    assert await is_refused(address, 1)
    assert (await get(address, port=3))["httpPort"] == "3"
    await process.client.apply([pod("a", address, PodPort(2, PodProtocol.TCP))], linger=60)
    assert not await is_refused(address, 3)
    reader, writer = await asyncio.open_connection(address, 2)
    writer.write(b"raw")
    assert await reader.readexactly(3) == b"raw"
    writer.close()


async def test_a_pod_that_leaves_accepts_until_proxies_know(process: Process, address: str) -> None:
    await process.client.apply([pod("a", address)])
    await process.client.apply([], linger=2)
    assert await process.client.list() == ()
    assert (await get(address))["pod"] == "a"
    async with asyncio.timeout(20):
        while True:
            if await is_refused(address):
                break
            await asyncio.sleep(0.01)


async def test_a_pod_that_leaves_ends_its_requests(process: Process, address: str) -> None:
    await process.client.apply([pod("a", address)])
    async with httpx.AsyncClient() as http:
        await http.get(f"http://{address}:8080/idle")
        headers = {"X-Penstock-Body-Size": "64MiB"}
        async with http.stream("GET", f"http://{address}:8080/", headers=headers) as answer:
            await process.client.apply([], linger=0)
            assert await is_refused(address)
            assert len(await answer.aread()) == 64 << 20


async def test_a_pod_that_leaves_closes_idle_connections(process: Process, address: str) -> None:
    await process.client.apply([pod("a", address)])
    reader, writer = await asyncio.open_connection(address, 8080)
    writer.write(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b"200 OK" in await reader.readuntil(b"\r\n\r\n")
    await process.client.apply([], linger=0)
    assert await reader.read() == b""
    writer.close()


async def test_a_websocket_is_told_that_its_pod_ends(process: Process, address: str) -> None:
    await process.client.apply([pod("a", address)])
    async with websockets.connect(f"ws://{address}:8080/") as client:
        await process.client.apply([], linger=0)
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await client.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001


async def test_stop_cuts_and_start_listens(process: Process, address: str) -> None:
    await process.client.apply([pod("a", address, PodPort(8080), PodPort(9, PodProtocol.UDP))])
    reader, writer = await asyncio.open_connection(address, 8080)
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nX-Penstock-Delay: 1m\r\n\r\n")
    status = await process.client.set("a", stopped=True)
    assert not status.state.is_ready
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()
    assert await is_refused(address)
    await process.client.apply([pod("a", address)])
    assert await is_refused(address)
    await process.client.set("a", stopped=False)
    assert (await get(address))["pod"] == "a"


async def test_flap_turns_readiness_over_and_changes_are_told(
    process: Process, address: str
) -> None:
    await process.client.apply([pod("a", address), pod("b", next_address())])
    changes = process.client.changes()
    first = await anext(changes)
    assert [status.spec.name for status in first] == ["a", "b"]
    await process.client.set("a", flap=0.05)
    seen = []
    async with asyncio.timeout(5):
        while seen.count(False) < 2 or seen.count(True) < 2:
            (status,) = await anext(changes)
            seen.append(status.state.ready)
    assert all(a is not b for a, b in itertools.pairwise(seen))
    ended = await process.client.set("a", flap=None)
    assert ended.state == PodState()
    await changes.aclose()


async def test_watchers_hear_of_pods_that_arrive_anew(process: Process, address: str) -> None:
    await process.client.apply([pod("a", address)])
    await process.client.set("a", ready=False)
    changes = process.client.changes()
    assert not (await anext(changes))[0].state.ready
    await process.client.apply([], linger=0)
    await process.client.apply([pod("a", address)])
    assert (await anext(changes))[0].state.ready
    await changes.aclose()


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("web", "in several namespaces: blue/web, green/web"),
        ("wbe", "did you mean"),
        ("cart-7", "did you mean blue/cart-7d-x?"),
        ("green/cart-7d-x", "did you mean blue/cart-7d-x?"),
        ("zzzzzz", "there are 3"),
    ],
)
async def test_names_are_looked_up(process: Process, pattern: str, message: str) -> None:
    names = [("blue", "web"), ("green", "web"), ("blue", "cart-7d-x")]
    await process.client.apply([pod(n, next_address(), namespace=ns) for ns, n in names])
    with pytest.raises(UnknownPodError, match=r".*") as error:
        await process.client.set(pattern, ready=False)
    assert message in str(error.value)
    assert (await process.client.set("green/web", ready=False)).spec.namespace == "green"


@pytest.mark.parametrize(
    "changes", [{"status": 42}, {"delay": -1}, {"ready": "perhaps"}, {"colour": "red"}]
)
async def test_impossible_states_are_refused(
    process: Process, address: str, changes: dict[str, Any]
) -> None:
    await process.client.apply([pod("a", address)])
    with pytest.raises(StandInError):
        await process.client.set("a", **changes)
    assert (await process.client.list())[0].state == PodState()


async def test_a_port_that_is_taken_is_told_and_tried_again(process: Process, address: str) -> None:
    with socket.socket() as other:
        other.bind((address, 8080))
        other.listen()
        specs = [pod("a", address, PodPort(8080), PodPort(8081))]
        (error,) = await process.client.apply(specs)
        assert (error.name, error.address, error.port) == ("a", address, 8080)
        assert error.message == "another program listens there"
        assert (await get(address, port=8081))["pod"] == "a"
    assert await process.client.apply(specs) == ()
    assert (await get(address))["pod"] == "a"


async def test_a_thousand_pods_start_at_once(process: Process) -> None:
    specs = [pod(f"p{n}", next_address(), PodPort(8080), PodPort(9090)) for n in range(1000)]
    before = time.monotonic()
    assert await process.client.apply(specs) == ()
    assert time.monotonic() - before < 1.5
    assert process.memory() < 120 << 20
    answers = await asyncio.gather(*(get(spec.address) for spec in specs[::50]))
    assert [answer["pod"] for answer in answers] == [spec.name for spec in specs[::50]]
    await process.client.apply(specs[:1])
    assert len(await process.client.list()) == 1


async def test_one_process_a_socket(process: Process, start: Callable[..., Process]) -> None:
    mode = stat.S_IMODE(process.socket.stat().st_mode)
    assert mode == 0o600
    command = [sys.executable, "-m", "penstock.standin", "--socket", str(process.socket)]
    second = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
    assert second.returncode == 1
    assert "another process already serves" in second.stderr
    assert await process.client.list() == ()


async def test_a_stale_socket_is_replaced(start: Callable[..., Process]) -> None:
    first = start()
    await first.client.wait_ready()
    first.popen.kill()
    first.popen.wait(10)
    assert first.socket.exists()
    second = start()
    await second.client.wait_ready()
    assert await second.client.list() == ()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_signals_end_it(start: Callable[..., Process], number: int, address: str) -> None:
    process = start()
    await process.client.wait_ready()
    await process.client.apply([pod("a", address)])
    process.popen.send_signal(signal.SIGHUP)
    assert (await get(address))["pod"] == "a"
    process.popen.send_signal(number)
    assert await asyncio.to_thread(process.popen.wait, 10) == 0
    assert not process.socket.exists()
    assert await is_refused(address)


async def test_stop_ends_it_and_watchers_notice(start: Callable[..., Process]) -> None:
    process = start()
    await process.client.wait_ready()
    changes = process.client.changes()
    assert await anext(changes) == ()
    await process.client.stop()
    with pytest.raises(ConnectionError):
        await anext(changes)
    assert await asyncio.to_thread(process.popen.wait, 10) == 0


async def test_it_outlives_its_parent(tmp_path: Path) -> None:
    path = tmp_path / "s"
    code = (
        "import subprocess, sys\n"
        f"command = [sys.executable, '-m', 'penstock.standin', '--socket', {str(path)!r}]\n"
        "subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)\n"
    )
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", code], check=True)
    from penstock.standin.client import StandInClient

    client = StandInClient(path)
    await client.wait_ready()
    await client.stop()


async def test_a_file_is_not_taken_for_a_socket(start: Callable[..., Process]) -> None:
    process = start("other")
    await process.client.wait_ready()
    target = process.socket.with_name("file")
    target.write_text("precious")
    refused = start("file")
    assert await asyncio.to_thread(refused.popen.wait, 10) == 1
    assert "is no socket" in refused.log()
    assert target.read_text() == "precious"


async def test_bad_messages_do_not_end_it(process: Process) -> None:
    reader, writer = await asyncio.open_unix_connection(process.socket)
    writer.write(b'{"type": "dance"}\n')
    assert b'"failed"' in await reader.readline()
    writer.close()
    assert await process.client.list() == ()
