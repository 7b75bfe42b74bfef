"""Target proxies with real clients: HTTP versions, Via, keep-alive, WebSocket."""

import contextlib
import http.client
import json
import socket
import ssl
import types

import h2.connection
import h2.events
import httpx
import pytest
from compile_backends import http2_echo, http_echo, websocket_echo
from compile_certificates import certificate
from compile_models import (
    host,
    http_proxy,
    https_proxy,
    load_balancer,
    model,
    neg,
    route,
    rule,
    service,
    setting,
    url_map,
)
from compile_proxy import free_port, running
from front_backends import odd_server, websocket_tls_echo
from msgspec.structs import replace
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from penstock.envoy.compile import CompileOptions, Compiler, SocketAddress
from penstock.envoy.resources import LISTENER
from penstock.model import BackendProtocol, ForwardingRule, Origin

VIP = "127.32.0.10"
POD = "127.32.1.10"
BACKENDS = {
    "http": BackendProtocol.HTTP,
    "tls": BackendProtocol.HTTPS,
    "h2c": BackendProtocol.H2C,
    "h2": BackendProtocol.HTTP2,
    "odd": BackendProtocol.HTTP,
    "odd-tls": BackendProtocol.HTTPS,
    "sockets": BackendProtocol.HTTP,
    "sockets-tls": BackendProtocol.HTTPS,
    "brief": BackendProtocol.HTTP,
    "lasting": BackendProtocol.HTTP,
}
IDLE = {"brief": 0.1, "lasting": 600.0}


def a_model(ports):
    services = [
        replace(
            service(name, protocol=protocol),
            idle_timeout=setting(IDLE[name]) if name in IDLE else None,
        )
        for name, protocol in BACKENDS.items()
    ]
    changes = {"via": setting("google"), "cleartext_http2": False}
    plain, secure = http_proxy(), https_proxy(default=("front",))
    short = replace(http_proxy("short"), client_idle_timeout=setting(0.2))
    usual = http_proxy("usual")
    proxies = (replace(plain, **changes), replace(secure, **changes), short, usual)
    return model(
        balancers=[load_balancer(*proxies)],
        url_maps=[url_map(host("*", *(route(f"/{name}", name) for name in BACKENDS)))],
        services=services,
        negs=[neg(name, (POD, ports[name])) for name in BACKENDS],
        certificates=[certificate("front", "web.test")],
    )


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("front")
    made = certificate("pod", "pod.test")
    pem = folder / "pod.pem"
    pem.write_bytes(made.chain + made.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with contextlib.ExitStack() as stack:
        enter = stack.enter_context
        servers = {name: enter(odd_server(POD)) for name in ("odd", "brief", "lasting")}
        servers["odd-tls"] = enter(odd_server(POD, context))
        ports = {name: server.server_address[1] for name, server in servers.items()}
        ports["http"] = enter(http_echo("http", POD))
        ports["tls"] = enter(http_echo("tls", POD, context))
        ports["h2c"] = enter(http2_echo("h2c", POD))
        ports["h2"] = enter(http2_echo("h2", POD, pem))
        ports["sockets"] = enter(websocket_echo(POD))
        ports["sockets-tls"] = enter(websocket_tls_echo(POD, pem))
        names = ("http", "https", "short", "usual")
        bindings = {rule(name): SocketAddress(VIP, free_port(VIP)) for name in names}
        compiled = Compiler(CompileOptions()).compile(a_model(ports), bindings, {})
        assert compiled.findings == ()
        enter(running(compiled.snapshot, folder))
        yield types.SimpleNamespace(
            **{name: bindings[rule(name)] for name in names}, servers=servers
        )


def get(address, path, **headers):
    url = f"http://{address.address}:{address.port}{path}"
    with httpx.Client(trust_env=False) as client:
        return client.get(url, headers={"host": "web.test", **headers})


def secure_get(proxy, path, http2=False, **headers):
    url = f"https://{proxy.https.address}:{proxy.https.port}{path}"
    with httpx.Client(trust_env=False, verify=False, http2=http2) as client:
        return client.get(url, headers={"host": "web.test", **headers})


def talk(address, *lines):
    """What comes back for a request, until the proxy closes the connection or is silent."""
    with socket.create_connection(address, 10) as sock:
        sock.sendall("\r\n".join((*lines, "", "")).encode())
        return _received(sock)


def _received(sock):
    answer = b""
    with contextlib.suppress(ConnectionResetError):
        while part := sock.recv(65536):
            answer += part
    return answer


@pytest.mark.parametrize("name", ["http", "tls", "h2c", "h2"])
@pytest.mark.parametrize("http2", [False, True])
def test_the_backends_protocol_is_not_the_clients(proxy, name, http2):
    answer = secure_get(proxy, f"/{name}", http2)
    assert answer.status_code == 200
    assert answer.http_version == ("HTTP/2" if http2 else "HTTP/1.1")
    assert answer.json()["backend"] == name
    assert get(proxy.http, f"/{name}").json()["backend"] == name


def test_via_is_added_both_ways(proxy):
    answer = get(proxy.http, "/http")
    assert answer.json()["headers"]["via"] == "1.1 google"
    assert answer.headers["via"] == "1.1 google"


@pytest.mark.parametrize("http2", [False, True])
def test_via_comes_after_those_of_other_proxies(proxy, http2):
    answer = secure_get(proxy, "/odd", http2, via="1.0 alice")
    assert answer.json()["headers"]["via"] == "1.0 alice, 1.1 google"
    assert answer.headers["via"] == "1.0 fred, 1.1 google"


def test_the_proxys_own_answers_have_a_via(proxy):
    answer = get(proxy.http, "/nowhere")
    assert (answer.status_code, answer.headers["via"]) == (404, "1.1 google")


def test_without_a_name_there_is_no_via(proxy):
    answer = get(proxy.usual, "/http")
    assert "via" not in answer.json()["headers"]
    assert "via" not in answer.headers


def test_the_host_is_kept_and_the_scheme_told(proxy):
    plain = get(proxy.http, "/http", host="Shop.test:81").json()["headers"]
    assert (plain["host"], plain["x-forwarded-proto"]) == ("Shop.test:81", "http")
    secure = secure_get(proxy, "/http", **{"x-forwarded-proto": "http"}).json()["headers"]
    assert (secure["host"], secure["x-forwarded-proto"]) == ("web.test", "https")


def http2_in_clear(address):
    """The status that a client gets which begins with HTTP/2; None if it is cut off."""
    client = h2.connection.H2Connection()
    client.initiate_connection()
    client.send_headers(
        1,
        [(":method", "GET"), (":scheme", "http"), (":authority", "web.test"), (":path", "/http")],
        end_stream=True,
    )
    with socket.create_connection(address, 10) as sock:
        sock.sendall(client.data_to_send())
        raw = b""
        while part := sock.recv(65536):
            raw += part
            if raw.startswith(b"HTTP/1.1 "):
                return raw + _received(sock)
            for event in client.receive_data(part):
                if isinstance(event, h2.events.ResponseReceived):
                    return dict(event.headers)[b":status"]
    return raw


def test_http2_in_clear_is_refused_where_it_is_not_spoken(proxy):
    refused = http2_in_clear(proxy.http)
    assert refused.startswith(b"HTTP/1.1 400 Bad Request\r\n"), refused
    assert b"connection: close" in refused.lower()
    assert http2_in_clear(proxy.usual) == b"200"


def test_an_offer_of_http2_in_clear_is_passed_over(proxy):
    answer = talk(
        proxy.http,
        "GET /http HTTP/1.1",
        "Host: web.test",
        "Connection: Upgrade, HTTP2-Settings, close",
        "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABkAAQAAP__",
    )
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert "upgrade" not in json.loads(answer.partition(b"\r\n\r\n")[2])["headers"]


@pytest.mark.parametrize("secure", [False, True])
def test_http_1_0_is_refused(proxy, secure):
    request = b"GET /http HTTP/1.0\r\nHost: web.test\r\n\r\n"
    with socket.create_connection(proxy.https if secure else proxy.http, 10) as sock:
        if secure:
            sock = unverified().wrap_socket(sock)
        sock.sendall(request)
        answer = _received(sock)
        sock.close()
    assert answer.startswith(b"HTTP/1.1 426 Upgrade Required\r\n")
    assert b"connection: close" in answer


def unverified(*alpn):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (("h2", "http/1.1"), "h2"),
        (("http/1.1", "h2"), "h2"),
        (("http/1.1",), "http/1.1"),
        ((), None),
        (("spdy/3",), None),
    ],
)
def test_alpn(proxy, offered, chosen):
    with (
        socket.create_connection(proxy.https, 10) as sock,
        unverified(*offered).wrap_socket(sock, server_hostname="web.test") as secure,
    ):
        assert secure.selected_alpn_protocol() == chosen


def test_an_idle_client_is_closed_after_its_time_only(proxy):
    """600 s stand for any time longer than a test's; what counts is that 0.2 s are not those."""
    short, lasting = (http.client.HTTPConnection(*a, 10) for a in (proxy.short, proxy.http))
    with contextlib.closing(short), contextlib.closing(lasting):
        for client in (short, lasting):
            client.request("GET", "/http")
            assert client.getresponse().read()
        assert short.sock.recv(1) == b""
        first = lasting.sock
        lasting.request("GET", "/http")
        assert lasting.getresponse().read()
        assert lasting.sock is first


def test_an_idle_http2_client_is_told_before_it_is_closed(proxy):
    client = h2.connection.H2Connection()
    client.initiate_connection()
    events = []
    with socket.create_connection(proxy.short, 20) as sock:
        sock.sendall(client.data_to_send())
        while part := sock.recv(65536):
            events += client.receive_data(part)
    assert any(isinstance(event, h2.events.ConnectionTerminated) for event in events)


def test_connections_to_backends_are_kept_as_long_as_the_service_says(proxy):
    """One Envoy thread: a second request needs a new connection only if the first has gone."""
    before = {name: proxy.servers[name].connections for name in ("brief", "lasting")}

    def more(name):
        get(proxy.http, f"/{name}")
        return proxy.servers[name].connections - before[name]

    more("lasting")
    until = iter(range(600))
    while more("brief") < 2:
        # Each request starts the idle time anew: leave it alone for longer than that.
        next(until)
        with socket.create_connection(proxy.short, 10) as clock:
            assert clock.recv(1) == b""  # closed by the proxy after its own 0.2 s
    assert more("lasting") == 1


@pytest.mark.parametrize("front", ["http", "https"])
@pytest.mark.parametrize("backend", ["sockets", "sockets-tls"])
def test_websocket(proxy, front, backend):
    address = getattr(proxy, front)
    scheme, context = ("wss", unverified()) if front == "https" else ("ws", None)
    url = f"{scheme}://{address.address}:{address.port}/{backend}"
    with connect(url, ssl=context, proxy=None) as client:
        for message in ("hello", b"\x00\xff", "x" * 200_000):
            client.send(message)
            assert client.recv(10) == message


UPGRADE = (
    "Host: web.test",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


@pytest.mark.parametrize("backend", ["odd", "odd-tls"])
@pytest.mark.parametrize("status", [426, 502, 200, 404])
def test_a_refused_upgrade_closes_the_connection(proxy, backend, status):
    """`talk` comes back only because the proxy closes: the answer has a length and no `close`."""
    answer = talk(proxy.http, f"GET /{backend}/status/{status} HTTP/1.1", *UPGRADE)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())


def test_a_client_library_sees_the_backends_refusal(proxy):
    url = f"ws://{proxy.http.address}:{proxy.http.port}/odd/status/426"
    with pytest.raises(InvalidStatus) as refusal:
        connect(url, proxy=None)
    assert refusal.value.response.status_code == 426


@pytest.mark.parametrize("name", ["", "1.1 google", "a\r\nx: y", "ü", "a,b"])
def test_what_cannot_stand_in_via_is_a_finding_and_the_rest_is_served(name):
    made = model(
        balancers=[load_balancer(replace(http_proxy(), via=setting(name)))], url_maps=[url_map()]
    )
    bindings = {rule("http"): SocketAddress(VIP, 80)}
    compiled = Compiler(CompileOptions()).compile(made, bindings, {})
    assert [finding.code for finding in compiled.findings] == ["envoy/invalid-via"]
    assert rule("http") in compiled.snapshot.resources[LISTENER]


def test_findings_of_a_listener_are_where_its_forwarding_rule_is_written():
    origin = Origin("ForwardingRule second")
    proxy = http_proxy("second")
    rules = [ForwardingRule(rule("second"), 80, proxy.name, origin=origin)]
    made = model(
        balancers=[load_balancer(replace(proxy, client_idle_timeout=setting(-1.0)), rules=rules)],
        url_maps=[url_map()],
    )
    bindings = {rule("second"): SocketAddress(VIP, 80)}
    compiled = Compiler(CompileOptions()).compile(made, bindings, {})
    assert [(f.code, f.origin) for f in compiled.findings] == [("envoy/invalid-resource", origin)]
    assert compiled.owners.blame(LISTENER, "second") == origin
