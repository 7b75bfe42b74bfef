"""How an endpoint is chosen, in a real Envoy: every locality policy, with and without weights."""

import concurrent.futures
import contextlib
import itertools
import types
from collections import Counter

import pytest
from compile_models import setting
from policies_lab import assigned, backend, group, serve

from e2e.farm import ask, farm
from penstock.model import (
    AddressFamily,
    ClientIpAffinity,
    HeaderAffinity,
    LocalityPolicyKind,
    NegKind,
)

VIP = "127.200.10.1"
SLOW_AND_FAST = ["127.200.13.1", "127.200.13.2"]
Kind = LocalityPolicyKind
WEIGHED = [Kind.ROUND_ROBIN, Kind.LEAST_REQUEST, Kind.RANDOM, Kind.RING_HASH, Kind.MAGLEV]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    services = [
        backend("turns"),
        backend("written-turns", Kind.ROUND_ROBIN),
        backend("chance", Kind.RANDOM),
        backend("ring", Kind.RING_HASH, ClientIpAffinity()),
        backend("large-ring", Kind.RING_HASH, ClientIpAffinity(), ring=65536),
        backend("maglev", Kind.MAGLEV, ClientIpAffinity()),
        backend("keyless", Kind.MAGLEV),
    ]
    with contextlib.ExitStack() as stack:
        pods = stack.enter_context(farm(f"127.200.11.{i}" for i in range(1, 6)))
        folder = tmp_path_factory.mktemp("choice")
        yield serve(stack, folder, VIP, services, pods.endpoints)


def shares(lab, name, times, **request):
    return Counter(ask(lab.http, f"{name}.test", **request).backend for _ in range(times))


@pytest.mark.parametrize("name", ["turns", "written-turns"])
def test_turns_are_taken(lab, name):
    assert set(shares(lab, name, 20).values()) == {4}


def test_chance_takes_no_turns(lab):
    order = [ask(lab.http, "chance.test").backend for _ in range(200)]
    # Each gets 40 ± 5.7; six standard deviations are one in a billion.
    assert all(6 <= count <= 74 for count in Counter(order).values())
    assert len(Counter(order)) == 5
    assert order != list(itertools.islice(itertools.cycle(order[:5]), 200))


@pytest.mark.parametrize("name", ["ring", "large-ring", "maglev"])
def test_a_key_leads_to_one_endpoint_and_keys_are_spread(lab, name):
    clients = [f"127.200.12.{i}" for i in range(1, 101)]
    first = {c: ask(lab.http, f"{name}.test", source=c).backend for c in clients}
    again = {c: ask(lab.http, f"{name}.test", source=c).backend for c in clients}
    assert first == again
    assert len(set(first.values())) == 5


def test_without_a_key_hashing_is_chance(lab):
    assert len(shares(lab, "keyless", 100)) == 5


def test_the_busier_of_two_is_avoided(tmp_path):
    with contextlib.ExitStack() as stack:
        pods = stack.enter_context(farm(["127.200.13.11", "127.200.13.12"]))
        services = [backend("busy", Kind.LEAST_REQUEST)]
        lab = serve(stack, tmp_path, "127.200.10.2", services, pods.endpoints)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            held = pool.submit(ask, lab.http, "busy.test", "/hold")
            pods.waiting.acquire()
            others = shares(lab, "busy", 400)
            pods.held.set()
            # Chosen only if both tries meet it, one time in four: 100 ± 8.7.
            assert 40 < others[held.result().backend] < 150


@pytest.mark.parametrize(
    ("weighted", "metrics", "report"),
    [
        (False, (), "TEXT application_utilization={},rps_fractional=100"),
        (True, (), "TEXT cpu_utilization={},rps_fractional=100"),
        (False, ("queue",), "TEXT named_metrics.queue={},rps_fractional=100"),
        (True, ("queue",), 'JSON {{"rps_fractional": 100, "named_metrics": {{"queue": {}}}}}'),
        (False, ("orca.mem_utilization",), "TEXT mem_utilization={},rps_fractional=100"),
    ],
)
def test_the_less_loaded_by_its_own_report_gets_more(tmp_path, weighted, metrics, report):
    with contextlib.ExitStack() as stack:
        pods = stack.enter_context(farm(SLOW_AND_FAST))
        for address, load in zip(SLOW_AND_FAST, (0.9, 0.1), strict=True):
            pods.headers[address]["endpoint-load-metrics"] = report.format(load)
        services = [backend("reported", Kind.WEIGHTED_ROUND_ROBIN, metrics=metrics)]
        whole = assigned("reported", group(pods.endpoints))
        lab = serve(
            stack, tmp_path, "127.200.10.3", services, pods.endpoints,
            assignments=[whole] if weighted else (), weighted=weighted,
        )  # fmt: skip
        # Reports count after a second; then nine of ten requests go to the idle endpoint.
        while shares(lab, "reported", 20)[SLOW_AND_FAST[1]] < 18:
            pass
        assert shares(lab, "reported", 100)[SLOW_AND_FAST[0]] == pytest.approx(10, abs=3)


@pytest.fixture(scope="module")
def two_zones(tmp_path_factory):
    """Zone a has a weight of 3 and five endpoints, zone b 1 and one."""
    with contextlib.ExitStack() as stack:
        pods = stack.enter_context(farm(f"127.200.14.{i}" for i in range(1, 7)))
        services = [
            # A small ring shares out unevenly by itself.
            backend(kind.value.lower(), kind, HeaderAffinity("x-key"), ring=65536)
            for kind in WEIGHED
        ]
        *many, one = pods.endpoints
        assignments = [
            assigned(s.name, group(many, weight=3, name="a"), group([one], name="b"))
            for s in services
        ]
        lab = serve(
            stack, tmp_path_factory.mktemp("zones"), "127.200.10.4", services, pods.endpoints,
            assignments=assignments, weighted=True,
        )  # fmt: skip
        yield types.SimpleNamespace(http=lab.http, lonely=one[0])


@pytest.mark.parametrize("kind", WEIGHED)
def test_weights_of_localities_count(two_zones, kind):
    asked = [
        ask(two_zones.http, f"{kind.value.lower()}.test", **{"x-key": str(i)}).backend
        for i in range(1200)
    ]
    # A quarter, 300 ± 15; without weights it were a sixth, 200 ± 13.
    assert 240 <= Counter(asked)[two_zones.lonely] <= 360
    assert len(set(asked)) == 6


@pytest.mark.parametrize(
    ("family", "address"),
    [
        (None, "127.0.0.1"),
        (AddressFamily.IPV4_ONLY, "127.0.0.1"),
        (AddressFamily.PREFER_IPV6, "::1"),
        (AddressFamily.IPV6_ONLY, "::1"),
    ],
)
def test_a_names_addresses_are_of_the_family(tmp_path, family, address):
    with contextlib.ExitStack() as stack:
        pods = stack.enter_context(farm(["127.0.0.1", "::1"]))
        chosen = setting(family) if family else None
        services = [backend("named", address_family=chosen)]
        endpoints = [("localhost", pods.port)]
        lab = serve(stack, tmp_path, "127.200.10.5", services, endpoints, kind=NegKind.FQDN_PORT)
        # Until the name is looked up, there is no endpoint.
        while (answer := ask(lab.http, "named.test")).status == 503:
            pass
        assert answer.backend == address
