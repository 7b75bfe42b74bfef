"""What routes do: rewrites, redirects, headers, mirrors, CORS and faults, in a real Envoy."""

import contextlib
import ssl
import types
from functools import partial

import httpx
import pytest
from compile_certificates import certificate
from compile_lab import get, lab, logged, made, path_rule, routes_of, suffix_host
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
    rule,
    service,
    setting,
    url_map,
)
from compile_proxy import free_port, running
from compile_scripted import scripted
from msgspec.structs import replace

from penstock.envoy.compile import CompileOptions, Compiler, SocketAddress
from penstock.model import (
    CorsPolicy,
    FaultInjection,
    ForwardedFor,
    ForwardingRule,
    HeaderEdit,
    HeaderEdits,
    Mirror,
    Origin,
    PathRewrite,
    PrefixRewrite,
    Redirect,
    TemplateRewrite,
    Variable,
)

VIP = "127.23.0.21"
POD = "127.23.1.21"
WRITTEN = Origin("UrlMap web", ("headerAction",))


def to(*names, weights=None, **changes):
    """Forward, with further settings."""
    action = forward(*names, weights=weights)
    return replace(action, **{name: setting(value) for name, value in changes.items()})


def edit(name, *value, replaces=True):
    return HeaderEdit(name, value, replaces, WRITTEN)


def edits(request=(), response=(), without=(), response_without=()):
    return HeaderEdits(tuple(request), tuple(without), tuple(response), tuple(response_without))


REWRITES = {
    "prefix": ("/p", PathKind.PREFIX, PrefixRewrite("/new")),
    "root": ("/", PathKind.PREFIX, PrefixRewrite("/new/")),
    "text": ("/t/", PathKind.TEXT_PREFIX, PrefixRewrite("/")),
    "exact": ("/e", PathKind.EXACT, PrefixRewrite("/whole")),
    "regex": ("/r/[0-9]+", PathKind.REGEX, PrefixRewrite("/whole")),
    "template": ("/{a}/x/{b=**}", PathKind.TEMPLATE, TemplateRewrite("/{b}/y/{a}")),
    "covered": ("/{a}/x/{b=**}", PathKind.TEMPLATE, PrefixRewrite("/a\\1")),
    "pattern": ("/(.)/(.)", PathKind.REGEX, PathRewrite("/(.)/(.)", r"/\2/\1")),
}
VARIABLES = tuple(Variable)
ODD = '%REQ(:path)% 100% "quoted" \\ {client_ip_address} %%'


def hosts():
    for name, (path, kind, rewrite) in REWRITES.items():
        yield host(f"{name}.test", path_rule(path, to("one", rewrite=rewrite), kind=kind))
    yield host(
        "case.test",
        path_rule("/P", to("one", rewrite=PrefixRewrite("/new")), ignore_case=True),
    )
    yield host("rename.test", path_rule("/", to("one", host_rewrite="other.test:81")))
    yield host(
        "redirect.test",
        *(path_rule(f"/{code}", Redirect(code, host="to.test")) for code in REDIRECTS),
        path_rule("/https", Redirect(301, https=True)),
        path_rule("/path", Redirect(302, path="/there?a=b")),
        path_rule("/strip", Redirect(302, path="/there", strip_query=True)),
        path_rule("/prefix", Redirect(302, prefix="/new")),
        path_rule("/whole", Redirect(302, prefix="/new"), kind=PathKind.EXACT),
        path_rule("/port", Redirect(302, port=8080)),
        path_rule("/all", Redirect(302, https=True, host="to.test:8443", path="/x")),
    )
    yield replace(
        host(
            "edited.test",
            path_rule("/weighted", weighted(), edits=RULE_EDITS),
            path_rule("/zero", to("one", "two", weights=[1, 0]), edits=RULE_EDITS),
            path_rule("/fixed", FixedResponse(200, "hi"), edits=RULE_EDITS),
            path_rule("/redirect", Redirect(302, path="/x"), edits=RULE_EDITS),
            path_rule("/plain", "one"),
        ),
        headers=HOST_EDITS,
    )
    yield host(
        "values.test",
        path_rule(
            "/variables",
            "one",
            edits=edits(edit(f"x-{v.replace('_', '-')}", "<", v, ">") for v in VARIABLES),
        ),
        path_rule(
            "/empty",
            "one",
            edits=edits([edit("x-sni", Variable.TLS_SNI_HOSTNAME), edit("x-none", "")]),
        ),
        path_rule("/odd", "one", edits=edits([edit("x-odd", ODD)], [edit("x-odd", ODD)])),
        path_rule(
            "/order",
            "one",
            edits=edits([edit("x-a", "new", replaces=False)], without=["x-a"]),
        ),
        path_rule("/add", "one", edits=edits([edit("x-a", "new", replaces=False)])),
        path_rule("/bad", "one", edits=edits([edit("Host", "a"), edit("x-good", "b")])),
    )
    yield host("mirror.test", path_rule("/", to("one", mirror=Mirror("two", 100.0))))
    yield host("no-mirror.test", path_rule("/", to("one", mirror=Mirror("two", 0.0))))
    yield host("cors.test", path_rule("/", to("one", cors=CORS)), path_rule("/any", "one"))
    yield host("cors-any.test", path_rule("/", to("one", cors=CorsPolicy(allow_origins=("*",)))))
    yield host(
        "fault.test",
        path_rule("/abort", to("one", fault=FaultInjection(418, 100.0))),
        path_rule("/spared", to("one", fault=FaultInjection(418, 0.0))),
        path_rule("/both", to("one", fault=FaultInjection(418, 100.0, 0.3, 100.0))),
        path_rule("/", "one"),
    )


REDIRECTS = (301, 302, 303, 307, 308)
CORS = CorsPolicy(
    allow_origins=("https://a.test",),
    allow_origin_regexes=(r"https://.*\.b\.test",),
    allow_methods=("GET", "PUT"),
    allow_headers=("x-one", "x-two"),
    expose_headers=("x-backend",),
    max_age=600,
    allow_credentials=True,
)
RULE_EDITS = edits(
    [edit("x-level", "rule"), edit("x-rule", "1"), edit("x-gone", "rule")],
    [edit("x-level", "rule"), edit("x-gone", "rule")],
    without=["x-from-client"],
    response_without=["x-secret"],
)
HOST_EDITS = edits(
    [edit("x-level", "host", replaces=False)],
    [edit("x-level", "host", replaces=False)],
    without=["X-Gone"],
    response_without=["X-Gone"],
)
MAP_EDITS = edits(
    [edit("x-level", "map", replaces=False)],
    [edit("x-level", "map", replaces=False)],
)


def weighted():
    action = forward("one")
    (backend,) = action.backends
    own = edits([edit("x-level", "backend"), edit("x-backend-only", "1")], [edit("x-level", "b")])
    return replace(action, backends=(replace(backend, headers=own),))


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        pods = {name: stack.enter_context(scripted(name, POD)) for name in ("one", "two")}
        urls = replace(
            url_map(*hosts(), default=FixedResponse(404)),
            headers=MAP_EDITS,
            forwarded_for=ForwardedFor.CLIENT_AND_VIP,
        )
        made_lab = lab(
            stack,
            tmp_path_factory.mktemp("envoy"),
            VIP,
            urls,
            services=[service(name) for name in pods],
            negs=[neg(name, (POD, port)) for name, (port, _) in pods.items()],
            certificates=[certificate("default/tls", "values.test")],
            proxies=[http_proxy(), https_proxy(default=("default/tls",))],
        )
        yield types.SimpleNamespace(
            **vars(made_lab), got={name: got for name, (_, got) in pods.items()}
        )


@pytest.mark.parametrize(
    ("name", "path", "seen"),
    [
        ("prefix", "/p", "/new"),
        ("prefix", "/p/a?b=/p", "/new/a?b=/p"),
        ("root", "/a", "/new/a"),
        ("text", "/t/a", "/a"),
        ("exact", "/e?q", "/whole?q"),
        ("regex", "/r/17?q", "/whole?q"),
        ("template", "/1/x/2/3?q", "/2/3/y/1?q"),
        ("covered", "/1/x/2", "/a\\1"),
        ("pattern", "/a/b?q", "/b/a?q"),
        ("case", "/p/a", "/new/a"),
    ],
)
def test_rewrites(proxy, name, path, seen):
    assert get(proxy, f"{name}.test", path).json()["path"] == seen


def test_host_rewrite(proxy):
    assert get(proxy, "rename.test", "/").json()["headers"]["host"] == "other.test:81"


@pytest.mark.parametrize(
    ("name", "path", "status", "location"),
    [
        *(("", f"/{code}/x?q=1", code, f"http://to.test/{code}/x?q=1") for code in REDIRECTS),
        (":81", "/port/a", 302, "http://redirect.test:8080/port/a"),
        ("", "/path/a?q=1", 302, "http://redirect.test/there?a=b"),
        ("", "/strip/a?q=1", 302, "http://redirect.test/there"),
        (":81", "/prefix/a?q=1", 302, "http://redirect.test:81/new/a?q=1"),
        ("", "/whole?q=1", 302, "http://redirect.test/new?q=1"),
        ("", "/all?q=1", 302, "https://to.test:8443/x?q=1"),
    ],
)
def test_redirects(proxy, name, path, status, location):
    answer = get(proxy, f"redirect.test{name}", path)
    assert (answer.status_code, answer.headers["location"]) == (status, location)


HTTPS = path_rule("/", Redirect(301, https=True))


@pytest.fixture(scope="module")
def plain_port(tmp_path_factory):
    """Nothing was moved: the forwarding rule has the listener's own port."""
    port = free_port(VIP)
    balancer = load_balancer(http_proxy(), rules=[ForwardingRule(rule("http"), port, "http")])
    address = SocketAddress(VIP, port)
    a_model = model(balancers=[balancer], url_maps=[url_map(host("redirect.test", HTTPS))])
    compiled = Compiler(CompileOptions()).compile(a_model, {rule("http"): address}, {})
    with running(compiled.snapshot, tmp_path_factory.mktemp("envoy")):
        yield types.SimpleNamespace(http=address)


@pytest.mark.parametrize(
    ("port", "location"),
    [
        ("", "https://redirect.test/a?q=1"),
        (":80", "https://redirect.test/a?q=1"),
        *((f":{port}", "https://redirect.test:443/a?q=1") for port in (8, 81, 800, 8080, 10080)),
    ],
)
def test_redirects_to_https(plain_port, port, location):
    answer = get(plain_port, f"redirect.test{port}", "/a?q=1")
    assert (answer.status_code, answer.headers["location"]) == (301, location)


@pytest.mark.parametrize(
    ("bound", "port"), [(80, 443), (10_080, 10_443), (65_535, 443), (None, 443)]
)
def test_redirects_to_https_follow_moved_ports(bound, port):
    urls = url_map(host("a.test", HTTPS), default=Redirect(301, https=True))
    a_model = model(balancers=[load_balancer(http_proxy())], url_maps=[urls])
    bindings = {rule("http"): SocketAddress(VIP, bound)} if bound else {}
    compiler = Compiler(CompileOptions())
    compiler.compile(a_model, {rule("http"): SocketAddress(VIP, 9_080)}, {})
    result = compiler.compile(a_model, bindings, {})
    for name in ("a.test", "*"):
        redirects = [r.redirect for r in routes_of(result, name) if r.HasField("redirect")]
        # Requests that name no port need another one only if HTTPS has moved.
        expected = {0, port} if port == 443 else {port}
        assert {redirect.port_redirect for redirect in redirects} == expected


def test_edits_of_all_levels_in_their_order(proxy):
    answer = get(proxy, "edited.test", "/weighted", **{"x-from-client": "1", "x-level": "client"})
    seen = answer.json()["headers"]
    # A rule replaces what its backend has set; host and map add to it.
    assert "x-from-client" not in seen
    assert "x-gone" not in seen
    assert (seen["x-backend-only"], seen["x-rule"]) == ("1", "1")
    assert answer.headers.get_list("x-level") == ["rule", "host", "map"]
    assert "x-secret" not in answer.headers
    assert "x-gone" not in answer.headers
    assert answer.headers["x-backend"] == "shown"


def test_request_edits_of_all_levels_in_their_order(proxy):
    """The test's endpoint keeps the last of several lines."""
    assert get(proxy, "edited.test", "/weighted").json()["headers"]["x-level"] == "map"
    assert get(proxy, "edited.test", "/zero").json()["backend"] == "one"
    plain = get(proxy, "edited.test", "/plain")
    assert plain.headers.get_list("x-level") == ["host", "map"]
    assert plain.headers["x-secret"] == "hidden"


@pytest.mark.parametrize("path", ["/fixed", "/redirect"])
def test_edits_of_the_proxy_s_own_answers(proxy, path):
    answer = get(proxy, "edited.test", path)
    assert answer.headers.get_list("x-level") == ["rule", "host", "map"]
    assert "x-gone" not in answer.headers


def test_the_default_action_has_the_map_s_edits_only(proxy):
    answer = get(proxy, "edited.test", "/nowhere")
    assert (answer.status_code, answer.headers.get_list("x-level")) == (404, ["map"])


def test_percent_signs_and_quotes_are_just_text(proxy):
    answer = get(proxy, "values.test", "/odd")
    assert answer.json()["headers"]["x-odd"] == answer.headers["x-odd"] == ODD


def test_removals_come_before_additions(proxy):
    answer = get(proxy, "values.test", "/order", **{"x-a": "client"})
    assert answer.json()["headers"]["x-a"] == "new"


def test_empty_values_are_there(proxy):
    """A client cannot pretend what a variable did not know."""
    seen = get(proxy, "values.test", "/empty", **{"x-sni": "spoofed", "x-none": "x"}).json()
    assert (seen["headers"]["x-sni"], seen["headers"]["x-none"]) == ("", "")


def test_an_edit_that_cannot_be_made_is_left_out_alone(proxy):
    seen = get(proxy, "values.test", "/bad").json()["headers"]
    assert (seen["host"], seen["x-good"]) == ("values.test", "b")
    assert [(f.code, f.origin) for f in proxy.findings] == [("envoy/invalid-resource", WRITTEN)]


def values(seen):
    return {v: seen["headers"][f"x-{v.replace('_', '-')}"][1:-1] for v in VARIABLES}


def test_variables_in_clear(proxy):
    found = values(get(proxy, "values.test", "/variables").json())
    assert found[Variable.CLIENT_IP_ADDRESS] == "127.0.0.1"
    assert found[Variable.CLIENT_PORT].isdigit()
    assert found[Variable.CLIENT_PROTOCOL] == "HTTP/1.1"
    assert found[Variable.CLIENT_RTT_MSEC].isdigit()
    assert found[Variable.SERVER_IP_ADDRESS] == VIP
    assert found[Variable.SERVER_PORT] == str(proxy.http.port)
    assert found[Variable.CLIENT_ENCRYPTED] == "false"
    assert found[Variable.CLIENT_CERT_PRESENT] == "false"
    assert found[Variable.CLIENT_CERT_CHAIN_VERIFIED] == "false"
    assert found[Variable.CLIENT_CERT_ERROR] == "client_cert_not_provided"
    known = {
        Variable.CLIENT_CERT_PRESENT,
        Variable.CLIENT_CERT_CHAIN_VERIFIED,
        Variable.CLIENT_CERT_ERROR,
    }
    unknown = {v for v in VARIABLES if v.startswith(("tls_", "client_cert_"))} - known
    assert {found[v] for v in unknown} == {""}


def test_variables_over_tls(proxy):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    url = f"https://{proxy.https.address}:{proxy.https.port}/variables"
    with httpx.Client(http2=True, http1=False, verify=context, trust_env=False) as client:
        answer = client.get(
            url, headers={"host": "values.test"}, extensions={"sni_hostname": "values.test"}
        )
    found = values(answer.json())
    assert found[Variable.CLIENT_PROTOCOL] == "HTTP/2"
    assert found[Variable.CLIENT_ENCRYPTED] == "true"
    assert found[Variable.TLS_SNI_HOSTNAME] == "values.test"
    assert found[Variable.TLS_VERSION] == "TLSv1.3"
    assert found[Variable.TLS_CIPHER_SUITE].startswith("TLS_AES_")
    assert len(found[Variable.TLS_JA3_FINGERPRINT]) == 32
    assert found[Variable.TLS_JA4_FINGERPRINT].startswith("t13d")
    assert found[Variable.CLIENT_CERT_PRESENT] == "false"


@pytest.mark.parametrize("before", [{}, {"x-forwarded-for": "8.8.8.8, 9.9.9.9"}])
def test_forwarded_for_client_and_vip(proxy, before):
    seen = get(proxy, "mirror.test", "/", **before).json()["headers"]["x-forwarded-for"]
    assert seen == ",".join([*before.values(), "127.0.0.1", VIP])


def drained(got):
    while not got.empty():
        yield got.get()


def test_mirror(proxy):
    for path in ("/none", "/copied"):
        name = "no-mirror.test" if path == "/none" else "mirror.test"
        assert get(proxy, name, path).json()["backend"] == "one"
    # Nobody waits for a copy: some of earlier requests may still come.
    copies = iter(partial(proxy.got["two"].get, timeout=10), None)
    copy = next(copy for copy in copies if copy["path"] in ("/none", "/copied"))
    assert (copy["path"], copy["headers"]["host"]) == ("/copied", "mirror.test-shadow")


def preflight(proxy, name, origin):
    ask = {"origin": origin, "access-control-request-method": "PUT"}
    list(drained(proxy.got["one"]))
    return get(proxy, name, "/", method="OPTIONS", **ask).headers


@pytest.mark.parametrize("origin", ["https://a.test", "https://x.b.test"])
def test_cors_preflight_is_answered_by_the_proxy(proxy, origin):
    headers = preflight(proxy, "cors.test", origin)
    assert headers["access-control-allow-origin"] == origin
    assert headers["access-control-allow-methods"] == "GET,PUT"
    assert headers["access-control-allow-headers"] == "x-one,x-two"
    assert headers["access-control-max-age"] == "600"
    assert headers["access-control-allow-credentials"] == "true"
    assert proxy.got["one"].empty()


def test_cors_answers(proxy):
    allowed = get(proxy, "cors.test", "/", origin="https://a.test")
    assert allowed.headers["access-control-allow-origin"] == "https://a.test"
    assert allowed.headers["access-control-expose-headers"] == "x-backend"
    for origin in ("https://x.test", "https://a.test.evil", "https://xb.test"):
        other = get(proxy, "cors.test", "/", origin=origin)
        assert "access-control-allow-origin" not in other.headers
        assert "access-control-allow-origin" not in preflight(proxy, "cors.test", origin)
        assert proxy.got["one"].get(timeout=10)["method"] == "OPTIONS"
    assert (
        "access-control-allow-origin"
        not in get(proxy, "fault.test", "/", origin="https://a.test").headers
    )


def test_cors_for_any_origin(proxy):
    answer = get(proxy, "cors-any.test", "/", origin="https://x.test")
    assert answer.headers["access-control-allow-origin"] in ("*", "https://x.test")
    assert "access-control-max-age" not in preflight(proxy, "cors-any.test", "https://x.test")


def test_faults(proxy):
    assert get(proxy, "fault.test", "/abort").status_code == 418
    assert get(proxy, "fault.test", "/spared").status_code == 200
    assert get(proxy, "fault.test", "/").status_code == 200
    assert get(proxy, "fault.test", "/both", **{"x-request-id": "delayed"}).status_code == 418
    line = next(e for e in logged(proxy, '"delayed"') if e["request_id"] == "delayed")
    assert line["response_flags"] == "DI,FI"  # delay injected, fault injected


@pytest.mark.parametrize(
    "action",
    [
        to("x", rewrite=PrefixRewrite("new")),
        to("x", rewrite=PrefixRewrite("/a b")),
        to("x", rewrite=PrefixRewrite("/a?b")),
        to("x", rewrite=PrefixRewrite("/é")),
        to("x", rewrite=TemplateRewrite("/{a}")),
        to("x", host_rewrite="a b"),
        to("x", host_rewrite="a.test/x"),
        to("x", mirror=Mirror("y", 101.0)),
        to("x", fault=FaultInjection(99, 1.0)),
        to("x", fault=FaultInjection(500, -1.0)),
        to("x", fault=FaultInjection(delay=0.0, delay_percent=1.0)),
        to("x", cors=CorsPolicy(allow_origin_regexes=("a)(",))),
        to("x", cors=CorsPolicy(allow_methods=("GET\r\nX: y",))),
        to("x", "y", weights=[2**32 - 1, 1]),
        Redirect(200),
        Redirect(302, host="a b"),
        Redirect(302, path="/a\r\nx: y"),
        Redirect(302, path="//evil.test#"),
        Redirect(302, path="/é"),
        Redirect(302, prefix="a"),
    ],
)
def test_an_action_that_cannot_be_made_answers_500_alone(action):
    bad = path_rule("/", action)
    result = made(url_map(host("a.test", bad, path_rule("/ok", FixedResponse(200)))))
    routes = routes_of(result, "a.test")
    assert [r.direct_response.status for r in routes] == [500, 200, 404]
    assert [f.origin for f in result.findings] == [bad.origin]


@pytest.mark.parametrize(
    ("match", "template"),
    [("/{a}", "/{b}"), ("/{a}", "{a}"), ("/{a}", "/{a"), ("/{a}", "//{a}"), ("/{a}", "/ {a}")],
)
def test_bad_template_rewrites(match, template):
    action = to("x", rewrite=TemplateRewrite(template))
    bad = path_rule(match, action, kind=PathKind.TEMPLATE)
    result = made(url_map(suffix_host(".a.test", bad)))
    assert [r.direct_response.status for r in routes_of(result, "*.a.test")] == [500, 404]


@pytest.mark.parametrize(
    "name", [":path", "Host", "transfer-encoding", "Content-Length", "", "a b", "x\r\ny", "é"]
)
def test_headers_that_are_nobody_s_business(name):
    bad = edits([edit(name, "x")], [edit(name, "x")], [name], [name])
    result = made(url_map(host("a.test", path_rule("/", "x", edits=bad))))
    route = routes_of(result, "a.test")[0]
    assert not route.request_headers_to_add
    assert not route.response_headers_to_add
    assert not route.request_headers_to_remove
    assert not route.response_headers_to_remove
    assert result.findings


@pytest.mark.parametrize("value", ["a\r\nb: c", "a\0", "\ud800"])
def test_values_that_are_no_values(value):
    result = made(url_map(host("a.test", path_rule("/", "x", edits=edits([edit("x-a", value)])))))
    assert not routes_of(result, "a.test")[0].request_headers_to_add
    assert [f.origin for f in result.findings] == [WRITTEN]
