"""Health checks that proxies do for themselves, in a real Envoy: who gets requests."""

import asyncio
import contextlib
import threading
import types

import httpx
import pytest
from compile_models import (
    host,
    http_proxy,
    load_balancer,
    model,
    neg,
    route,
    rule,
    service,
    url_map,
)
from compile_proxy import free_port, messages, running, validate
from msgspec.structs import replace

from health import servers
from health.health_checks import check
from penstock.balancing.balancer import Balancer
from penstock.envoy.compile import CompileOptions, Compiler, SocketAddress
from penstock.envoy.resources import CLUSTER, ENDPOINTS
from penstock.model import (
    EndpointHealth,
    HealthCheckName,
    NegKind,
    NegName,
)
from penstock.standin.spec import PodProtocol

VIP = "127.32.0.70"
HOST = "127.0.0.1"
LATE = b"x" * 1024 + b"well"
PROXIED = b"PROXY TCP4 127.32.9.7 127.0.0.1 "


class Seen:
    """What servers were sent first."""

    def __init__(self):
        self.starts = {}


def answering(seen, name, status="200 OK", body=b"all is well"):
    """HTTP/1.1, that answers requests of clients with 200 whatever it answers to probes."""

    async def serve(reader, writer):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            is_probe = b"user-agent: GoogleHC/" in head
            if is_probe:
                seen.starts.setdefault(name, head)
            line = status if is_probe else "200 OK"
            answer = f"HTTP/1.1 {line}\r\ncontent-length: {len(body)}\r\n\r\n".encode()
            writer.write(answer + body)
            await writer.drain()

    return serve


def texting(seen, name):
    """Answers PING with PONG."""

    async def serve(reader, writer):
        seen.starts.setdefault(name, await reader.readuntil(b"PING"))
        writer.write(b"PONG")
        await reader.read()

    return serve


class Background:
    """An event loop in a thread, for servers."""

    def __init__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._stack = contextlib.AsyncExitStack()

    def __enter__(self):
        self._thread.start()
        return self

    def enter(self, context):
        return self._do(self._stack.enter_async_context(context))

    def __exit__(self, *_):
        self._do(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)


CASES = {
    # name: (kind, what the check says, what the probed server does, whether it gets requests)
    "http": ("HTTP", {"path": "/live?deep=1"}, {}, True),
    "http-host": ("HTTP", {"host": "shop.example"}, {}, True),
    "http-301": ("HTTP", {}, {"status": "301 Moved"}, False),
    "http-204": ("HTTP", {}, {"status": "204 No Content", "body": b""}, False),
    "http-503": ("HTTP", {}, {"status": "503 No"}, False),
    "http-other": ("HTTP", {"statuses": ((200, 200), (503, 503))}, {"status": "503 No"}, True),
    "http-text": ("HTTP", {"response": b"is well"}, {}, True),
    "http-no-text": ("HTTP", {"response": b"is ill"}, {}, False),
    "http-late-text": ("HTTP", {"response": b"well"}, {"body": LATE}, False),
    "http-proxy": ("HTTP", {"proxy_header": True}, {}, True),
    "https": ("HTTPS", {}, {}, True),
    "https-503": ("HTTPS", {}, {"status": "503 No"}, False),
    "http2": ("HTTP2", {}, {}, True),
    "tcp": ("TCP", {}, {}, True),
    "tcp-text": ("TCP", {"request": b"PING", "response": b"PONG"}, {}, True),
    "tcp-other-text": ("TCP", {"request": b"PING", "response": b"PUNG"}, {}, False),
    "ssl-text": ("SSL", {"request": b"PING", "response": b"PONG"}, {}, True),
    "ssl-proxy": ("SSL", {"proxy_header": True}, {}, False),
    "grpc": ("GRPC", {}, {"status": "503 No"}, True),
}


def start(background, seen, name, kind, says, does):
    """The server that is probed; its port."""
    context = servers.tls("h2", "http/1.1") if kind in ("HTTPS", "HTTP2", "SSL") else None
    if kind == "HTTP2":
        return background.enter(servers.stand_in(PodProtocol.HTTP2))
    if says.get("proxy_header"):
        return background.enter(servers.server(proxied(seen, name)))
    serve = texting(seen, name) if "request" in says else answering(seen, name, **does)
    return background.enter(servers.server(serve, context))


def proxied(seen, name):
    """Wants a line of the PROXY protocol first."""

    async def serve(reader, writer):
        seen.starts.setdefault(name, await reader.readuntil(b"\r\n") + await reader.read(1))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        await reader.read()

    return serve


def a_model(background, seen):
    """Requests go to one port, probes to another: only probes decide."""
    negs, services, checks = [], [], []
    for name, (kind, says, does, _) in CASES.items():
        serving = background.enter(servers.server(answering(seen, f"{name} serving")))
        probed = start(background, seen, name, kind, says, does)
        made = check(kind, name, port=probed, interval=300.0, timeout=2.0, **says)
        checks.append(made)
        services.append(replace(service(name), health_check=made.name))
        negs.append(replace(neg(name, (HOST, serving)), probed_by_proxies=True))
    # Its own port is probed, and nobody listens; a name, resolved by the proxy.
    dead = free_port(HOST)
    own = check("TCP", "own", interval=300.0, timeout=2.0)
    checks.append(own)
    services.append(replace(service("own"), health_check=own.name))
    negs.append(replace(neg("own", (HOST, dead)), probed_by_proxies=True))
    port = background.enter(servers.server(answering(seen, "named")))
    named = check("HTTP", "named", interval=300.0, timeout=2.0)
    checks.append(named)
    services.append(replace(service("named"), health_check=named.name))
    endpoint = replace(neg("named", ("localhost", port), kind=NegKind.FQDN_PORT))
    negs.append(replace(endpoint, probed_by_proxies=True))
    # Of one service: an endpoint that the prober knows to be healthy, and one that proxies probe.
    central = background.enter(servers.server(answering(seen, "central", "503 No", b"central")))
    hybrid = background.enter(servers.server(answering(seen, "hybrid", body=b"hybrid")))
    services.append(replace(service("mixed", negs=("central", "hybrid")), health_check=named.name))
    negs.append(neg("central", (HOST, central)))
    negs.append(replace(neg("hybrid", (HOST, hybrid)), probed_by_proxies=True))
    urls = url_map(host("*", *(route(f"/{s.name}", s.name) for s in services)))
    whole = model(
        balancers=[load_balancer(http_proxy())], url_maps=[urls], services=services, negs=negs
    )
    known = {(named.name, HOST, central): EndpointHealth(True, "HTTP 200", 0.0)}
    return replace(whole, health_checks={c.name: c for c in checks}), known


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("health-checks")
    seen = Seen()
    with Background() as background, contextlib.ExitStack() as stack:
        a, known = a_model(background, seen)
        bindings = {rule("http"): SocketAddress(VIP, free_port(VIP))}
        compiler = Compiler(CompileOptions(proxy_source="127.32.9.7"))
        compiled = compiler.compile(a, bindings, {}, Balancer().assign(a, known, {}))
        assert compiled.findings == ()
        assert validate(compiled.snapshot, folder) == ""
        stack.enter_context(running(compiled.snapshot, folder))
        where = bindings[rule("http")]
        with httpx.Client(base_url=f"http://{where.address}:{where.port}", timeout=10) as client:
            yield types.SimpleNamespace(client=client, seen=seen, compiled=compiled)


@pytest.mark.parametrize("name", CASES)
def test_only_what_passes_gets_requests_from_the_first_one_on(proxy, name):
    answer = proxy.client.get(f"/{name}")
    assert answer.status_code == (200 if CASES[name][3] else 503), answer.text


def head(proxy, name):
    line, *headers = proxy.seen.starts[name].decode().strip().split("\r\n")
    return line, dict(header.split(": ", 1) for header in headers)


def test_probes_look_like_those_of_the_prober(proxy):
    line, headers = head(proxy, "http")
    assert line == "GET /live?deep=1 HTTP/1.1"
    assert headers["host"] == HOST
    assert headers["user-agent"] == "GoogleHC/1.0 (penstock)"
    assert head(proxy, "http-host")[1]["host"] == "shop.example"


def test_the_proxy_line_comes_before_everything(proxy):
    assert proxy.seen.starts["http-proxy"].startswith(PROXIED)
    assert proxy.seen.starts["http-proxy"].endswith(b"\r\nG")
    assert proxy.seen.starts["ssl-proxy"].startswith(PROXIED)
    assert proxy.seen.starts["ssl-proxy"].endswith(b"\r\n\x16")  # a TLS record


def test_without_a_port_the_one_that_serves_is_probed(proxy):
    assert proxy.client.get("/own").status_code == 503


def test_names_that_proxies_resolve_are_probed(proxy):
    assert proxy.client.get("/named").status_code == 200
    assert head(proxy, "named")[1]["host"] == "localhost"


def test_endpoints_that_the_prober_asks_are_not_asked_by_proxies(proxy):
    bodies = {proxy.client.get("/mixed").text for _ in range(20)}
    assert bodies == {"central", "hybrid"}
    assert "hybrid" in proxy.seen.starts
    assert "central" not in proxy.seen.starts


def test_services_whose_endpoints_the_prober_asks_have_no_checks_in_the_proxy():
    one = check(name="c")
    a = model(
        services=[replace(service("web"), health_check=one.name)], negs=[neg("web", (HOST, 80))]
    )
    a = replace(a, health_checks={one.name: one})
    compiled = Compiler(CompileOptions()).compile(a, {}, {}, Balancer().assign(a, {}, {}))
    assert not messages(compiled.snapshot, CLUSTER)["web"].health_checks
    [locality] = messages(compiled.snapshot, ENDPOINTS)["web"].endpoints
    assert not locality.lb_endpoints[0].endpoint.HasField("health_check_config")


def test_another_health_check_changes_the_cluster_only():
    """Endpoints have its port and host, which stay."""

    def compiled(compiler, path):
        one = check(name="c", path=path)
        web = replace(service("web"), health_check=HealthCheckName("c"))
        group = replace(neg("web", (HOST, 80)), name=NegName("web"), probed_by_proxies=True)
        a = replace(model(services=[web], negs=[group]), health_checks={one.name: one})
        return compiler.compile(a, {}, {}, Balancer().assign(a, {}, {})).snapshot

    compiler = Compiler(CompileOptions())
    before, after = compiled(compiler, "/a"), compiled(compiler, "/b")
    assert before.resources[CLUSTER]["web"] != after.resources[CLUSTER]["web"]
    assert before.resources[ENDPOINTS]["web"] == after.resources[ENDPOINTS]["web"]
    probe = messages(after, CLUSTER)["web"].health_checks[0]
    assert probe.http_health_check.path == "/b"


def test_proxies_wait_a_while_at_most_since_they_serve_nothing_before_the_first_probes():
    patient = check(name="c", interval=300.0, timeout=300.0)
    web = replace(service("web"), health_check=patient.name)
    group = replace(neg("web", (HOST, 80)), probed_by_proxies=True)
    a = replace(model(services=[web], negs=[group]), health_checks={patient.name: patient})
    compiled = Compiler(CompileOptions()).compile(a, {}, {}, Balancer().assign(a, {}, {}))
    [probe] = messages(compiled.snapshot, CLUSTER)["web"].health_checks
    assert (probe.timeout.seconds, probe.interval.seconds) == (20, 300)
