"""Which route a request takes: hosts, ports, paths, headers and queries, in a real Envoy."""

import contextlib
import socket

import pytest
from compile_lab import DEFAULT, get, lab, made, path_rule, ported, routes_of, suffix_host
from compile_models import FixedResponse, host, url_map

from penstock.envoy.resources import ROUTES
from penstock.model import (
    HeaderMatch,
    HostKind,
    PathKind,
    QueryMatch,
    ValueKind,
)

VIP = "127.23.0.20"


def says(number, path="/", kind=PathKind.PREFIX, **match):
    """A rule whose answer tells that it was taken."""
    return path_rule(path, FixedResponse(200, str(number)), kind=kind, **match)


def header(name, kind, value="", invert=False, start=0, end=0):
    return HeaderMatch(name, kind, value, start, end, invert)


HEADERS = {
    "exact": header("x-a", ValueKind.EXACT, "b"),
    "prefix": header("x-a", ValueKind.PREFIX, "b"),
    "suffix": header("x-a", ValueKind.SUFFIX, "b"),
    "regex": header("x-a", ValueKind.REGEX, "b+"),
    "present": header("x-a", ValueKind.PRESENT),
    "range": header("x-a", ValueKind.RANGE, start=-5, end=0),
    "not-exact": header("x-a", ValueKind.EXACT, "b", invert=True),
    "not-prefix": header("x-a", ValueKind.PREFIX, "b", invert=True),
    "not-empty": header("x-a", ValueKind.EXACT, "", invert=True),
    "not-regex": header("x-a", ValueKind.REGEX, "b*", invert=True),
    "not-present": header("x-a", ValueKind.PRESENT, invert=True),
    "not-range": header("x-a", ValueKind.RANGE, start=-5, end=0, invert=True),
    "method": header(":method", ValueKind.EXACT, "POST"),
    "authority": header(":authority", ValueKind.SUFFIX, ".test:81"),
    "port-exact": header("PORT", ValueKind.EXACT, "81"),
    "port-prefix": header("PORT", ValueKind.PREFIX, "8"),
    "port-suffix": header("PORT", ValueKind.SUFFIX, "1"),
    "port-regex": header("PORT", ValueKind.REGEX, ".*"),
    "port-present": header("PORT", ValueKind.PRESENT),
    "port-range": header("PORT", ValueKind.RANGE, start=80, end=82),
    "not-port": header("PORT", ValueKind.EXACT, "81", invert=True),
}
QUERIES = {
    "q-exact": QueryMatch("q", ValueKind.EXACT, "b"),
    "q-empty": QueryMatch("q", ValueKind.EXACT, ""),
    "q-regex": QueryMatch("q", ValueKind.REGEX, "b+"),
    "q-present": QueryMatch("q", ValueKind.PRESENT),
}


def hosts():
    yield host("a.exact.test", says("exact"))
    yield suffix_host(".exact.test", says("suffix"))
    yield suffix_host(".b.exact.test", says("longer"))
    yield suffix_host("-c.exact.test", says("dash"))
    yield ported("p.test", 81, says("81", "/81"))
    yield ported("p.test", 82, says("82"))
    yield host("p.test", says("any port", "/any"), says("81 too", "/81/x"))
    yield ported("q.p.test", 81, says("q81"))
    yield ported(".p.test", 83, says("suffix83"), kind=HostKind.SUFFIX)
    yield suffix_host(".p.test", says("suffix", "/s"))
    yield ported("lonely.test", 81, says("lonely"))
    yield ported("one.test", 81, says("one81"), kind=HostKind.ONE_LABEL_WILDCARD)
    yield host("*.one.test", says("one"))
    yield ported("", 84, says("any84", "/84"), kind=HostKind.ANY)
    yield host("*", says("any", "/star"))
    yield host(
        "paths.test",
        says("text", "/text", PathKind.TEXT_PREFIX),
        says("TEXT", "/TEXT", PathKind.TEXT_PREFIX, ignore_case=True),
        says("exact", "/EXACT", PathKind.EXACT, ignore_case=True),
        says("regex", "/re+", PathKind.REGEX, ignore_case=True),
        says("one segment", "/t/*/end", PathKind.TEMPLATE),
        says("many", "/t/{rest=**}.m3u8", PathKind.TEMPLATE),
        says("named", "/n/{a}/x/{b=**}", PathKind.TEMPLATE),
    )
    yield host(
        "headers.test",
        *(says("yes", f"/{name}", headers=(test,)) for name, test in HEADERS.items()),
        says("yes", "/both", headers=(HEADERS["exact"], HEADERS["method"])),
    )
    yield host(
        "queries.test",
        *(says("yes", f"/{name}", query=(test,)) for name, test in QUERIES.items()),
    )


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield lab(
            stack,
            tmp_path_factory.mktemp("envoy"),
            VIP,
            url_map(*hosts(), default=FixedResponse(404, DEFAULT)),
        )


def test_nothing_was_left_out(proxy):
    assert proxy.findings == ()


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        ("a.exact.test", "/", "exact"),
        ("x.exact.test", "/", "suffix"),
        ("x.y.exact.test", "/", "suffix"),
        ("X.Y.exact.test:80", "/", "suffix"),
        ("exact.test", "/", DEFAULT),
        ("x.b.exact.test", "/", "longer"),
        ("x.y.b.exact.test", "/", "longer"),
        ("x-c.exact.test", "/", "dash"),
        ("y.x-c.exact.test", "/", "dash"),
        ("p.test:81", "/81", "81"),
        ("p.test:81", "/any", DEFAULT),
        ("p.test:82", "/81", "82"),
        ("p.test:8", "/any", "any port"),
        ("p.test:881", "/81/x", "81 too"),
        ("p.test", "/any", "any port"),
        ("p.test", "/81", DEFAULT),
        ("q.p.test:81", "/", "q81"),
        ("q.p.test:83", "/", "suffix83"),
        ("q.p.test:9", "/s", "suffix"),
        ("q.p.test", "/", DEFAULT),
        ("x.p.test:83", "/s", "suffix83"),
        ("x.p.test:81", "/s", "suffix"),
        ("lonely.test:81", "/star", "lonely"),
        ("lonely.test", "/star", "any"),
        ("lonely.test:84", "/84", "any84"),
        ("lonely.test:84", "/star", DEFAULT),
        ("a.one.test:81", "/", "one81"),
        ("a.one.test", "/", "one"),
        ("a.b.one.test:81", "/star", "any"),
        ("a.b.one.test:84", "/84", "any84"),
        ("a.b.one.test:84", "/star", DEFAULT),
        ("other.test:84", "/84", "any84"),
        ("other.test:84", "/star", DEFAULT),
        ("other.test", "/star", "any"),
        ("[::84]", "/star", "any"),
        ("[::1]:84", "/84", "any84"),
        ("paths.test", "/text", "text"),
        ("paths.test", "/textual/x?y", "text"),
        ("paths.test", "/Text", "TEXT"),
        ("paths.test", "/exact", "exact"),
        ("paths.test", "/exact/", DEFAULT),
        ("paths.test", "/REE", "regex"),
        ("paths.test", "/rex", DEFAULT),
        ("paths.test", "/t/a/end?q=1", "one segment"),
        ("paths.test", "/t/a/b/end", DEFAULT),
        ("paths.test", "/t/end", DEFAULT),
        ("paths.test", "/t/a/b.m3u8", "many"),
        ("paths.test", "/n/1/x/", "named"),
        ("paths.test", "/n/1/x/2/3", "named"),
        ("paths.test", "/n/1/y/2", DEFAULT),
    ],
)
def test_hosts_and_paths(proxy, name, path, expected):
    assert get(proxy, name, path).text == expected


@pytest.mark.parametrize("name", ["x.exact.test,y", "p.test,x:81", ","])
def test_bad_hosts_are_refused_by_rules_with_ports_too(proxy, name):
    with socket.create_connection(proxy.http, timeout=10) as raw:
        raw.sendall(f"GET /star HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
        assert raw.recv(4_096).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("name", "taken", "passed"),
    [
        ("exact", ["b"], [None, "", "B", "bb", "b,b"]),
        ("prefix", ["b", "bc"], [None, "", "cb", "B"]),
        ("suffix", ["b", "cb"], [None, "", "bc"]),
        ("regex", ["b", "bbb"], [None, "", "bc", "cb"]),
        ("present", ["b", ""], [None]),
        ("range", ["-3", "-5", "-1"], [None, "", "0", "0.25", "-3x", "-6", "-3,-3"]),
        ("not-exact", [None, "", "c"], ["b"]),
        ("not-prefix", [None, "", "c"], ["b", "bc"]),
        ("not-empty", [None, "c"], [""]),
        ("not-regex", [None, "c"], ["", "b"]),
        ("not-present", [None], ["", "b"]),
        ("not-range", [None, "", "0", "0.25", "-3x", "-6"], ["-3"]),
    ],
)
def test_headers(proxy, name, taken, passed):
    def with_header(value):
        headers = {} if value is None else {"x-a": value}
        return get(proxy, "headers.test", f"/{name}", **headers).text

    assert [value for value in taken if with_header(value) != "yes"] == []
    assert [value for value in passed if with_header(value) != DEFAULT] == []


@pytest.mark.parametrize(
    ("name", "values", "status"),
    [
        ("exact", "bb", 200),
        ("exact", "bc", 200),
        ("exact", "cb", 200),
        ("exact", "cd", 404),
        ("not-exact", "cb", 404),
        ("not-exact", "cd", 200),
    ],
)
def test_one_line_of_a_header_is_enough(proxy, name, values, status):
    lines = "".join(f"x-a: {value}\r\n" for value in values)
    with socket.create_connection(proxy.http, timeout=10) as raw:
        raw.sendall(f"GET /{name} HTTP/1.1\r\nHost: headers.test\r\n{lines}\r\n".encode())
        assert raw.recv(4_096).startswith(f"HTTP/1.1 {status} ".encode())


@pytest.mark.parametrize(
    ("name", "taken", "passed"),
    [
        ("authority", [":81"], ["", ":82"]),
        ("port-exact", [":81"], ["", ":8", ":810", ":181"]),
        ("port-prefix", [":8", ":81"], ["", ":18"]),
        ("port-suffix", [":1", ":81"], ["", ":18"]),
        ("port-regex", [":1"], [""]),
        ("port-present", [":1"], [""]),
        ("port-range", [":80", ":81"], ["", ":79", ":82", ":8"]),
        ("not-port", ["", ":82"], [":81"]),
    ],
)
def test_ports_of_hosts(proxy, name, taken, passed):
    def with_port(port):
        return get(proxy, f"headers.test{port}", f"/{name}").text

    assert {with_port(port) for port in taken} == {"yes"}
    assert {with_port(port) for port in passed} == {DEFAULT}


def test_methods_and_all_of_several(proxy):
    post = {"method": "POST"}
    assert get(proxy, "headers.test", "/method", **post).text == "yes"
    assert get(proxy, "headers.test", "/method").text == DEFAULT
    assert get(proxy, "headers.test", "/both", **post, **{"x-a": "b"}).text == "yes"
    assert get(proxy, "headers.test", "/both", **post).text == DEFAULT


@pytest.mark.parametrize(
    ("name", "taken", "passed"),
    [
        ("q-exact", ["q=b", "a&q=b", "q=b&q=c"], ["", "q", "q=c", "q=c&q=b", "qq=b", "q=%62"]),
        ("q-empty", ["q=", "q"], ["", "q=b"]),
        ("q-regex", ["q=bb"], ["", "q=", "q=cb"]),
        ("q-present", ["q", "q=", "q=x", "a=1&q"], ["", "a=q"]),
    ],
)
def test_queries(proxy, name, taken, passed):
    def with_query(query):
        return get(proxy, "queries.test", f"/{name}?{query}").text

    assert [query for query in taken if with_query(query) != "yes"] == []
    assert [query for query in passed if with_query(query) != DEFAULT] == []


@pytest.mark.parametrize(
    "bad",
    [
        path_rule("/a/{b", "x", kind=PathKind.TEMPLATE),
        path_rule("/**/{b}", "x", kind=PathKind.TEMPLATE),
        path_rule("/a", "x", kind=PathKind.TEMPLATE, ignore_case=True),
        path_rule("/", "x", headers=(header("x-a", ValueKind.REGEX, "a)("),)),
        path_rule("/", "x", headers=(header("", ValueKind.EXACT, "b"),)),
        path_rule("/", "x", headers=(header("x-a", ValueKind.PREFIX, ""),)),
        path_rule("/", "x", headers=(header("x-a", ValueKind.RANGE, start=1, end=1),)),
        path_rule("/", "x", headers=(header("PORT", ValueKind.REGEX, "(8"),)),
        path_rule("/", "x", query=(QueryMatch("q", ValueKind.REGEX, "(8"),)),
        path_rule("/", "x", query=(QueryMatch("q", ValueKind.SUFFIX, "8"),)),
        path_rule("/", "x", query=(QueryMatch("", ValueKind.EXACT, "8"),)),
    ],
)
def test_a_match_that_cannot_be_made_is_left_out_alone(bad):
    result = made(url_map(host("a.test", bad, says("ok"))))
    assert [r.name for r in routes_of(result, "a.test")] == [says("ok").name, "default"]
    assert [f.origin for f in result.findings] == [bad.origin]


def test_tests_of_headers_cannot_multiply_routes_without_end():
    tests = tuple(header(f"x-{i}", ValueKind.EXACT, "", invert=True) for i in range(30))
    few, many = (path_rule("/", "x", headers=tests[:n], name=f"{n}") for n in (6, 30))
    same = path_rule("/", "x", headers=(tests[0],) * 30, name="same")
    result = made(url_map(host("a.test", few, many, same)))
    names = [r.name for r in routes_of(result, "a.test")]
    assert names == ["6"] * 64 + ["same"] * 2 + ["default"]
    assert ["more than 64" in f.message for f in result.findings] == [True]


@pytest.mark.parametrize("pattern", ["a.test:99999", ".", "a.", "-"])
def test_bad_suffixes_and_ports_are_left_out(pattern):
    name, _, port = pattern.partition(":")
    kind = HostKind.EXACT if port else HostKind.SUFFIX
    bad = ported(name, int(port or 0), says("bad"), kind=kind)
    result = made(url_map(bad, host("ok.test", says("ok"))))
    assert [f.origin for f in result.findings] == [bad.routes[0].origin]
    assert "bad" not in str(result.snapshot)


def test_owners_of_hosts_with_ports():
    urls = url_map(ported("a.test", 81, says("one")), suffix_host(".b.test", says("two", "/two")))
    owners = made(urls).owners
    for part in ("a.test", "a.test:81", says("one").name):
        assert owners[(ROUTES, "web", part)] == says("one").origin
    complaint = f"route '{says('two', '/two').name}' of '*.b.test' is bad"
    assert owners.blame(ROUTES, "web", complaint) == says("two", "/two").origin
