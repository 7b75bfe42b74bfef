"""Snapshots reach a real Envoy, in an order that costs no request."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from envoy_lab import (
    Client,
    backend,
    cluster,
    endpoints,
    fetch,
    free_port,
    lab,
    listener,
    routes,
    site,
)

from penstock.envoy.resources import CLUSTER, LISTENER, ROUTES, Snapshot
from penstock.envoy.xds import Outcome, XdsServer

NEVER = 3600.0
"""A limit that a test does not reach: what waits for it, waits in vain."""
PATIENCE = 10.0
"""Less than the 15 s after which Envoy itself gives up waiting for endpoints."""


async def test_from_nothing_to_an_answer(state_dir: Path, address: str) -> None:
    port = free_port(address)
    async with backend() as one, lab(state_dir, site(address, port, [one.port])) as it:
        assert (await fetch(address, port)).body == "one"
        before = it.server.statistics()["responses"]
        rollout = await it.server.publish(site(address, port, [one.port]))
        assert rollout.applied
        assert it.server.statistics()["responses"] == before


async def test_applied_means_the_next_request_sees_it(state_dir: Path, address: str) -> None:
    first, second = free_port(address), free_port(address)
    async with (
        backend("one") as one,
        backend("two") as two,
        lab(state_dir, site(address, first, [one.port])) as it,
    ):
        for _ in range(5):
            for target in (two, one):
                rollout = await it.server.publish(site(address, first, [target.port]))
                assert rollout.applied
                assert (await fetch(address, first)).body == target.name
        base = site(address, first, [one.port])
        more = [
            *(r for table in base.resources.values() for r in table.values()),
            listener("second", address, second, "second-table"),
            routes("second-table", "c2"),
            cluster("c2"),
            endpoints("c2", [two.port]),
        ]
        assert (await it.server.publish(Snapshot.of(more))).applied
        assert (await fetch(address, second)).body == "two"


async def test_a_changed_cluster_comes_into_service(state_dir: Path, address: str) -> None:
    port = free_port(address)
    start = site(address, port, [1])
    async with backend() as one, lab(state_dir, start, warm_timeout=NEVER) as it:
        changed = [cluster("c1", connect_ms=750), endpoints("c1", [one.port])]
        rest = [listener("web", address, port, "table"), routes("table", "c1")]
        async with asyncio.timeout(PATIENCE):
            rollout = await it.server.publish(Snapshot.of([*changed, *rest]))
        assert rollout.applied
        assert await it.envoy.admin.warming_clusters(["c1"]) == 0


async def test_missing_endpoints_do_not_hold_up_the_rest(state_dir: Path, address: str) -> None:
    port = free_port(address)
    base = site(address, port, [1])
    async with lab(state_dir, base, warm_timeout=NEVER) as it:
        lost = [cluster("lost"), *(r for t in base.resources.values() for r in t.values())]
        async with asyncio.timeout(PATIENCE):
            rollout = await it.server.publish(Snapshot.of(lost))
        assert rollout.applied


async def test_repointing_a_live_route_loses_nothing(state_dir: Path, address: str) -> None:
    port = free_port(address)
    statuses: dict[int | str, int] = {}
    done = asyncio.Event()

    async def hammer() -> None:
        client = Client(address, port)
        while not done.is_set():
            reply = await client.get()
            statuses[reply.status] = statuses.get(reply.status, 0) + 1
        client.close()

    async with backend() as one:
        start = site(address, port, [one.port], target="t0")
        async with lab(state_dir, start, removal_grace=0.0) as it:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(2):
                    tasks.create_task(hammer())
                for turn in range(1, 41):
                    rollout = await it.server.publish(
                        site(address, port, [one.port], target=f"t{turn}")
                    )
                    assert rollout.applied
                    await it.server.until(lambda proxies: proxies[0].settled)
                done.set()
            assert set(statuses) == {200}
            assert statuses[200] > 100
            assert set(await it.envoy.admin.clusters()) == {"t40", "penstock-xds"}


async def test_a_bad_listener_is_reported_and_the_rest_applied(
    state_dir: Path, address: str
) -> None:
    port, other = free_port(address), free_port(address)
    async with backend("one") as one, backend("two") as two:
        base = site(address, port, [one.port])
        async with lab(state_dir, base) as it:
            snapshot = Snapshot.of(
                [
                    *(r for t in base.resources.values() for r in t.values()),
                    listener("bad", "203.0.113.7", port, "table"),  # Not an address of ours.
                    listener("good", address, other, "other"),
                    routes("other", "c2"),
                    cluster("c2"),
                    endpoints("c2", [two.port]),
                ]
            )
            rollout = await it.server.publish(snapshot)
            assert rollout.outcomes == {"node-1": Outcome.REJECTED}
            (nack,) = rollout.nacks
            assert (nack.type_url, nack.name) == (LISTENER, "bad")
            assert "203.0.113.7" in nack.message
            assert it.nacks == [nack]
            assert (await fetch(address, other)).body == "two"
            assert (await fetch(address, port)).body == "one"


async def test_an_undecodable_cluster_takes_no_sibling_along(state_dir: Path, address: str) -> None:
    port = free_port(address)
    async with backend() as one:
        base = site(address, port, [one.port])
        async with lab(state_dir, base) as it:
            bad = cluster("bad", connect_ms=0)  # Violates a rule of the message: gt 0.
            good = [cluster(f"g{i}") for i in range(5)]
            cla = [endpoints(f"g{i}", [one.port]) for i in range(5)]
            rest = [r for t in base.resources.values() for r in t.values()]
            rollout = await it.server.publish(Snapshot.of([*rest, *good, *cla, bad]))
            assert [(n.type_url, n.name) for n in rollout.nacks] == [(CLUSTER, "bad")]
            active = await it.envoy.admin.clusters([*(f"g{i}" for i in range(5)), "bad"])
            assert active.keys() == {f"g{i}" for i in range(5)}


async def test_refused_routes_keep_the_last_good_and_what_it_needs(
    state_dir: Path, address: str
) -> None:
    port = free_port(address)
    async with (
        backend("one") as one,
        backend("two") as two,
        lab(state_dir, site(address, port, [one.port], target="alpha")) as it,
    ):
        web = listener("web", address, port, "table")
        beta = [web, cluster("beta"), endpoints("beta", [two.port])]
        bad = Snapshot.of([*beta, routes("table", "beta", regex="(")])
        rollout = await it.server.publish(bad)
        assert [(n.type_url, n.name) for n in rollout.nacks] == [(ROUTES, "table")]
        await it.server.until(lambda proxies: proxies[0].settled)
        assert (await fetch(address, port)).body == "one"
        assert (await it.server.publish(Snapshot.of([*beta, routes("table", "beta")]))).applied
        assert (await fetch(address, port)).body == "two"
        await it.server.until(lambda proxies: proxies[0].settled)
        assert "alpha" not in await it.envoy.admin.clusters()


async def test_a_new_control_plane_sends_only_what_changed(state_dir: Path, address: str) -> None:
    port = free_port(address)
    async with backend("one") as one, backend("two") as two:
        snapshot = site(address, port, [one.port])
        async with lab(state_dir, snapshot) as it:
            await it.server.stop()
            assert (await fetch(address, port)).body == "one"
            async with XdsServer(it.paths.xds_socket, removal_grace=0.1) as successor:
                await successor.publish(snapshot)
                assert (await successor.applied(within=10)).applied
                assert successor.statistics()["resources_sent"] == 0
                assert (await fetch(address, port)).body == "one"
            changed = site(address, port, [two.port], target="c2")
            async with XdsServer(it.paths.xds_socket, warm=it.warm, removal_grace=0.1) as third:
                await third.publish(changed)
                assert (await third.applied(within=10)).applied
                assert (await fetch(address, port)).body == "two"
                # Cluster, endpoints and routes; the listener is equal.
                assert third.statistics()["resources_sent"] == 3
                await third.until(lambda proxies: bool(proxies) and proxies[0].settled)
                assert "c1" not in await it.envoy.admin.clusters()


async def test_two_instances_side_by_side(state_dir: Path, address: str) -> None:
    port, other = free_port(address), free_port(address)
    async with (
        backend("one") as one,
        backend("two") as two,
        lab(state_dir / "a", site(address, port, [one.port])) as first,
        lab(state_dir / "b", site(address, other, [two.port])) as second,
    ):
        assert first.envoy.state().pid != second.envoy.state().pid
        assert (await fetch(address, port)).body == "one"
        assert (await fetch(address, other)).body == "two"


async def test_a_cluster_without_its_secret_does_not_hold_up_the_rest(
    state_dir: Path, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port(address)
    async with (
        backend("one") as one,
        backend("two") as two,
        lab(state_dir, site(address, port, [one.port]), warm_timeout=1.0) as it,
    ):
        stuck = [cluster("stuck", secret="nowhere"), endpoints("stuck", [1])]
        web = [listener("web", address, port, "table"), routes("table", "c2")]
        other = [cluster("c2"), endpoints("c2", [two.port])]
        rollout = await it.server.publish(Snapshot.of([*stuck, *web, *other]))
        assert rollout.applied
        assert (await fetch(address, port)).body == "two"
        moved = [cluster("c2"), endpoints("c2", [one.port])]
        rollout = await it.server.publish(Snapshot.of([*stuck, *web, *moved]))
        assert rollout.applied
        assert caplog.text.count("not in service in time") == 1, "it was waited for again"
        assert (await fetch(address, port)).body == "one"


async def test_requests_under_way_survive_their_cluster_s_removal(
    state_dir: Path, address: str
) -> None:
    port = free_port(address)
    async with (
        backend("one") as one,
        backend("two") as two,
        lab(state_dir, site(address, port, [one.port], target="old"), removal_grace=0.0) as it,
    ):
        one.delay = 0.5
        slow = asyncio.ensure_future(fetch(address, port))
        await one.arrived.wait()
        assert (await it.server.publish(site(address, port, [two.port], target="new"))).applied
        await it.server.until(lambda proxies: proxies[0].settled)
        assert "old" not in await it.envoy.admin.clusters()
        assert not slow.done()
        reply = await slow
        assert (reply.status, reply.body) == (200, "one")
