"""Large URL maps in shards: what is where, and what a change costs."""

import collections
import functools

import pytest
from compile_models import (
    FixedResponse,
    Model,
    forward,
    host,
    http_proxy,
    load_balancer,
    model,
    route,
    rule,
    url_map,
)
from envoy.config.route.v3 import route_pb2, scoped_route_pb2

from penstock.envoy.compile import CompileOptions, Compiler, SocketAddress
from penstock.envoy.compile.shards import MOST_WILDCARDS, SHARDED_FROM, SHARDS, shard_of
from penstock.envoy.resources import LISTENER, ROUTES, SCOPES, shard_name, start_name
from penstock.envoy.xds.target import follow

BINDINGS = {rule("http"): SocketAddress("127.0.0.1", 80)}


@functools.cache
def site(number, path="/"):
    return host(f"site-{number:04}.test", route(path, "one", name=f"site {number} {path}"))


def sites(count=SHARDED_FROM):
    return [site(number) for number in range(count)]


def a_model(*hosts, **options) -> Model:
    return model(balancers=[load_balancer(http_proxy())], url_maps=[url_map(*hosts, **options)])


def compiled(*hosts, by=None, **options):
    by = by or Compiler(CompileOptions())
    return by.compile(a_model(*hosts, **options), BINDINGS, {})


def changes(before, after):
    """Type → names, of what a proxy is sent."""
    target = follow(before.snapshot, after.snapshot, 1)
    return {url: set(names) for url, names in target.changed.items() if names}


def configurations(snapshot):
    return {
        name: route_pb2.RouteConfiguration.FromString(resource.body)
        for name, resource in snapshot.resources[ROUTES].items()
    }


def test_every_host_is_in_its_shard_and_wildcards_are_in_all():
    shared = [host("*.wild.test", route("/", "two")), host("*", route("/any", "one"))]
    found = configurations(compiled(*sites(), *shared).snapshot)
    assert set(found) == {start_name("web"), *(shard_name("web", n) for n in range(SHARDS))}
    seen = collections.Counter()
    for shard in range(SHARDS):
        names = [virtual.name for virtual in found[shard_name("web", shard)].virtual_hosts]
        assert {"*.wild.test", "*"} <= set(names)
        exact = [name for name in names if "*" not in name]
        assert {shard_of(name) for name in exact} <= {shard}
        seen.update(exact)
    assert seen == dict.fromkeys((str(rule.host) for rule in sites()), 1)


def test_each_shard_has_a_scope_with_a_key_of_its_own():
    snapshot = compiled(*sites()).snapshot
    scopes = [
        scoped_route_pb2.ScopedRouteConfiguration.FromString(resource.body)
        for resource in snapshot.resources[SCOPES].values()
    ]
    assert {s.route_configuration_name for s in scopes} == set(snapshot.resources[ROUTES])
    assert len({s.key.fragments[0].string_key for s in scopes}) == SHARDS + 1


def test_two_url_maps_have_different_keys():
    maps = [url_map(*sites(), name=name) for name in ("web", "app")]
    balancers = [load_balancer(http_proxy(), name="lb")]
    snapshot = (
        Compiler(CompileOptions())
        .compile(model(balancers=balancers, url_maps=maps), BINDINGS, {})
        .snapshot
    )
    scopes = snapshot.resources[SCOPES].values()
    parsed = [scoped_route_pb2.ScopedRouteConfiguration.FromString(s.body) for s in scopes]
    assert len({s.key.fragments[0].string_key for s in parsed}) == 2 * (SHARDS + 1)


def test_hosts_spread_over_the_shards():
    """No shard has more than three times its part, for names that differ little."""
    for pattern in ("site-{}.example", "{}.example", "a.team-{}.apps.example.com"):
        load = collections.Counter(shard_of(pattern.format(n)) for n in range(100 * SHARDS))
        assert len(load) == SHARDS
        assert max(load.values()) <= 300


@pytest.mark.parametrize(
    ("exact", "wild", "sharded"),
    [
        (SHARDED_FROM - 1, 0, False),
        (SHARDED_FROM, 0, True),
        (SHARDED_FROM, MOST_WILDCARDS, True),
        (SHARDED_FROM, MOST_WILDCARDS + 1, False),
    ],
)
def test_when_a_url_map_is_sharded(exact, wild, sharded):
    wildcards = [host(f"*.w{number}.test", route("/", "one")) for number in range(wild)]
    snapshot = compiled(*sites(exact), *wildcards).snapshot
    assert len(snapshot.resources[ROUTES]) == (SHARDS + 1 if sharded else 1)
    assert bool(snapshot.resources[SCOPES]) is sharded


def test_a_changed_host_is_one_shard_and_nothing_else():
    by = Compiler(CompileOptions())
    before = compiled(*sites(), by=by)
    hosts = sites()
    hosts[7] = site(7, "/new")
    after = compiled(*hosts, by=by)
    assert changes(before, after) == {ROUTES: {shard_name("web", shard_of("site-0007.test"))}}


def test_a_new_host_and_one_that_goes_are_one_shard_each():
    by = Compiler(CompileOptions())
    before = compiled(*sites(), by=by)
    middle = compiled(*sites(), site(9000), by=by)
    shard = {ROUTES: {shard_name("web", shard_of("site-9000.test"))}}
    assert changes(before, middle) == shard
    after = compiled(*sites(), by=by)
    assert changes(middle, after) == shard
    assert after.snapshot.revision == before.snapshot.revision


def test_what_all_hosts_share_is_in_every_shard():
    by = Compiler(CompileOptions())
    before = compiled(*sites(), by=by)
    after = compiled(*sites(), by=by, default=FixedResponse(404, "another\n"))
    assert len(changes(before, after)[ROUTES]) == SHARDS
    wild = compiled(*sites(), host("*.wild.test", route("/", "two")), by=by)
    assert len(changes(after, wild)[ROUTES]) == SHARDS


def test_sequences_of_changes_end_as_a_fresh_start_does():
    """Whatever was compiled before, the bytes are those of the input alone."""
    by = Compiler(CompileOptions())
    bad = host("site-0003.test", route("/x", forward("one", rewrite=("a)(b", "/"))))
    wild = host("*.wild.test", route("/", "two"))
    plain = sites()
    versions = [
        plain,
        [*plain[:3], bad, *plain[4:]],
        [*plain[:3], site(3, "/other"), *plain[4:]],
        [*plain[:3], site(3, "/third"), *plain[4:9], site(9, "/other"), *plain[10:]],
        plain[1:],  # one too few
        [*plain, wild],
        [*plain, site(7000), wild],
        [*plain[:-1], site(8000), wild],  # as many as before, with another host
        plain,
        [*plain, site.__wrapped__(0)],  # twice
        plain,
    ]
    for hosts in versions:
        ours, fresh = compiled(*hosts, by=by), compiled(*hosts)
        assert ours.snapshot.revision == fresh.snapshot.revision
        assert ours.findings == fresh.findings


def test_a_complaint_about_a_shard_finds_the_host_s_rule():
    owners = compiled(*sites(), site(9000, "/new")).owners
    name = shard_name("web", shard_of("site-9000.test"))
    detail = "route 'site 9000 /new': bad"
    assert owners.blame(ROUTES, name, detail) == site(9000, "/new").routes[0].origin
    origin = a_model().url_maps["web"].default_origin
    assert owners.blame(ROUTES, name) == owners.blame(SCOPES, name) == origin


def test_the_listener_depends_only_on_whether_it_is_sharded():
    by = Compiler(CompileOptions())
    small, large = compiled(*sites(10), by=by), compiled(*sites(), by=by)
    larger = compiled(*sites(2 * SHARDED_FROM), by=by)
    assert LISTENER in changes(small, large)
    assert LISTENER not in changes(large, larger)


def test_the_url_map_may_go():
    by = Compiler(CompileOptions())
    compiled(*sites(), by=by)
    empty = by.compile(model(), {}, {})
    assert not any(empty.snapshot.resources[url] for url in (ROUTES, SCOPES))
