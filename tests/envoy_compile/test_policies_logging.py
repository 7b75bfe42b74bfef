"""Which requests of a backend service are logged, and what of them, by a real Envoy."""

import contextlib
from collections import Counter

import pytest
from compile_lab import logged
from compile_models import (
    forward,
    host,
    http_proxy,
    load_balancer,
    model,
    neg,
    route,
    rule,
    service,
    setting,
    url_map,
)
from compile_proxy import messages
from msgspec.structs import replace
from policies_lab import backend, serve

from e2e.farm import ask, farm
from penstock.envoy.compile import CompileOptions, Compiler
from penstock.envoy.compile.options import SocketAddress
from penstock.envoy.resources import CLUSTER, LISTENER, ROUTES
from penstock.model import RequestLogging

TIMES = 400


def told(name, enable=True, rate=1.0, **what):
    return backend(name, logging=setting(RequestLogging(enable, rate, **what)))


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    services = [
        backend("untold"),
        told("off", enable=False),
        told("none", rate=0.0),
        told("some", rate=0.25),
        told("most", rate=0.75, optional_fields=("orca_load_report",)),
        told("every"),
        told("fields", optional_fields=("orca_load_report", "tls.cipher")),
        told(
            "headers",
            request_headers=("accept", "x-user"),
            response_headers=("etag", "x-none"),
        ),
        told("others", request_headers=("x-team",)),
    ]
    with contextlib.ExitStack() as stack:
        pods = stack.enter_context(farm(["127.200.41.1"]))
        pods.headers["127.200.41.1"] = {
            "etag": '"1"',
            "endpoint-load-metrics": "TEXT cpu_utilization=0.5",
        }
        folder = tmp_path_factory.mktemp("logging")
        actions = {"both": forward("headers", "off", weights=[1, 1])}
        yield serve(
            stack, folder, "127.200.40.1", services, pods.endpoints, actions=actions
        )  # fmt: skip


def entries(lab, mark):
    """The log so far, up to a request for something that is always logged."""
    ask(lab.http, "untold.test", f"/{mark}")
    return logged(lab, f'"/{mark}"')


def test_rates(lab):
    names = ["untold", "off", "none", "some", "most", "every", "unknown"]
    for name in names:
        for _ in range(TIMES):
            ask(lab.http, f"{name}.test", f"/rates/{name}")
    found = Counter(e["path"].removeprefix("/rates/") for e in entries(lab, "end-of-rates"))
    assert [found[name] for name in ("untold", "off", "none", "every", "unknown")] == [
        TIMES, 0, 0, TIMES, TIMES,
    ]  # fmt: skip
    # 100 ± 8.7 and 300 ± 8.7; six standard deviations are one in a billion.
    assert 48 <= found["some"] <= 152
    assert 248 <= found["most"] <= 352


def test_clients_cannot_keep_out_of_the_log(lab):
    for _ in range(TIMES):
        ask(lab.http, "some.test", "/mine", **{"x-request-id": "mine"})
    mine = [e for e in entries(lab, "end-of-mine") if e["path"] == "/mine"]
    assert 48 <= len(mine) <= 152


def test_optional_fields_are_there_for_those_that_ask(lab):
    for name in ("untold", "fields"):
        ask(lab.http, f"{name}.test", f"/fields/{name}")
    plain, asked = (e for e in entries(lab, "end-of-fields") if "/fields/" in e["path"])
    assert asked.keys() - plain.keys() == {"orca_load_report", "tls_cipher"}
    assert asked["orca_load_report"] == "TEXT cpu_utilization=0.5"
    assert asked["tls_cipher"] is None


def test_headers_are_there_for_those_that_ask(lab):
    for name in ("untold", "headers", "others"):
        ask(
            lab.http, f"{name}.test", f"/headers/{name}",
            **{"x-user": 'a "b"', "x-team": "c", "accept": "*/*"},
        )  # fmt: skip
    found = [e for e in entries(lab, "end-of-headers") if "/headers/" in e["path"]]
    assert "request_headers" not in found[0]
    assert found[1]["request_headers"] == {"accept": "*/*", "x-user": 'a "b"'}
    assert found[1]["response_headers"] == {"etag": '"1"'}
    assert found[2]["request_headers"] == {"x-team": "c"}
    assert found[2]["response_headers"] is None


def test_backend_services_of_one_route_are_told_apart(lab):
    for _ in range(100):
        ask(lab.http, "both.test", "/both", **{"x-user": "u"})
    found = [e for e in entries(lab, "end-of-both") if e["path"] == "/both"]
    assert {e["upstream_cluster"] for e in found} == {"headers"}
    assert all(e["request_headers"] == {"x-user": "u"} for e in found)
    assert 20 <= len(found) <= 80


def test_nothing_is_paid_by_those_that_ask_for_nothing():
    urls = [url_map(host("a.test", route("/", "one")), host("b.test", route("/", "two")))]
    plain = [service("one"), service("two")]
    asking = [plain[0], replace(plain[1], logging=told("two", request_headers=("x-a",)).logging)]

    def compiled(services):
        a_model = model(url_maps=urls, services=services, negs=[neg("one"), neg("two")])
        return Compiler(CompileOptions()).compile(a_model, {}, {}).snapshot

    before, after = compiled(plain), compiled(asking)
    assert messages(before, CLUSTER)["one"] == messages(after, CLUSTER)["one"]
    hosts = [messages(s, ROUTES)["web"].virtual_hosts for s in (before, after)]
    assert hosts[0][0] == hosts[1][0]
    assert hosts[0][1] != hosts[1][1]


def test_listeners_change_only_where_their_own_backends_ask_otherwise():
    """A listener that changes asks its clients to leave."""
    maps = [
        url_map(host("a.test", route("/", "one")), name="mine"),
        url_map(host("b.test", route("/", "two")), name="theirs", default=forward("three")),
    ]
    balancers = [load_balancer(http_proxy(name, name), name=name) for name in ("mine", "theirs")]
    bindings = {
        rule(name): SocketAddress("127.0.0.1", port)
        for name, port in (("mine", 8001), ("theirs", 8002))
    }
    compiler = Compiler(CompileOptions(access_log="stdout"))

    def compiled(*services):
        negs = [neg(name) for each in services for name in each.negs]
        made = model(balancers=balancers, url_maps=maps, services=services, negs=negs)
        return messages(compiler.compile(made, bindings, {}).snapshot, LISTENER)

    one, two, three = service("one"), service("two"), service("three")
    plain = compiled(one, two, three)
    assert compiled(one, told("two"), three) == plain, "everything is logged anyhow"
    for odd in (told("two", rate=0.5), told("three", enable=False)):
        others = [each for each in (two, three) if each.name != odd.name]
        asking = compiled(one, odd, *others)
        assert asking["mine"] == plain["mine"]
        assert asking["theirs"] != plain["theirs"]
