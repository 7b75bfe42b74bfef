"""Fleets of regions: who serves which address, what a death does, and what survives whom."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.harness import Json, Up, request, until, up
from e2e.regions import CONFIG, EAST, EUROPE, cross_region, regional
from penstock.envoy.admin import AdminClient
from penstock.runtime.nodes import recorded
from penstock.runtime.own_listeners import own_listeners
from penstock.runtime.state import StateDir

POOL = "127.10.220.0/24"


def address_in(running: Up, lb: str, region: str = "") -> str:
    """Where a load balancer's forwarding rule listens."""
    balancers = running.cli("status", "-o", "json")["loadBalancers"]
    (found,) = [each for each in balancers if each["name"].endswith(f"/{lb}")]
    if not region:
        return str(found["addresses"][0])
    fleet = fleets(running)[region]
    (both,) = set(found["addresses"]) & set(fleet["addresses"])
    return str(both)


def fleets(running: Up) -> dict[str, Json]:
    return {each["region"]: each for each in running.cli("region", "list", "-o", "json")}


def proxies(running: Up) -> dict[str, Json]:
    return {each["node"]: each for each in running.cli("status", "-o", "json")["proxies"]}


def refuses(address: str) -> bool:
    try:
        request(address)
    except ConnectionRefusedError:
        return True
    return False


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("fleets")
    source = folder / "world.yaml"
    source.write_text(
        CONFIG
        + cross_region()
        + regional("own", EAST)
        + regional("central", "us-central1", ["10.3.0.51"])
    )
    with up([source], folder / "state", "--address-pool", POOL) as running:
        yield running


def test_each_region_has_an_envoy_of_its_own(world: Up) -> None:
    running = proxies(world)
    assert running.keys() == {"local", EAST, EUROPE}
    assert len({each["pid"] for each in running.values()}) == 3
    assert all(each["upToDate"] for each in running.values())
    places = {
        node: {address for address, _ in own_listeners(each["pid"])}
        for node, each in running.items()
    }
    assert address_in(world, "web", EAST) in places[EAST]
    assert address_in(world, "web", EUROPE) in places[EUROPE]
    # All of a region is served there, and what is in no such region at home.
    assert address_in(world, "own") in places[EAST]
    assert address_in(world, "central") in places["local"]
    assert not places[EAST] & places[EUROPE]
    assert not places["local"] & (places[EAST] | places[EUROPE])


def test_a_fleet_has_only_what_it_serves(world: Up) -> None:
    def clusters(socket: Path) -> set[str]:
        found = asyncio.run(AdminClient(socket).clusters())
        return {name.rpartition("/")[2] for name in found if name.startswith("compute/")}

    found = {node: clusters(socket) for node, socket in admin_sockets(world).items()}
    assert found == {"local": {"central"}, EAST: {"web", "own"}, EUROPE: {"web"}}


def test_show_has_what_each_fleet_runs(world: Up) -> None:
    for option, names in (([], {"central"}), (["--region", EUROPE], {"web"})):
        shown = world.cli("show", "envoy", *option, "-o", "json")
        assert {name.rpartition("/")[2] for name in shown["Cluster"]} == names
    with pytest.raises(AssertionError, match="no proxies of region 'mars'"):
        world.cli("show", "envoy", "--region", "mars", "-o", "json")


def test_the_access_log_says_the_region(world: Up) -> None:
    wanted = {
        address_in(world, "web", EAST): EAST,
        address_in(world, "web", EUROPE): EUROPE,
        address_in(world, "central"): None,
    }
    for address in wanted:
        assert request(address, f"/log-{address}").status == 200

    def seen() -> dict[str, str | None]:
        lines = (world.state / "access.log").read_text().splitlines()
        found = [json.loads(line) for line in lines]
        return {e["authority"]: e.get("region") for e in found if "/log-" in e["path"]}

    until(lambda: seen().keys() >= wanted.keys())
    assert seen() == wanted


def test_metrics_tell_proxies_apart(world: Up) -> None:
    import httpx
    from prometheus_client.parser import text_string_to_metric_families

    socket = next(world.state.rglob("control.sock"))
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket))) as client:
        text = client.get("http://control/metrics", timeout=30).text
    live = [
        sample.labels.get("proxy")
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "envoy_server_live"
    ]
    assert sorted(live, key=str) == sorted([None, EAST, EUROPE], key=str)
    assert text.count("# TYPE envoy_server_live ") == 1


def test_the_death_of_one_proxy_leaves_the_others_alone(world: Up) -> None:
    before = proxies(world)
    os.kill(before[EAST]["pid"], signal.SIGKILL)
    assert request(address_in(world, "web", EUROPE)).status == 200
    until(lambda: proxies(world).get(EAST, {}).get("restarts") == before[EAST]["restarts"] + 1)
    after = proxies(world)
    assert {n: after[n]["pid"] for n in ("local", EUROPE)} == {
        n: before[n]["pid"] for n in ("local", EUROPE)
    }
    until(lambda: not refuses(address_in(world, "web", EAST)))
    assert request(address_in(world, "web", EAST)).status == 200


def test_a_region_is_held_down_and_comes_back(world: Up) -> None:
    east, own = address_in(world, "web", EAST), address_in(world, "own")
    europe = address_in(world, "web", EUROPE)
    assert world.cli("region", "stop", EAST, "-o", "json")["state"] == "stopped"
    assert refuses(east)
    assert refuses(own)
    assert request(europe).status == 200
    assert fleets(world)[EAST]["state"] == "stopped"
    assert EAST not in proxies(world)
    assert world.cli("region", "start", EAST, "-o", "json")["state"] == "serving"
    assert request(east).status == 200
    assert request(own).status == 200


def test_a_region_may_take_its_backends_with_it(world: Up) -> None:
    europe = address_in(world, "web", EUROPE)
    stopped = world.cli("region", "stop", EAST, "--with-backends", "-o", "json")
    assert stopped["standIns"] == 3
    pods = world.cli("stand-in", "list", "-o", "json")
    assert {p["namespace"] for p in pods if p["stopped"]} == {f"{EAST}-b"}
    until(lambda: request(europe).status == 200)
    started = world.cli("region", "start", EAST, "-o", "json")
    assert (started["state"], started["standIns"]) == ("serving", 3)
    until(lambda: request(address_in(world, "own")).status == 200)


def test_an_unknown_region_is_refused(world: Up) -> None:
    with pytest.raises(AssertionError, match="regions: europe-west1, us-east1"):
        world.cli("region", "stop", "mars-north1", "-o", "json")


def test_a_new_control_plane_takes_all_fleets_over(tmp_path: Path) -> None:
    source, state = tmp_path / "world.yaml", tmp_path / "state"
    source.write_text(CONFIG + cross_region())
    options = ("--address-pool", "127.10.221.0/24", "--proxies", "2")
    first = Up([source], state, *options)
    first.ready()
    before = proxies(first)
    assert len(before) == 6
    addresses = [address_in(first, "web", region) for region in (EAST, EUROPE)]
    first.process.kill()
    first.process.wait()
    first.close()
    assert [request(a).status for a in addresses] == [200, 200]
    with up([source], state, *options) as second:
        after = proxies(second)
        assert {n: p["pid"] for n, p in after.items()} == {n: p["pid"] for n, p in before.items()}
        assert [address_in(second, "web", region) for region in (EAST, EUROPE)] == addresses
        assert [request(a).status for a in addresses] == [200, 200]


def test_proxies_of_an_earlier_run_that_nobody_wants_end(tmp_path: Path) -> None:
    source, state = tmp_path / "world.yaml", tmp_path / "state"
    source.write_text(CONFIG + cross_region())
    first = Up([source], state, "--address-pool", "127.10.222.0/24", "--proxies", "2")
    first.ready()
    before = proxies(first)
    first.process.kill()
    first.process.wait()
    first.close()
    source.write_text(CONFIG + cross_region(regions=[EAST]))
    with up([source], state, "--address-pool", "127.10.222.0/24") as second:
        # Those that stay are hot-restarted: fewer proxies share the machine's memory.
        until(lambda: proxies(second).keys() == {"local", EAST})
        assert request(address_in(second, "web", EAST)).status == 200
        gone = [before[n]["pid"] for n in before.keys() - {"local", EAST}]
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in gone))


def test_a_fleet_that_cannot_start_is_a_finding_and_the_rest_serves(tmp_path: Path) -> None:
    source, state = tmp_path / "world.yaml", tmp_path / "state"
    central = regional("central", "us-central1", ["10.3.0.51"])
    source.write_text(CONFIG + central)
    with up([source], state, "--address-pool", "127.10.227.0/24") as running:
        folder = state / "proxies" / EAST
        folder.mkdir(parents=True)
        with (folder / "envoy.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            source.write_text(CONFIG + central + cross_region())
            found = running.wait(lambda e: e.get("code") == "runtime/fleet-not-running")
            assert f"region {EAST} do not run: another control plane" in found["message"]
            assert fleets(running)[EAST]["state"] == "failed"
            assert request(address_in(running, "central")).status == 200
            assert request(address_in(running, "web", EUROPE)).status == 200
        # Whatever stood in the way is gone: it comes up by itself.
        until(lambda: fleets(running)[EAST]["state"] == "serving")
        assert request(address_in(running, "web", EAST)).status == 200
        until(lambda: "runtime/fleet-not-running" not in codes(running))


def codes(running: Up) -> set[str]:
    return {f["code"] for f in running.cli("status", "-o", "json")["findings"]}


def test_proxies_of_a_fleet_share_its_connections(tmp_path: Path) -> None:
    source = tmp_path / "world.yaml"
    source.write_text(CONFIG + regional("own", EAST))
    options = ("--address-pool", "127.10.223.0/24", "--proxies", "3")
    with up([source], tmp_path / "state", *options) as running:
        nodes = proxies(running)
        assert nodes.keys() == {"local", "local-2", "local-3"}
        assert len({each["revision"] for each in nodes.values()}) == 1
        address = address_in(running, "own")
        # That one of three gets none of 120: less likely than one in 10^20.
        for _ in range(120):
            assert request(address).status == 200
        assert all(count > 0 for count in connections(running).values())
        assert connections(running).total() >= 120


def connections(running: Up) -> Counter[str]:
    """How many connections each proxy has taken."""
    counts: Counter[str] = Counter()
    for node, socket in admin_sockets(running).items():
        pattern = r"^listener\..*\.downstream_cx_total$"
        found = asyncio.run(AdminClient(socket).stats(pattern))
        counts[node] = sum(n for name, n in found.items() if "admin" not in name)
    return counts


def admin_sockets(running: Up) -> dict[str, Path]:
    """By node; sockets may be elsewhere than the state directory."""
    return {
        "local" if paths.state == running.state else paths.state.name: paths.admin_socket
        for paths in recorded(StateDir(running.state))
    }


def endpoints(socket: Path) -> set[str]:
    found = asyncio.run(AdminClient(socket).clusters())
    (mine,) = [status for name, status in found.items() if name.startswith("compute/")]
    return {endpoint.address for endpoint in mine.endpoints}


def test_subsetting_gives_each_proxy_a_share(tmp_path: Path) -> None:
    machines = [f"10.1.0.{n}" for n in range(11, 47)]
    source = tmp_path / "world.yaml"

    def write(addresses: list[str]) -> None:
        fields = ", subsetting: {policy: CONSISTENT_HASH_SUBSETTING}"
        source.write_text(CONFIG + regional("own", EAST, addresses, fields))

    write(machines)
    options = ("--address-pool", "127.10.224.0/24", "--proxies", "3")
    with up([source], tmp_path / "state", *options) as running:
        shares = {node: endpoints(s) for node, s in admin_sockets(running).items()}
        assert {len(share) for share in shares.values()} <= {23, 24, 25}
        users = Counter(place for share in shares.values() for place in share)
        assert set(users.values()) == {2}
        assert len(users) == 36
        address = address_in(running, "own")
        assert all(request(address).status == 200 for _ in range(60))
        sent = running.cli("status", "-o", "json")["xds"]["resourcesSent"]
        write(machines[:-1])
        running.applied()
        moved = {node: endpoints(s) for node, s in admin_sockets(running).items()}
        assert len({place for share in moved.values() for place in share}) == 35
        gained = sum(len(moved[node] - shares[node]) for node in shares)
        assert gained <= 2
        # Only proxies whose share has changed are told.
        changed = sum(1 for node in shares if moved[node] != shares[node])
        now = running.cli("status", "-o", "json")["xds"]["resourcesSent"]
        assert now - sent == changed


def test_a_group_that_is_small_is_everybodys(tmp_path: Path) -> None:
    source = tmp_path / "world.yaml"
    fields = ", subsetting: {policy: CONSISTENT_HASH_SUBSETTING}"
    source.write_text(CONFIG + regional("own", EAST, ["10.1.0.7", "10.1.0.8"], fields))
    options = ("--address-pool", "127.10.225.0/24", "--proxies", "3")
    with up([source], tmp_path / "state", *options) as running:
        assert [len(endpoints(s)) for s in admin_sockets(running).values()] == [2, 2, 2]
