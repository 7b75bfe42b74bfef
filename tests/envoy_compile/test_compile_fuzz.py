"""Whatever a model says, a real Envoy takes what it is compiled to."""

from pathlib import Path

import pytest
from compile_certificates import certificate
from compile_lab import path_rule
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
    route,
    rule,
    service,
    setting,
    url_map,
)
from compile_proxy import validate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from penstock.envoy.compile import CompileOptions, Compiler, SocketAddress
from penstock.model import (
    HOST_PORT,
    CorsPolicy,
    FaultInjection,
    ForwardedFor,
    HeaderEdit,
    HeaderEdits,
    HeaderMatch,
    HostKind,
    HostPattern,
    HostRule,
    Mirror,
    Origin,
    PathRewrite,
    PrefixRewrite,
    QueryMatch,
    Redirect,
    RetryPolicy,
    TemplateRewrite,
    ValueKind,
    Variable,
)

CERTIFICATE = certificate("ns/a", "a.test")
BINDINGS = {
    rule("http"): SocketAddress("127.23.0.2", 8080),
    rule("https"): SocketAddress("127.23.0.2", 8443),
}

odd_text = st.text(st.sampled_from("ab./*%\\$^()[]{}?+|:-_ \t\n\r\0é\ud800\"'"), max_size=12)
names = st.one_of(odd_text, st.sampled_from(["a.test", "b.a.test", "[::1]", "10.0.0.1"]))
paths = st.one_of(odd_text, odd_text.map("/".__add__), st.sampled_from(["/", "/a", "/(.*)"]))
times = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, 1e-9, 30.0])


_DETAILS = ("rewrite", "host_rewrite", "max_duration", "mirror", "cors", "fault", "retry")
templates = st.one_of(
    paths, st.text(st.sampled_from("ab/*{}=.-"), max_size=10), st.just("/{a}/b/{c=**}")
)
statuses = st.integers(100, 700)
percents = st.floats(allow_nan=True) | st.sampled_from([0.0, 33.3, 100.0])
header_names = odd_text | st.sampled_from(["x-a", "host", ":path", "Content-Length", "x_b"])
maybe_times = st.none() | times
texts = st.lists(odd_text | st.sampled_from(["*", "https://a.test"]), max_size=2).map(tuple)
edit = st.builds(
    HeaderEdit,
    name=header_names,
    value=st.lists(odd_text | st.sampled_from(Variable), max_size=3).map(tuple),
    replace=st.booleans(),
    origin=st.just(Origin("UrlMap fuzz")),
)
several_edits = st.lists(edit, max_size=2).map(tuple)
several_names = st.lists(header_names, max_size=2).map(tuple)
edits = st.just(HeaderEdits()) | st.builds(
    HeaderEdits, several_edits, several_names, several_edits, several_names
)
header_matches = st.builds(
    HeaderMatch,
    name=header_names | st.just(HOST_PORT),
    kind=st.sampled_from(ValueKind),
    value=odd_text,
    start=st.integers(-9, 9) | st.integers(),
    end=st.integers(-9, 9) | st.integers(),
    invert=st.booleans(),
)
query_matches = st.builds(QueryMatch, odd_text, st.sampled_from(ValueKind), odd_text)
redirects = st.builds(
    Redirect,
    status=st.sampled_from([301, 302, 303, 307, 308, 200]),
    https=st.booleans(),
    host=st.just("") | names,
    path=st.just("") | paths,
    prefix=st.just("") | paths,
    strip_query=st.booleans(),
)
rewrites = st.one_of(
    st.builds(PathRewrite, paths, odd_text),
    st.builds(PrefixRewrite, paths),
    st.builds(TemplateRewrite, templates),
)
details = st.fixed_dictionaries(
    {
        "rewrite": rewrites,
        "host_rewrite": names,
        "max_duration": times,
        "mirror": st.builds(Mirror, st.just("b"), percents),
        "cors": st.builds(CorsPolicy, texts, texts, texts, texts, texts, st.none() | statuses),
        "fault": st.builds(FaultInjection, st.none() | statuses, percents, maybe_times, percents),
        "retry": st.builds(RetryPolicy, st.just(("5xx",)), st.integers(-1, 5), maybe_times, texts),
    }
)


@st.composite
def actions(draw):
    kind = draw(st.sampled_from(["fixed", "redirect", "forward", "forward"]))
    if kind == "fixed":
        return FixedResponse(draw(statuses), draw(odd_text))
    if kind == "redirect":
        return draw(redirects)
    action = forward(
        "a",
        "b",
        weights=draw(st.tuples(st.integers(0, 3), st.integers(0, 2**33))),
        timeout=draw(times),
    )
    shares = tuple(replace(share, headers=draw(edits)) for share in action.backends)
    chosen = draw(st.sets(st.sampled_from(sorted(_DETAILS)), max_size=3))
    values = draw(details)
    settings_ = {name: setting(values[name]) for name in chosen}
    return replace(action, backends=shares, **settings_)


@st.composite
def hosts(draw):
    kind = draw(st.sampled_from(HostKind))
    name = draw(names)
    if kind is HostKind.SUFFIX:
        name = draw(st.sampled_from([".", "-", ""])) + name
    port = draw(st.sampled_from([0, 0, 80, 81, -1, 70_000]))
    pattern = HostPattern(kind, "" if kind is HostKind.ANY else name, port)
    routes = [
        path_rule(
            draw(templates),
            draw(actions()),
            kind=draw(st.sampled_from(PathKind)),
            ignore_case=draw(st.booleans()),
            name=draw(odd_text),
            headers=tuple(draw(st.lists(header_matches, max_size=2))),
            query=tuple(draw(st.lists(query_matches, max_size=1))),
            edits=draw(edits),
        )
        for _ in range(draw(st.integers(0, 3)))
    ]
    return HostRule(pattern, tuple(routes), draw(edits))


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
    urls = url_map(*draw(st.lists(hosts(), max_size=4)), default=draw(actions()))
    http = http_proxy(request_timeout=draw(times))
    return model(
        balancers=[load_balancer(http, https)],
        url_maps=[
            replace(urls, headers=draw(edits), forwarded_for=draw(st.sampled_from(ForwardedFor)))
        ],
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
    max_examples=40,
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
