"""HTTP/1.1, HTTP/2, TLS and WebSocket against real clients."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio
import websockets
from standin_process import Process

from penstock.standin.spec import PodPort, PodProtocol, PodSpec

CLEAR, SECURE = 8080, 8443


@pytest_asyncio.fixture
async def host(process: Process, address: str) -> str:
    """The address of a pod with a clear and a TLS port."""
    ports = (PodPort(CLEAR), PodPort(SECURE, PodProtocol.HTTPS, service="web-tls"))
    spec = PodSpec("shop", "web-0", "web", address, ports, "/live")
    assert await process.client.apply([spec]) == ()
    return address


MODES = {
    "http1": (f"http://{{}}:{CLEAR}", {"http2": False}, "HTTP/1.1"),
    "h2c": (f"http://{{}}:{CLEAR}", {"http1": False, "http2": True}, "HTTP/2.0"),
    "https": (f"https://{{}}:{SECURE}", {"http2": False, "verify": False}, "HTTP/1.1"),
    "h2": (f"https://{{}}:{SECURE}", {"http2": True, "verify": False}, "HTTP/2.0"),
}


@pytest_asyncio.fixture(params=MODES)
async def http(request: pytest.FixtureRequest, host: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of each kind; its `headers` hold nothing unusual."""
    url, options, proto = MODES[request.param]
    settings: dict[str, Any] = {**options, "base_url": url.format(host), "timeout": 20}
    async with httpx.AsyncClient(**settings) as client:
        client.params = httpx.QueryParams()
        client.event_hooks = {"response": [_expect(proto)]}
        yield client


def _expect(proto: str) -> Any:
    async def check(response: httpx.Response) -> None:
        assert response.http_version == proto.removesuffix(".0")

    return check


def proto(response: httpx.Response) -> str:
    return {"HTTP/2": "HTTP/2.0"}.get(response.http_version, response.http_version)


async def test_the_echo_has_the_shape_of_echo_basic(http: httpx.AsyncClient) -> None:
    answer = await http.post(
        "/a%20b/c?x=1&y",
        headers=[("host", "shop.example.com"), ("x-forwarded-for", "1"), ("X-Forwarded-For", "2")],
        content=b"hello",
    )
    assert answer.status_code == 200
    echo = answer.json()
    assert echo["path"] == "/a%20b/c?x=1&y"
    assert echo["host"] == "shop.example.com"
    assert echo["method"] == "POST"
    assert echo["proto"] == proto(answer)
    assert ", ".join(echo["headers"]["X-Forwarded-For"]) == "1, 2"
    assert "Host" not in echo["headers"]
    assert (echo["namespace"], echo["ingress"], echo["pod"]) == ("shop", "", "web-0")
    assert echo["bodyLength"] == 5
    assert answer.headers["content-type"] == "application/json"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert parsedate_to_datetime(answer.headers["date"])
    assert answer.headers["x-penstock-pod"] == "shop/web-0"
    is_tls = answer.url.scheme == "https"
    assert ("tls" in echo) == is_tls
    assert echo["service"] == ("web-tls" if is_tls else "web")


async def test_what_tls_negotiated_is_told(host: str) -> None:
    async with httpx.AsyncClient(http2=True, verify=False) as client:
        request = client.build_request("GET", f"https://{host}:{SECURE}/")
        request.extensions["sni_hostname"] = "shop.example.com"
        tls = (await client.send(request)).json()["tls"]
    assert tls["version"] == "TLSv1.3"
    assert tls["serverName"] == "shop.example.com"
    assert tls["negotiatedProtocol"] == "h2"
    assert tls["cipherSuite"].startswith("TLS_")


async def test_a_connection_serves_many_requests(http: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(http.get(f"/{n}") for n in range(50)))
    assert [a.json()["path"] for a in answers] == [f"/{n}" for n in range(50)]
    for n in range(20):
        assert (await http.get(f"/{n}")).status_code == 200


async def test_head_and_statuses_without_body(http: httpx.AsyncClient) -> None:
    head = await http.head("/x")
    assert head.content == b""
    assert int(head.headers["content-length"]) > 0
    for status in (204, 205, 304):
        answer = await http.get("/", headers={"X-Penstock-Status": str(status)})
        assert (answer.status_code, answer.content) == (status, b"")
    assert (await http.get("/after")).status_code == 200


async def test_request_headers_shape_the_answer(http: httpx.AsyncClient) -> None:
    failed = await http.get("/", headers={"X-Penstock-Status": "503"})
    assert failed.status_code == 503
    assert failed.json()["pod"] == "web-0"
    loop = asyncio.get_running_loop()
    before = loop.time()
    await http.get("/", headers={"X-Penstock-Delay": "120ms"})
    assert loop.time() - before >= 0.115
    headers = {"X-Echo-Set-Header": "set-cookie:a=b, x-one: two,content-length:1"}
    answer = await http.get("/", headers=headers)
    assert answer.headers["set-cookie"] == "a=b"
    assert answer.headers["x-one"] == "two"
    assert int(answer.headers["content-length"]) == len(answer.content)


async def test_a_value_that_cannot_be_read_is_told(http: httpx.AsyncClient) -> None:
    answer = await http.get("/", headers={"X-Penstock-Delay": "soon"})
    assert answer.status_code == 400
    assert answer.json()["problems"] == [
        "X-Penstock-Delay: 'soon' is not a duration such as 250ms, 2s or 1m"
    ]


async def test_a_large_body_is_streamed(http: httpx.AsyncClient, process: Process) -> None:
    size = 0
    headers = {"X-Penstock-Body-Size": "24MiB"}
    async with http.stream("GET", "/", headers=headers) as answer:
        assert answer.headers["content-length"] == str(24 << 20)
        async for chunk in answer.aiter_bytes():
            size += len(chunk)
    assert size == 24 << 20
    assert process.memory("VmHWM") < 150 << 20


async def test_close_means_no_answer(http: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.TransportError):
        await http.get("/", headers={"X-Penstock-Close": "true"})
    assert (await http.get("/")).status_code == 200


async def test_an_upload_of_100_mib_takes_little_memory(
    http: httpx.AsyncClient, process: Process
) -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield bytes(1 << 20)

    answer = await http.post("/upload", content=body())
    assert answer.json()["bodyLength"] == 100 << 20
    assert process.memory("VmHWM") < 150 << 20


async def test_probes_follow_readiness(http: httpx.AsyncClient, process: Process) -> None:
    await process.client.set("web-0", ready=False)
    for path in ("/live", "/live?full=1", "/healthz", "/ready"):
        assert (await http.get(path)).status_code == 503
    assert (await http.get("/page")).status_code == 200
    await process.client.set("web-0", ready=True, status=500)
    assert (await http.get("/live")).status_code == 200
    assert (await http.get("/page")).status_code == 500


async def test_websockets_echo(host: str) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for url, tls in ((f"ws://{host}:{CLEAR}/a", None), (f"wss://{host}:{SECURE}/a", context)):
        async with websockets.connect(
            url,
            ssl=tls,
            subprotocols=["chat"],
            max_size=None,  # type: ignore[list-item]
        ) as socket:
            assert socket.subprotocol == "chat"
            await socket.send("grüß")
            assert await socket.recv() == "grüß"
            await socket.send([b"in ", b"parts"])
            assert await socket.recv() == b"in parts"
            large = bytes(range(256)) * (8 << 12)
            await socket.send(large)
            assert await socket.recv() == large
            assert await (await socket.ping()) >= 0


async def test_a_websocket_can_be_refused(host: str, process: Process) -> None:
    await process.client.set("web-0", status=503)
    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(f"ws://{host}:{CLEAR}/")
    assert refused.value.response.status_code == 503


async def exchange(host: str, data: bytes, port: int = CLEAR) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(data)
    answer = await reader.read()
    writer.close()
    return answer


async def test_pipelined_requests_are_answered_in_order(host: str) -> None:
    requests = b"".join(
        b"GET /%d HTTP/1.1\r\nHost: a\r\nX-Penstock-Delay: %dms\r\n%s\r\n"
        % (n, 30 - 10 * n, b"Connection: close\r\n" if n == 2 else b"")
        for n in range(3)
    )
    answer = (await exchange(host, requests)).decode()
    paths = [line.strip(' ,"') for line in answer.splitlines() if '"path"' in line]
    assert [path[-1] for path in paths] == ["0", "1", "2"]


async def test_http_1_0_and_half_closed_clients_get_answers(host: str) -> None:
    answer = await exchange(host, b"GET / HTTP/1.0\r\n\r\n")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["proto"] == "HTTP/1.0"
    reader, writer = await asyncio.open_connection(host, CLEAR)
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nX-Penstock-Delay: 20ms\r\n\r\n")
    writer.write_eof()
    assert (await reader.read()).startswith(b"HTTP/1.1 200")
    writer.close()


@pytest.mark.parametrize(
    "data", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\0\r\n\r\n"]
)
async def test_what_is_no_http_gets_400(host: str, data: bytes) -> None:
    assert (await exchange(host, data)).startswith(b"HTTP/1.1 400")


async def test_a_preface_may_come_in_pieces(host: str) -> None:
    reader, writer = await asyncio.open_connection(host, CLEAR)
    for byte in b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n":
        writer.write(bytes([byte]))
        await writer.drain()
    frame = await reader.readexactly(9)
    assert frame[3] == 4  # SETTINGS
    writer.close()


async def test_continue_is_said(host: str) -> None:
    reader, writer = await asyncio.open_connection(host, CLEAR)
    writer.write(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 100")
    assert await reader.readline() == b"\r\n"
    writer.write(b"ok")
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_health_checks_find_what_they_look_for(process: Process, address: str) -> None:
    health = (("/", "shop"), ("/json", '{"up": true}'), ("/live", "all is well"))
    spec = PodSpec("shop", "vm", "web", address, (PodPort(CLEAR),), None, health)
    assert await process.client.apply([spec]) == ()
    async with httpx.AsyncClient(base_url=f"http://{address}:{CLEAR}", timeout=20) as client:
        for path, text in health:
            answer = await client.get(f"{path}?deep=1")
            assert answer.status_code == 200
            assert text.encode() in answer.content[:1024]
        assert (await client.get("/")).json()["path"] == "/"  # still an echo
        assert (await client.get("/json")).headers["content-type"] == "text/plain"
        assert "health" not in (await client.get("/other")).json()
        await process.client.set("shop/vm", status=404)
        statuses = [(await client.get(path)).status_code for path in ("/", "/live", "/other")]
        assert statuses == [404, 200, 404]
        await process.client.set("shop/vm", status=None, ready=False)
        statuses = [(await client.get(path)).status_code for path in ("/", "/live", "/other")]
        assert statuses == [503, 503, 200]
