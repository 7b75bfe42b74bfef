"""What a compiler promises: pure, incremental, and nothing lost for one bad piece."""

import re

import msgspec
import pytest
from compile_cases import BINDINGS, CASES, OPTIONS, paper
from compile_models import (
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
    url_map,
)
from compile_proxy import messages
from hypothesis import given
from hypothesis import strategies as st

from penstock.envoy.compile import CompileOptions, Compiler, SocketAddress, hosts, url_maps
from penstock.envoy.compile.hosts import compile_host
from penstock.envoy.compile.routes import compile_route
from penstock.envoy.resources import CLUSTER, ENDPOINTS, LISTENER, ROUTES, SECRET, Snapshot
from penstock.model import HostKind, HostPattern, HostRule


def compiled(a_model, bindings=BINDINGS, certificates=None):
    return Compiler(OPTIONS).compile(a_model, bindings, certificates or {})


def shuffled(draw, table):
    return dict(draw(st.permutations(list(table.items()))))


@given(st.data())
def test_equal_models_are_equal_bytes(data):
    case = CASES[data.draw(st.sampled_from(sorted(CASES)))]
    one, other = case(), case()
    tables = ("load_balancers", "url_maps", "backend_services", "negs", "certificates")
    mixed = {name: shuffled(data.draw, getattr(other, name)) for name in tables}
    mixed_model = msgspec.structs.replace(other, **mixed)
    bindings = shuffled(data.draw, BINDINGS)
    first = compiled(one)
    assert compiled(mixed_model, bindings).snapshot == first.snapshot


def test_snapshots_are_those_of_the_plain_way():
    snapshot = compiled(CASES["tls"]()).snapshot
    every = [r for table in snapshot.resources.values() for r in table.values()]
    assert Snapshot.of(every) == snapshot


@given(st.lists(st.sampled_from(sorted(CASES)), min_size=2, max_size=6))
def test_what_was_compiled_before_does_not_matter(history):
    compiler = Compiler(OPTIONS)
    for case in history:
        last = compiler.compile(CASES[case](), BINDINGS, {})
    assert last.snapshot == compiled(CASES[history[-1]]()).snapshot


def bodies(snapshot):
    return {
        (url, name): resource
        for url, table in snapshot.resources.items()
        for name, resource in table.items()
    }


def test_unchanged_pieces_are_the_same_objects():
    compiler = Compiler(OPTIONS)
    before = bodies(compiler.compile(CASES["plain"](), BINDINGS, {}).snapshot)
    after = bodies(compiler.compile(CASES["plain"](), BINDINGS, {}).snapshot)
    assert all(after[key].body is before[key].body for key in before)


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        (
            {"negs": {"shop": neg("shop", ("127.20.0.1", 8080))}},
            {(ENDPOINTS, "shop")},
        ),
        (
            {"negs": {"shop": neg("shop")}},
            {(ENDPOINTS, "shop")},
        ),
        (
            {"negs": {"shop": neg("shop", ("10.0.0.1", 80))}},
            {(ENDPOINTS, "shop"), (CLUSTER, "shop")},
        ),
        (
            {"backend_services": {"shop": service("shop", connect_timeout=1.0)}},
            {(CLUSTER, "shop")},
        ),
        (
            {"url_maps": {"web": url_map(host("shop.test", route("/new", "shop")))}},
            {(ROUTES, "web")},
        ),
    ],
)
def test_blast_radius_of_a_change(change, changed):
    compiler = Compiler(OPTIONS)
    base = CASES["plain"]()
    before = bodies(compiler.compile(base, BINDINGS, {}).snapshot)
    changed_model = msgspec.structs.replace(base, **change)
    after = bodies(compiler.compile(changed_model, BINDINGS, {}).snapshot)
    assert {key for key in before if before[key] != after[key]} == changed


def test_a_new_certificate_touches_no_listener():
    compiler = Compiler(OPTIONS)
    base = CASES["tls"]()
    before = bodies(compiler.compile(base, BINDINGS, {}).snapshot)
    renewed = msgspec.structs.replace(paper("ns/pay"), chain=b"renewed")
    after = bodies(compiler.compile(base, BINDINGS, {renewed.name: renewed}).snapshot)
    assert {key for key in before if before[key] != after[key]} == {(SECRET, "ns/pay")}
    assert (SECRET, "ns/unused") not in before


def urls(default, *hosts):
    return model(url_maps=[url_map(*hosts, default=default)])


@given(st.lists(st.integers(0, 7), min_size=1, max_size=8))
def test_incremental_routes_equal_fresh_ones(steps):
    """Hosts come, go and change; the default and the ANY rule change too."""
    pool = ["*", "*.a.test", "a.test", "b.test"]
    compiler = Compiler(OPTIONS)
    for step, bits in enumerate(steps):
        chosen = [
            host(name, route("/", FixedResponse(200 + (bits * index) % 3)))
            for index, name in enumerate(pool)
            if (bits + step) >> index & 1
        ]
        last = urls(FixedResponse(404 + bits % 2), *chosen)
        assert compiler.compile(last, {}, {}).snapshot == compiled(last, {}).snapshot


def test_forwarding_rules_without_an_address_have_no_listener():
    snapshot = compiled(CASES["tls"](), {rule("https"): SocketAddress("127.23.0.1", 443)}).snapshot
    assert list(snapshot.resources[LISTENER]) == ["https"]


def virtual_hosts(result):
    (configuration,) = messages(result.snapshot, ROUTES).values()
    return {vh.name: vh for vh in configuration.virtual_hosts}


def test_one_bad_route_leaves_the_others():
    bad = route("/a", forward("x", rewrite=("/(", "/")), name="bad rewrite")
    result = compiled(
        urls(
            FixedResponse(404),
            host(
                "a.test",
                bad,
                route("/(", "x", kind=PathKind.REGEX, name="bad path"),
                route("/?", "x", name="bad prefix"),
                route("/weightless", forward("x", weights=[0]), name="no weight"),
                route("/late", forward("x", timeout=-1.0), name="negative"),
                route("/long", FixedResponse(200, "x" * 100_000), name="too long"),
                route("/surrogate", FixedResponse(200, "\ud800"), name="not text"),
                route("/ok", "x", name="ok"),
            ),
        )
    )
    routes = virtual_hosts(result)["a.test"].routes
    assert [(r.name, r.direct_response.status) for r in routes] == [
        ("bad rewrite", 500),
        ("no weight", 500),
        ("negative", 500),
        ("too long", 500),
        ("not text", 500),
        ("ok", 0),
        ("default", 404),
    ]
    assert {(f.origin.path[1], f.code) for f in result.findings} == {
        ("bad rewrite", "envoy/invalid-regex"),
        ("bad path", "envoy/invalid-regex"),
        ("bad prefix", "envoy/invalid-resource"),
        ("no weight", "envoy/invalid-resource"),
        ("negative", "envoy/invalid-resource"),
        ("too long", "envoy/invalid-resource"),
        ("not text", "envoy/invalid-resource"),
    }


@pytest.mark.parametrize("name", ["", "a.*.test", "A.test", "x\ny.test"])
def test_bad_hosts_are_left_out(name):
    bad = HostRule(HostPattern(HostKind.EXACT, name), (route("/", "x"),))
    result = compiled(urls(FixedResponse(404), bad, host("ok.test", route("/", "x"))))
    assert list(virtual_hosts(result)) == ["ok.test", "*"]
    assert [f.code for f in result.findings] == ["envoy/invalid-resource"]


def test_a_host_that_two_rules_have_belongs_to_the_first():
    result = compiled(
        urls(
            FixedResponse(404),
            host("a.test", route("/", FixedResponse(200), name="first")),
            host("a.test", route("/", FixedResponse(201), name="second")),
        )
    )
    assert [r.name for r in virtual_hosts(result)["a.test"].routes] == [
        "first",
        "default",
    ]
    assert [f.origin.path[1] for f in result.findings] == ["second"]


def test_bad_endpoints_are_left_out():
    endpoints = [("10.0.0.1", 80), ("pod.test", 80), ("10.0.0.2", 0), ("10.0.0.3", 70_000)]
    result = compiled(model(services=[service("a")], negs=[neg("a", *endpoints)]))
    (assignment,) = messages(result.snapshot, ENDPOINTS).values()
    assert [e.endpoint.address.socket_address.address for e in lb_endpoints(assignment)] == [
        "10.0.0.1"
    ]
    assert len(result.findings) == 3


def lb_endpoints(assignment):
    return [e for group in assignment.endpoints for e in group.lb_endpoints]


def test_an_endpoint_of_two_groups_is_one():
    twice = Endpoint("10.0.0.1", 80, zone="a")
    result = compiled(
        model(
            services=[service("a", negs=["x", "y"])],
            negs=[neg("x", twice), neg("y", msgspec.structs.replace(twice, zone="b"))],
        )
    )
    (assignment,) = messages(result.snapshot, ENDPOINTS).values()
    assert len(lb_endpoints(assignment)) == 1


def test_a_bad_backend_is_left_out_alone():
    result = compiled(
        model(
            services=[service("a", connect_timeout=0.0), service("b")],
            negs=[neg("a"), neg("b")],
        )
    )
    assert list(result.snapshot.resources[CLUSTER]) == ["b"]
    assert [f.origin.object for f in result.findings] == ["Service default/a"]


@pytest.mark.parametrize(
    ("endpoint", "kind", "bound"),
    [
        (("127.20.0.1", 80), NegKind.IP_PORT, True),
        (("10.0.0.1", 80), NegKind.IP_PORT, False),
        (("::1", 80), NegKind.IP_PORT, False),
        (("127.0.0.1", 80), NegKind.FQDN_PORT, False),
    ],
)
def test_source_address_only_for_loopback(endpoint, kind, bound):
    result = compiled(model(services=[service("a")], negs=[neg("a", endpoint, kind=kind)]))
    (cluster,) = messages(result.snapshot, CLUSTER).values()
    assert cluster.HasField("upstream_bind_config") is bound


def secure(*bindings, default=(), certificates=("ns/a",)):
    return compiled(
        model(
            balancers=[load_balancer(https_proxy(*bindings, default=default))],
            url_maps=[url_map()],
            certificates=[paper(name) for name in certificates],
        )
    )


def chains(result):
    (listener,) = messages(result.snapshot, LISTENER).values()
    return [list(c.filter_chain_match.server_names) for c in listener.filter_chains]


def test_missing_certificates_cost_only_their_names():
    result = secure((("a.test",), ("ns/a",)), (("b.test",), ("ns/b",)), default=("ns/c",))
    assert chains(result) == [["a.test"]]
    assert [f.code for f in result.findings] == ["envoy/missing-certificate"] * 2


def test_no_certificate_at_all_is_no_listener():
    result = secure((("b.test",), ("ns/b",)))
    assert not result.snapshot.resources[LISTENER]
    assert {f.code for f in result.findings} == {
        "envoy/missing-certificate",
        "envoy/invalid-resource",
    }


def test_bad_server_names_are_left_out():
    result = secure((("*", "*.ok.test", "a*.test"), ("ns/a",)), (("*.ok.test",), ("ns/a",)))
    assert chains(result) == [["*.ok.test"]]
    assert len(result.findings) == 1


def test_an_address_has_one_listener():
    same = dict.fromkeys((rule("a"), rule("b")), SocketAddress("127.23.0.1", 80))
    result = compiled(
        model(
            balancers=[load_balancer(http_proxy("a"), http_proxy("b"))],
            url_maps=[url_map()],
        ),
        same,
    )
    assert list(result.snapshot.resources[LISTENER]) == ["a"]
    assert "belongs to a" in result.findings[0].message


def test_owners():
    result = compiled(CASES["routes"]())
    owners = result.owners
    assert owners[(CLUSTER, "a")].object == "Service default/a"
    assert owners[(LISTENER, "http")].object == "Ingress default/web"
    assert owners[(ROUTES, "web", "web PREFIX /split")].path == ("spec", "web PREFIX /split")
    assert owners.blame(ROUTES, "web", "bad thing in 'web EXACT /exact' there").path == (
        "spec",
        "web EXACT /exact",
    )
    assert owners.blame(ROUTES, "web").path == ("spec",)
    assert owners.blame(ROUTES, "other") is None


def test_keys_do_not_show():
    result = compiled(CASES["tls"]())
    assert "key of" not in repr(result)


def test_changing_a_host_among_many_compiles_that_host_only(monkeypatch):
    """A guard against work that grows with the whole."""
    compiled_hosts = []

    def counting(rule, *others):
        compiled_hosts.append(str(rule.host))
        return compile_host(rule, *others)

    many = [host(f"h{i:05}.test", route("/", "a")) for i in range(5_000)]
    compiler = Compiler(CompileOptions())
    compiler.compile(urls(FixedResponse(404), *many), {}, {})
    monkeypatch.setattr(url_maps, "compile_host", counting)
    for index in range(5):
        many[index] = host(f"h{index:05}.test", route("/new", "a"))
        compiler.compile(urls(FixedResponse(404), *many), {}, {})
    assert compiled_hosts == [f"h{index:05}.test" for index in range(5)]


def test_routes_of_many_hosts_are_compiled_once(monkeypatch):
    """As those of a path matcher that several host rules name."""
    compiled_routes = []

    def counting(rule, *others):
        compiled_routes.append(rule.name)
        return compile_route(rule, *others)

    monkeypatch.setattr(hosts, "compile_route", counting)
    routes = tuple(route(f"/{i}", "a", name=f"r{i}") for i in range(3))
    many = [HostRule(HostPattern(HostKind.EXACT, f"h{i}.test"), routes) for i in range(50)]
    wild = HostRule(HostPattern(HostKind.ONE_LABEL_WILDCARD, "w.test"), routes)
    Compiler(CompileOptions()).compile(urls(FixedResponse(404), *many, wild), {}, {})
    own = [name for name in compiled_routes if name != hosts.DEFAULT_ROUTE]
    assert sorted(own) == ["r0", "r0", "r1", "r1", "r2", "r2"]  # The wildcard has a guard.


def test_finding_codes_are_documented():
    from pathlib import Path

    from penstock.envoy.compile import codes

    docs = Path(__file__).parents[2] / "docs" / "findings.d"
    for name in ("INVALID_REGEX", "INVALID_RESOURCE", "MISSING_CERTIFICATE"):
        code = getattr(codes, name)
        text = (docs / f"{code.name.replace('/', '-')}.md").read_text()
        assert re.match(rf"## `{code.name}`\n\*{code.severity}\* — {code.title}\.\n", text)
