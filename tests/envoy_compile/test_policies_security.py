"""Who gets through to backend services with security policies, in a real Envoy."""

import contextlib
import json
import socket

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
    setting,
    url_map,
)
from msgspec.structs import replace
from policies_lab import GROUP, backend, serve

from e2e.farm import ask, farm
from penstock.envoy.compile import CompileOptions, Compiler
from penstock.envoy.compile.shards import SHARDED_FROM
from penstock.envoy.resources import SCOPES
from penstock.model import (
    EVERYBODY,
    CorsPolicy,
    LimitKey,
    RequestLimit,
    SecurityPolicy,
    SecurityRule,
    StrongCookieAffinity,
)

VIP = "127.200.50.1"
FRIEND, FOE, OTHER = "127.200.51.1", "127.200.52.1", "127.200.53.1"
FRIENDS, FOES = "127.200.51.0/24", "127.200.52.0/24"


def policy(name, *rules):
    return setting(SecurityPolicy(name, rules))


def limit(count, key, status=429):
    # Long enough that no token comes back while a test runs.
    return RequestLimit(count, 86_400, key, status)


def services():
    everybody = SecurityRule(2147483647, EVERYBODY, 403)
    rules = {
        "allowed": (SecurityRule(1, (FRIENDS,)), everybody),
        "denied": (
            SecurityRule(1, (FRIENDS, "2001:db8::/32"), 404),
            SecurityRule(2, (FOES,), 502),
        ),
        "nested": (
            SecurityRule(1, (f"{FRIEND}/32",)),
            SecurityRule(2, (FRIENDS,), 404),
            SecurityRule(3, (f"{FRIEND}/32",), 502),
        ),
        "nobody": (everybody,),
        "empty": (),
        "limited": (SecurityRule(1, EVERYBODY, limit=limit(3, LimitKey.ALL)),),
        "each": (
            SecurityRule(1, (FOES,), 403),
            SecurityRule(2, EVERYBODY, limit=limit(2, LimitKey.IP, 502)),
        ),
    }
    made = [backend(n, security_policy=policy(n, *r)) for n, r in rules.items()]
    seat = backend(
        "seat", None, StrongCookieAffinity("seat"), security_policy=policy("s", everybody)
    )
    sticky = backend("sticky", None, StrongCookieAffinity("seat"))
    return [*made, seat, sticky, backend("plain")]


@pytest.fixture(scope="module")
def pods():
    with farm(["127.200.50.2", "127.200.50.3"]) as made:
        yield made


@pytest.fixture(scope="module")
def lab(tmp_path_factory, pods):
    with contextlib.ExitStack() as stack:
        cors = setting(CorsPolicy(allow_origins=("http://a.test",), allow_methods=("GET",)))
        cross = replace(forward("allowed"), cors=cors)
        actions = {"shared": forward("plain", "nobody"), "cross": cross}
        folder = tmp_path_factory.mktemp("security")
        yield serve(stack, folder, VIP, services(), pods.endpoints, actions=actions)


def status(lab, host, source, **headers):
    return ask(lab.http, f"{host}.test", source=source, **headers).status


@pytest.mark.parametrize(
    ("host", "client", "expected"),
    [
        ("allowed", FRIEND, 200),
        ("allowed", FOE, 403),
        ("denied", FRIEND, 404),
        ("denied", FOE, 502),
        ("denied", OTHER, 200),
        ("nested", FRIEND, 200),
        ("nested", "127.200.51.2", 404),
        ("nested", OTHER, 200),
        ("nobody", FRIEND, 403),
        ("empty", FRIEND, 200),
        ("plain", FOE, 200),
        ("seat", FRIEND, 403),
    ],
)
def test_the_first_rule_with_the_address_decides(lab, host, client, expected):
    assert status(lab, host, client) == expected


def test_an_address_in_a_header_is_nobody_s(lab):
    told = {"X-Forwarded-For": FRIEND, "X-Real-Ip": FRIEND, "Forwarded": f"for={FRIEND}"}
    assert status(lab, "allowed", FOE, **told) == 403
    told = {"X-Forwarded-For": FOE, "X-Envoy-External-Address": FOE}
    assert status(lab, "allowed", FRIEND, **told) == 200


def test_refused_requests_reach_no_endpoint(lab, pods):
    before = sum(pods.asked.values())
    for name in ("allowed", "nobody", "denied"):
        status(lab, name, FOE)
    assert sum(pods.asked.values()) == before


def test_a_share_of_a_route_has_its_own_policy(lab):
    assert {status(lab, "shared", FRIEND) for _ in range(60)} == {200, 403}


def test_all_clients_together_are_limited(lab):
    found = [status(lab, "limited", f"127.200.54.{i}") for i in range(1, 6)]
    assert found == [200, 200, 200, 429, 429]


def test_each_client_is_limited(lab):
    clients = [f"127.200.55.{i}" for i in range(1, 60)]
    for client in clients:
        assert [status(lab, "each", client) for _ in range(3)] == [200, 200, 502]
    assert status(lab, "each", clients[0]) == 502
    assert status(lab, "each", FOE) == 403


def test_the_log_names_policy_and_rule(lab):
    assert ask(lab.http, "allowed.test", "/told", source=FOE).status == 403
    (entry,) = [e for e in logged(lab, '"/told"') if e["path"] == "/told"]
    assert "allowed:2147483647" in json.dumps(entry)


def test_preflight_requests_and_websockets_are_no_way_around(lab):
    with socket.create_connection(lab.http, timeout=30, source_address=(FOE, 0)) as client:
        client.sendall(
            b"GET / HTTP/1.1\r\nhost: allowed.test\r\nconnection: upgrade\r\n"
            b"upgrade: websocket\r\nsec-websocket-version: 13\r\n"
            b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert client.recv(65536).startswith(b"HTTP/1.1 403")
    with socket.create_connection(lab.http, timeout=30, source_address=(FOE, 0)) as client:
        client.sendall(
            b"OPTIONS / HTTP/1.1\r\nhost: cross.test\r\norigin: http://a.test\r\n"
            b"access-control-request-method: GET\r\n\r\n"
        )
        assert client.recv(65536).startswith(b"HTTP/1.1 403")


def test_several_headers_with_addresses_are_nobody_s(lab):
    with socket.create_connection(lab.http, timeout=30, source_address=(FOE, 0)) as client:
        told = f"x-envoy-external-address: {FRIEND}\r\n" * 2
        client.sendall(f"GET / HTTP/1.1\r\nhost: allowed.test\r\n{told}\r\n".encode())
        assert client.recv(65536).startswith(b"HTTP/1.1 403")


def test_no_policy_is_lost_among_many_hosts(tmp_path, pods):
    """In shards, filters that only some routes switch on would not run."""
    others = {f"other-{i}": forward("plain") for i in range(SHARDED_FROM)}
    with contextlib.ExitStack() as stack:
        lab = serve(stack, tmp_path / "lab", VIP, services(), pods.endpoints, actions=others)
        found = {
            (name, client): status(lab, name, client)
            for name in ("allowed", "denied", "plain", "other-7")
            for client in (FRIEND, FOE)
        }
        cookie = ask(lab.http, "sticky.test").cookie
    assert cookie is not None
    assert cookie.startswith("seat=")
    assert found == {
        ("allowed", FRIEND): 200,
        ("allowed", FOE): 403,
        ("denied", FRIEND): 404,
        ("denied", FOE): 502,
        **{(name, c): 200 for name in ("plain", "other-7") for c in (FRIEND, FOE)},
    }


@pytest.mark.parametrize("where", ["rule", "default"])
def test_a_url_map_is_in_shards_or_has_policies(where):
    hosts = [host(f"h{i}.test", route("/", "plain")) for i in range(SHARDED_FROM)]
    guarded = backend("shut", security_policy=policy("s", SecurityRule(1, EVERYBODY, 403)))
    free = replace(guarded, security_policy=None)

    def compiled(by, service):
        last = host("last.test", route("/", "shut" if where == "rule" else "plain"))
        default = {"default": forward("shut")} if where == "default" else {}
        a_model = model(
            balancers=[load_balancer(http_proxy())],
            url_maps=[url_map(*hosts, last, **default)],
            services=[backend("plain"), service],
            negs=[neg(GROUP, ("127.0.0.1", 80))],
        )
        return by.compile(a_model, {}, {}).snapshot.resources

    by = Compiler(CompileOptions())
    assert bool(compiled(by, free)[SCOPES])
    assert not compiled(by, guarded)[SCOPES]
    assert compiled(by, free) == compiled(Compiler(CompileOptions()), free)
