"""Whatever a model says, a real Envoy takes what it is compiled to."""

from pathlib import Path

import pytest
from compile_certificates import certificate
from compile_models import (
    BackendProtocol,
    Endpoint,
    FixedResponse,
    NegKind,
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
from compile_proxy import validate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.envoy.compile import CompileOptions, Compiler, SocketAddress
from penstock.model import HostKind, HostPattern, HostRule

CERTIFICATE = certificate("ns/a", "a.test")
BINDINGS = {
    rule("http"): SocketAddress("127.23.0.2", 8080),
    rule("https"): SocketAddress("127.23.0.2", 8443),
}

odd_text = st.text(st.sampled_from("ab./*%\\$^()[]{}?+|:-_ \t\n\r\0é\ud800\"'"), max_size=12)
names = st.one_of(odd_text, st.sampled_from(["a.test", "b.a.test", "[::1]", "10.0.0.1"]))
paths = st.one_of(odd_text, odd_text.map("/".__add__), st.sampled_from(["/", "/a", "/(.*)"]))
times = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, 1e-9, 30.0])


@st.composite
def actions(draw):
    if draw(st.booleans()):
        return FixedResponse(draw(st.integers(100, 700)), draw(odd_text))
    return forward(
        "a",
        "b",
        weights=draw(st.tuples(st.integers(0, 3), st.integers(0, 2**33))),
        timeout=draw(times),
        retry=retries(draw(st.integers(-1, 5))),
        rewrite=draw(st.none() | st.tuples(paths, odd_text)),
    )


@st.composite
def hosts(draw):
    kind = draw(st.sampled_from(HostKind))
    pattern = HostPattern(kind, "" if kind is HostKind.ANY else draw(names))
    routes = [
        route(
            draw(paths),
            draw(actions()),
            kind=draw(st.sampled_from(PathKind)),
            ignore_case=draw(st.booleans()),
            name=draw(odd_text),
        )
        for _ in range(draw(st.integers(0, 3)))
    ]
    return HostRule(pattern, tuple(routes))


endpoints = st.builds(
    Endpoint,
    address=st.sampled_from(["127.0.0.1", "::1", "10.0.0.1", "fe80::1%lo", "x.test", "", "\0"]),
    port=st.sampled_from([1, 80, 65535, 0, -1, 65536]),
    zone=st.sampled_from(["", "a", "b"]),
)


@st.composite
def models(draw):
    https = https_proxy(
        (tuple(draw(st.lists(names, max_size=3))), ("ns/a",)),
        (tuple(draw(st.lists(names, max_size=3))), ("ns/a", "ns/b")),
        default=draw(st.sampled_from([(), ("ns/a",)])),
    )
    http = http_proxy(request_timeout=draw(times))
    return model(
        balancers=[load_balancer(http, https)],
        url_maps=[url_map(*draw(st.lists(hosts(), max_size=4)), default=draw(actions()))],
        services=[
            service(
                name,
                protocol=draw(st.sampled_from(BackendProtocol)),
                connect_timeout=draw(times),
            )
            for name in "ab"
        ],
        negs=[
            neg(
                name,
                *draw(st.lists(endpoints, max_size=3)),
                kind=draw(st.sampled_from(NegKind)),
            )
            for name in "ab"
        ],
        certificates=[CERTIFICATE],
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(models())
def test_envoy_takes_it(folder: Path, a_model):
    compiled = Compiler(CompileOptions(proxy_source="127.30.0.1")).compile(a_model, BINDINGS, {})
    assert validate(compiled.snapshot, folder) == ""


def test_many_label_wildcards_stay_within_limits(folder):
    deep = "*." + ".".join("abcdefghijklmnopqrst") + ".test"
    a_model = model(
        balancers=[load_balancer(http_proxy())],
        url_maps=[url_map(host("*", route("/", FixedResponse(200))), host(deep))],
    )
    compiled = Compiler(CompileOptions()).compile(a_model, BINDINGS, {})
    assert compiled.findings == ()
    assert validate(compiled.snapshot, folder) == ""
