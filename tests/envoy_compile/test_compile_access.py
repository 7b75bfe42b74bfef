"""Clients that may not connect: refused at once, before TLS, counted and logged."""

import contextlib
import ipaddress
import socket
import ssl
import types

import httpx
import pytest
from compile_backends import http_echo
from compile_certificates import certificate
from compile_lab import logged
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
from compile_proxy import free_port, messages, running
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from penstock.envoy.compile import CompileOptions, Compiler, SocketAddress
from penstock.envoy.compile.access import refused_ranges
from penstock.envoy.resources import LISTENER
from penstock.model import ClientAccess, ClientRange, Origin

VIP, VIP_V6 = "127.10.230.1", "::1"
POD = "127.10.230.200"
HERE = Origin("PenstockConfig lab")
REFUSED = ("127.10.231.7", "127.10.231.40")
ALLOWED = ("127.0.0.1", "127.10.231.33", "127.10.232.1")


def access(*ranges):
    """`-` before a range refuses it."""
    made = [
        ClientRange(text.lstrip("-"), "vpc", "r1", not text.startswith("-"), HERE, "elsewhere")
        for text in ranges
    ]
    return ClientAccess(tuple(sorted(made, key=lambda r: r.range)))


FRONTS = {
    "http": access("-127.10.231.0/24", "127.10.231.32/29", "-fd00::/64"),
    "https": access("-127.10.231.0/24", "127.10.231.32/29"),
    "v6-open": access("-::/0", "::1/128"),
    "v6-shut": access("-::1/128"),
    "nobody": access("-0.0.0.0/0"),
}


def compiled(port=1, log=None, fronts=FRONTS):
    binding = (("web.test",), ("named",))
    proxies = [
        https_proxy(binding, default=("front",), name=name) if name == "https" else http_proxy(name)
        for name in fronts
    ]
    balancer = load_balancer(*proxies)
    rules = tuple(
        replace(r, access=setting(fronts[p.name]))
        for r, p in zip(balancer.forwarding_rules, proxies, strict=True)
    )
    made = model(
        balancers=[replace(balancer, forwarding_rules=rules)],
        url_maps=[url_map(host("*", route("/", "web")))],
        services=[service("web")],
        negs=[neg("web", (POD, port))],
        certificates=[certificate("front", "other.test"), certificate("named", "web.test")],
    )
    vips = {name: VIP_V6 if name.startswith("v6") else VIP for name in fronts}
    bindings = {rule(name): SocketAddress(vip, free_port(vip)) for name, vip in vips.items()}
    return Compiler(CompileOptions(access_log=log)).compile(made, bindings, {}), bindings


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("access")
    with contextlib.ExitStack() as stack:
        backend = stack.enter_context(http_echo("web", POD))
        log = folder / "access.log"
        result, bindings = compiled(backend, str(log))
        assert not result.findings
        stack.enter_context(running(result.snapshot, folder))
        yield types.SimpleNamespace(
            log=log,
            admin=folder / "admin.sock",
            at={name: tuple(bindings[rule(name)]) for name in FRONTS},
        )


def connect(place, source):
    return socket.create_connection(place, 10, source_address=(source, 0))


def is_refused(place, source):
    """Whether the connection is closed without a byte from the client; it waits for that."""
    with connect(place, source) as client:
        return client.recv(1) == b""


def answer(stream):
    stream.sendall(b"GET / HTTP/1.1\r\nHost: web.test\r\nConnection: close\r\n\r\n")
    return stream.makefile("rb").read().splitlines()[0]


@pytest.mark.parametrize("source", ALLOWED)
def test_clients_that_may_connect_are_served(proxy, source):
    with connect(proxy.at["http"], source) as client:
        assert b" 200 " in answer(client)


@pytest.mark.parametrize("front", ["http", "nobody"])
@pytest.mark.parametrize("source", REFUSED)
def test_clients_that_may_not_are_closed_at_once(proxy, front, source):
    assert is_refused(proxy.at[front], source)


@pytest.mark.parametrize("server_name", ["web.test", "unknown.test", None])
@pytest.mark.parametrize("source", [*REFUSED, *ALLOWED])
def test_tls_clients_are_refused_before_the_handshake(proxy, source, server_name):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with connect(proxy.at["https"], source) as client:
        if source in REFUSED:
            with pytest.raises((ConnectionError, ssl.SSLEOFError)):
                context.wrap_socket(client, server_hostname=server_name)
        else:
            with context.wrap_socket(client, server_hostname=server_name) as stream:
                assert b" 200 " in answer(stream)


def test_ipv6(proxy):
    with connect(proxy.at["v6-open"], "::1") as client:
        assert b" 200 " in answer(client)
    assert is_refused(proxy.at["v6-shut"], "::1")


def test_what_is_refused_is_counted_and_logged(proxy):
    def count():
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(proxy.admin))) as client:
            stats = client.get("http://admin/stats?filter=downstream_cx_no_route").text
        counts = dict(line.rsplit(": ", 1) for line in stats.splitlines())
        return int(counts.get(f"tcp.{rule('http')}.downstream_cx_no_route", 0))

    before = count()
    with connect(proxy.at["http"], REFUSED[0]) as client:
        assert client.recv(1) == b""
        port = client.getsockname()[1]
    assert count() == before + 1
    entries = logged(proxy, f'"{REFUSED[0]}:{port}"')
    [entry] = [e for e in entries if e["client"] == f"{REFUSED[0]}:{port}"]
    assert entry["response_details"] == "client_not_allowed"
    assert (entry["method"], entry["bytes_sent"]) == (None, 0)


def listener(**fronts):
    result, _ = compiled(fronts=fronts)
    [made] = messages(result.snapshot, LISTENER).values()
    return made


def test_access_leaves_the_other_chains_alone():
    shut = listener(https=access("-10.0.0.0/8"))
    less = listener(https=access("-10.0.0.0/16"))
    open_ = listener(https=access())
    names = [chain.name for chain in shut.filter_chains]
    assert names == ["web.test", "refused", "refused by name"]
    assert [chain.name for chain in open_.filter_chains] == ["web.test"]
    assert shut.filter_chains[0] == less.filter_chains[0] == open_.filter_chains[0]
    assert shut.default_filter_chain == open_.default_filter_chain


@st.composite
def ranges(draw):
    length = draw(st.integers(0, 8))
    number = draw(st.integers(0, 2**length - 1)) << (8 - length)
    return f"{draw(st.sampled_from(['', '-']))}10.0.0.{number}/{24 + length}"


@given(st.lists(ranges(), unique_by=lambda text: text.lstrip("-")), st.integers(0, 255))
def test_the_longest_range_decides(texts, last):
    made = access(*texts)
    address = f"10.0.0.{last}"
    decisive = made.decisive(address)
    refused = [n for n in refused_ranges(made) if ipaddress.ip_address(address) in n]
    assert len(refused) == (0 if decisive is None or decisive.allowed else 1)
