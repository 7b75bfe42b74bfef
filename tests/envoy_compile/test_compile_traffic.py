"""What the compiled resources do to real requests, in a real Envoy."""

import contextlib
import json
import re
import socket
import ssl
import types

import h2.connection
import h2.events
import httpx
import pytest
from compile_backends import http2_echo, http_echo, websocket_echo
from compile_certificates import certificate, common_name
from compile_models import (
    FixedResponse,
    PathKind,
    forward,
    host,
    http_proxy,
    https_proxy,
    load_balancer,
    model,
    neg,
    retries,
    route,
    rule,
    service,
    url_map,
)
from compile_proxy import free_port, running
from websockets.sync.client import connect

from penstock.envoy.compile import CompileOptions, Compiler, SocketAddress
from penstock.envoy.compile.shards import SHARDED_FROM
from penstock.envoy.resources import SHARD_HEADER
from penstock.model import BackendProtocol, Endpoint, NegKind

VIP = "127.23.0.10"
POD = "127.23.1.10"
SOURCE = "127.23.9.1"


def hosts():
    yield host(
        "exact.test",
        route("/", "one", kind=PathKind.EXACT),
        route("/exact", "one", kind=PathKind.EXACT),
        route("/foo", "one"),
        route("/CASE", "one", ignore_case=True),
        route("/fixed", FixedResponse(503, "no endpoints\n")),
        route("/rewrite/(\\w+)(/|$)(.*)", rewriting(), kind=PathKind.REGEX, ignore_case=True),
        route("/number/[0-9]+", "one", kind=PathKind.REGEX),
        route("/ws", "sockets"),
        route("/silent", forward("silent", timeout=0.3)),
        route("/idle", forward("silent", timeout=0.0, idle=0.3)),
        route("/empty", "empty"),
        route("/unready", "unready"),
        route("/gone", forward("gone", timeout=2.0, retry=retries())),
        route("/half", "half"),
        route("/half-once", "half-plain"),
        route("/half-route", forward("half-plain", retry=retries())),
        route("/named", "named"),
        route("/tls", "tls"),
        route("/h2c", "h2c"),
        route("/h2", "h2"),
        route("/unknown", "no-such-cluster"),
        route("/bad", forward("one", rewrite=("a)(b", "/x"))),
    )
    yield host("*.wild.test", route("/", "two"))
    yield host("*.deep.wild.test", route("/deep", "one"))
    yield host("exact.wild.test", route("/", "one"))
    yield host("*", route("/any", "three"))


def rewriting():
    return forward("one", rewrite=("(?i)/rewrite/(\\w+)(/|$)(.*)", r"/\1-\3"))


CERTIFICATES = (
    certificate("default/exact-rsa", "exact.test", key_type="rsa"),
    certificate("default/exact-ec", "exact.test"),
    certificate("default/wild", "*.wild.test"),
    certificate("default/fallback", "fallback.test"),
)


PROTOCOLS = {
    "tls": BackendProtocol.HTTPS,
    "h2c": BackendProtocol.H2C,
    "h2": BackendProtocol.HTTP2,
}


def a_model(ports, others):
    addresses = {name: neg(name, (POD, port)) for name, port in ports.items() if name != "unready"}
    addresses["unready"] = neg("unready", Endpoint(POD, ports["one"], ready=False))
    addresses["empty"] = neg("empty")
    addresses["gone"] = neg("gone", (POD, 1))
    for name in ("half", "half-plain"):
        addresses[name] = neg(name, (POD, ports["one"]), (POD, 1))
    addresses["named"] = neg("named", ("localhost", 1), kind=NegKind.FQDN_PORT)
    services = [
        service(
            name,
            protocol=PROTOCOLS.get(name, BackendProtocol.HTTP),
            retry=retries() if name == "half" else None,
        )
        for name in addresses
    ]
    https = https_proxy(
        (("exact.test",), ("default/exact-rsa", "default/exact-ec")),
        (("*.wild.test",), ("default/wild",)),
        default=("default/fallback",),
    )
    return model(
        balancers=[load_balancer(http_proxy(), https)],
        url_maps=[url_map(*hosts(), *others)],
        services=services,
        negs=addresses.values(),
        certificates=CERTIFICATES,
    )


OTHERS = {
    "whole": [],
    "sharded": [host(f"h{number}.other.test", route("/", "two")) for number in range(SHARDED_FROM)],
}
"""Hosts beside those that are asked for, which must not matter to these."""


@pytest.fixture(scope="module", params=OTHERS)
def proxy(tmp_path_factory, request):
    folder = tmp_path_factory.mktemp("envoy")
    log = folder / "access.log"
    with contextlib.ExitStack() as stack:
        ports = {
            name: stack.enter_context(http_echo(name, POD)) for name in ("one", "two", "three")
        }
        ports["tls"] = stack.enter_context(http_echo("tls", POD, tls_context(folder)))
        ports["h2c"] = stack.enter_context(http2_echo("h2c", POD))
        ports["h2"] = stack.enter_context(http2_echo("h2", POD, folder / "pod.pem"))
        ports["sockets"] = stack.enter_context(websocket_echo(POD))
        ports["silent"] = stack.enter_context(silence()).getsockname()[1]
        bindings = {rule(n): SocketAddress(VIP, free_port(VIP)) for n in ("http", "https")}
        options = CompileOptions(access_log=str(log), proxy_source=SOURCE)
        compiled = Compiler(options).compile(a_model(ports, OTHERS[request.param]), bindings, {})
        stack.enter_context(running(compiled.snapshot, folder))
        yield types.SimpleNamespace(
            http=bindings[rule("http")],
            https=bindings[rule("https")],
            log=log,
            findings=compiled.findings,
            others=[rule.host for rule in OTHERS[request.param]],
        )


def silence():
    """A socket that takes connections and never says anything."""
    return socket.create_server((POD, 0))


def tls_context(folder):
    made = certificate("default/pod", "pod.test")
    path = folder / "pod.pem"
    path.write_bytes(made.chain + made.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def get(proxy, name, path, **headers):
    """The answer to a request for a host, over plain HTTP."""
    url = httpx.URL(f"http://{proxy.http.address}:{proxy.http.port}").copy_with(
        raw_path=path.encode()
    )
    return httpx.get(url, headers={"host": name, **headers}, timeout=10, trust_env=False)


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        ("exact.test", "/", "one"),
        ("EXACT.test:8080", "/", "one"),
        ("exact.test.", "/", "one"),
        ("exact.test", "/exact", "one"),
        ("exact.test", "/exact/", 404),
        ("exact.test", "/EXACT", 404),
        ("exact.test", "/foo", "one"),
        ("exact.test", "/foo/", "one"),
        ("exact.test", "/foo/bar?x=1", "one"),
        ("exact.test", "/foobar", 404),
        ("exact.test", "/x/../foo", "one"),
        ("exact.test", "//foo", "one"),
        ("exact.test", "/case/x", "one"),
        ("exact.test", "/number/17", "one"),
        ("exact.test", "/number/17/x", 404),
        ("exact.test", "/any", 404),
        ("exact.test", "/fixed", 503),
        ("exact.test", "/empty", 503),
        ("exact.test", "/unready", 503),
        ("exact.test", "/gone", 503),
        ("exact.test", "/unknown", 503),
        ("exact.test", "/bad", 500),
        ("exact.test", "/tls", "tls"),
        ("exact.test", "/h2c", "h2c"),
        ("exact.test", "/h2", "h2"),
        ("a.wild.test", "/", "two"),
        ("A.Wild.test:80", "/x", "two"),
        ("exact.wild.test", "/", "one"),
        ("wild.test", "/", 404),
        ("a.b.wild.test", "/", 404),
        ("a.b.wild.test", "/any", "three"),
        ("a.b.wild.test:80", "/any", "three"),
        ("deep.wild.test", "/deep", "two"),
        ("a.deep.wild.test", "/deep", "one"),
        ("a.deep.wild.test", "/any", 404),
        ("a.b.deep.wild.test", "/deep", 404),
        ("a.b.deep.wild.test", "/any", "three"),
        ("other.test", "/any", "three"),
        ("other.test", "/", 404),
        (VIP, "/any/thing", "three"),
    ],
)
def test_hosts_and_paths(proxy, name, path, expected):
    answer = get(proxy, name, path)
    if isinstance(expected, int):
        assert answer.status_code == expected
    else:
        assert answer.status_code == 200
        assert answer.json()["backend"] == expected


def test_hosts_are_found_in_their_shards(proxy):
    with httpx.Client(trust_env=False) as client:
        for name in map(str, proxy.others[::16]):
            for asked in (name, name.upper()):
                url = f"http://{proxy.http.address}:{proxy.http.port}/"
                answer = client.get(url, headers={"host": asked})
                assert answer.json()["backend"] == "two", asked


def test_default_action_says_its_text(proxy):
    assert get(proxy, "nowhere.test", "/").text == "no route\n"
    assert get(proxy, "exact.test", "/fixed").text == "no endpoints\n"


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/rewrite/shop/a/b?q=1", "/shop-a/b?q=1"),
        ("/REWRITE/shop", "/shop-"),
        ("/rewrite/shop/", "/shop-"),
    ],
)
def test_rewrite_with_captures(proxy, path, seen):
    assert get(proxy, "exact.test", path).json()["path"] == seen


def test_what_endpoints_and_clients_see(proxy):
    spoofed = {"x-forwarded-for": "8.8.8.8", "x-envoy-retry-on": "5xx", "x-request-id": "abc"}
    answer = get(proxy, "exact.test", "/foo", **spoofed)
    seen = answer.json()
    assert seen["client"] == SOURCE
    assert seen["headers"]["host"] == "exact.test"
    assert seen["headers"]["x-forwarded-for"].startswith("8.8.8.8,")
    assert seen["headers"]["x-forwarded-proto"] == "http"
    assert SHARD_HEADER not in seen["headers"]
    assert "x-envoy-retry-on" not in seen["headers"]
    assert answer.headers["x-request-id"] == seen["headers"]["x-request-id"] == "abc"
    assert "x-envoy-upstream-service-time" not in answer.headers
    assert get(proxy, "exact.test", "/fixed").headers["server"] == "penstock"


@pytest.mark.parametrize("header", ["x_user", SHARD_HEADER])
def test_headers_with_underscores_are_refused(proxy, header):
    assert get(proxy, "exact.test", "/foo", **{header: "admin"}).status_code == 400


@pytest.mark.parametrize("path", ["/silent", "/idle"])
def test_a_route_s_time_limits(proxy, path):
    """Of the route that is found in the end, not of what was found before the shard was known."""
    assert get(proxy, "exact.test", path).status_code == 504


@pytest.mark.parametrize("wanted", ["foo", "TLS/1.0", "websocket, foo"])
def test_upgrades_to_unknown_protocols_are_refused(proxy, wanted):
    answer = get(proxy, "exact.test", "/foo", connection="upgrade", upgrade=wanted)
    assert answer.status_code == 403


def test_several_hosts_are_refused(proxy):
    with socket.create_connection(proxy.http, timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: exact.test\r\nHost: other.test\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_escaped_slashes_are_redirected(proxy):
    answer = get(proxy, "exact.test", "/x/..%2Ffoo")
    assert answer.status_code == 307
    assert answer.headers["location"] == "/foo"


def tls(proxy, server_name, *, ciphers=None, alpn=()):
    """Certificate name, TLS version and ALPN that a client gets."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if ciphers:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(ciphers)
    if alpn:
        context.set_alpn_protocols(alpn)
    with (
        socket.create_connection(proxy.https, timeout=10) as raw,
        context.wrap_socket(raw, server_hostname=server_name) as connection,
    ):
        certificate = common_name(connection.getpeercert(binary_form=True))
        return certificate, connection.version(), connection.selected_alpn_protocol()


@pytest.mark.parametrize(
    ("server_name", "ciphers", "expected"),
    [
        ("exact.test", "ECDHE-ECDSA-AES128-GCM-SHA256", "default/exact-ec"),
        ("exact.test", "ECDHE-RSA-AES128-GCM-SHA256", "default/exact-rsa"),
        ("EXACT.test", "ECDHE-RSA-AES128-GCM-SHA256", "default/exact-rsa"),
        ("a.wild.test", None, "default/wild"),
        ("other.test", None, "default/fallback"),
        (None, None, "default/fallback"),
    ],
)
def test_certificate_by_server_name(proxy, server_name, ciphers, expected):
    assert tls(proxy, server_name, ciphers=ciphers)[0] == expected


def test_tls_versions_and_alpn(proxy):
    assert tls(proxy, "exact.test", alpn=["h2", "http/1.1"])[1:] == ("TLSv1.3", "h2")
    assert tls(proxy, "exact.test", alpn=["http/1.1"])[2] == "http/1.1"


def test_old_tls_is_refused(proxy):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLS"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        socket.create_connection(proxy.https, timeout=10) as raw,
        pytest.raises(ssl.SSLError),
    ):
        context.wrap_socket(raw, server_hostname="exact.test")


@pytest.mark.parametrize("http2", [False, True])
def test_https_goes_the_same_ways(proxy, http2):
    url = f"https://{proxy.https.address}:{proxy.https.port}/foo"
    with httpx.Client(http2=http2, http1=not http2, verify=False, trust_env=False) as client:
        answer = client.get(
            url, headers={"host": "exact.test"}, extensions={"sni_hostname": "exact.test"}
        )
    assert answer.http_version == ("HTTP/2" if http2 else "HTTP/1.1")
    assert answer.json()["backend"] == "one"
    assert answer.json()["headers"]["x-forwarded-proto"] == "https"


def test_one_connection_serves_every_host(proxy):
    """HTTP/2 clients reuse a connection for other hosts, whatever chain it came in by."""
    base = f"https://{proxy.https.address}:{proxy.https.port}"
    with httpx.Client(http2=True, http1=False, verify=False, trust_env=False) as client:
        for name, expected in (("exact.test", "one"), ("a.wild.test", "two")):
            answer = client.get(
                f"{base}/foo", headers={"host": name}, extensions={"sni_hostname": "a.wild.test"}
            )
            assert answer.json()["backend"] == expected


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_websocket(proxy, scheme):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    secure = {"ssl": context, "server_hostname": "exact.test"} if scheme == "wss" else {}
    address = proxy.https if scheme == "wss" else proxy.http
    with (
        socket.create_connection(address) as raw,
        connect(f"{scheme}://exact.test/ws", sock=raw, proxy=None, **secure) as connection,
    ):
        connection.send("hello")
        assert connection.recv(timeout=10) == "hello"


def test_http2_does_not_offer_websockets(proxy):
    """Browsers then open an HTTP/1.1 connection for them, which every endpoint understands."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    connection = h2.connection.H2Connection()
    connection.initiate_connection()
    with (
        socket.create_connection(proxy.https, timeout=10) as raw,
        context.wrap_socket(raw, server_hostname="exact.test") as stream,
    ):
        first(connection, stream, h2.events.RemoteSettingsChanged)
    assert connection.remote_settings.enable_connect_protocol == 0
    assert connection.remote_settings.max_concurrent_streams == 100


def first(connection, stream, kind):
    """Send what is due and read until an event of a kind comes."""
    while True:
        stream.sendall(connection.data_to_send())
        for event in connection.receive_data(stream.recv(65_536)):
            if isinstance(event, kind):
                return event


def test_access_log(proxy):
    get(proxy, "exact.test", "/rewrite/shop/logged?a=%22", **{"user-agent": 'x"y'})
    tls_url = f"https://{proxy.https.address}:{proxy.https.port}/foo"
    with httpx.Client(verify=False, trust_env=False) as client:
        client.get(
            tls_url,
            headers={"host": "exact.test", "x-request-id": "last"},
            extensions={"sni_hostname": "exact.test"},
        )
    lines = wait_for_lines(proxy.log, '"last"')
    rewritten = next(line for line in lines if line["path"] and "logged" in line["path"])
    assert rewritten["path"] == "/rewrite/shop/logged?a=%22"
    assert rewritten["user_agent"] == 'x"y'
    assert rewritten["status"] == 200
    assert rewritten["route"] == "web REGEX /rewrite/(\\w+)(/|$)(.*)"
    assert rewritten["upstream_cluster"] == "one"
    assert isinstance(rewritten["duration_ms"], int)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", rewritten["time"])
    secure = next(line for line in lines if line["request_id"] == "last")
    assert (secure["sni"], secure["tls_version"]) == ("exact.test", "TLSv1.3")
    assert secure["client"].rpartition(":")[2].isdigit()


def wait_for_lines(path, wanted):
    """The log's lines once ``wanted`` is in it; Envoy flushes now and then."""
    with path.open() as log:
        text = ""
        while wanted not in text or not text.endswith("\n"):
            text += log.read()
    return [json.loads(line) for line in text.splitlines()]


def test_only_the_broken_route_is_found(proxy):
    assert [(f.code, f.origin.path) for f in proxy.findings] == [
        ("envoy/invalid-regex", ("spec", "web PREFIX /bad"))
    ]


def test_a_backend_service_s_retries_hold_for_its_routes(proxy):
    assert {get(proxy, "exact.test", "/half").status_code for _ in range(20)} == {200}


def test_without_a_policy_nothing_is_tried_again(proxy):
    assert {get(proxy, "exact.test", "/half-once").status_code for _ in range(20)} == {200, 503}


def test_a_route_may_have_the_policy_where_its_backend_service_has_none(proxy):
    assert {get(proxy, "exact.test", "/half-route").status_code for _ in range(20)} == {200}
