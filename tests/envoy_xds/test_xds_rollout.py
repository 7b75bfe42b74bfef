"""The order in which a change reaches a proxy, and what a refusal does to it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from pathlib import Path

import pytest
from raw_proxy import RawProxy, cluster, names, raw_proxy, resource, start_up, world

from penstock.envoy.resources import CLUSTER, ENDPOINTS, LISTENER, ROUTES, SECRET, Snapshot
from penstock.envoy.xds import Nack, Outcome, Rollout, XdsServer


def publish(server: XdsServer, snapshot: Snapshot) -> asyncio.Task[Rollout]:
    return asyncio.ensure_future(server.publish(snapshot))


async def test_make_then_switch_then_break(server: XdsServer) -> None:
    await server.publish(world("a"))
    async with raw_proxy(server.socket) as proxy:
        await start_up(proxy)
        rollout = publish(server, world("b"))
        made = await proxy.receive()
        assert (made.type_url, names(made), list(made.removed_resources)) == (CLUSTER, ["b"], [])
        await proxy.ask(ENDPOINTS, "b")
        await proxy.take(ENDPOINTS)
        await proxy.answer(made)
        assert names(await proxy.take(ROUTES)) == ["table"]
        assert (await rollout).applied
        broken = await proxy.take(CLUSTER)
        assert list(broken.removed_resources) == ["a"]


async def test_routes_wait_for_the_clusters_answer(server: XdsServer) -> None:
    await server.publish(world("a"))
    async with raw_proxy(server.socket) as proxy:
        await start_up(proxy)
        rollout = publish(server, world("b"))
        made = await proxy.receive()
        # The answer to this request would follow routes that were sent too early.
        await proxy.ask(ENDPOINTS, "b")
        assert (await proxy.take(ENDPOINTS)).type_url == ENDPOINTS
        await proxy.answer(made)
        await proxy.take(ROUTES)
        await rollout


async def test_endpoint_changes_go_out_while_a_rollout_waits(server: XdsServer) -> None:
    await server.publish(world("a"))
    async with raw_proxy(server.socket) as proxy:
        await start_up(proxy)
        first = publish(server, world("b"))
        made = await proxy.receive()
        moved = Snapshot.of(
            [
                *(r for t in world("b").resources.values() for r in t.values()),
                cluster("a"),
                resource(ENDPOINTS, "a", "moved"),
            ]
        )
        second = publish(server, moved)
        assert names(await proxy.take(ENDPOINTS)) == ["a"]
        await proxy.answer(made)
        await proxy.take(ROUTES)
        await asyncio.gather(first, second)


async def test_a_burst_ends_in_the_newest_and_breaks_nothing_between(server: XdsServer) -> None:
    await server.publish(world("c0"))
    async with raw_proxy(server.socket) as proxy:
        await start_up(proxy)
        rollouts = [publish(server, world(f"c{i}")) for i in range(1, 6)]
        serving = "c0"
        alive = {"c0"}
        while serving != "c5":
            response = await proxy.take_any()
            alive |= set(names(response)) if response.type_url == CLUSTER else set()
            alive -= set(response.removed_resources)
            for entry in response.resources:
                if response.type_url == ROUTES:
                    serving = entry.resource.value.decode().split()[-1]
            assert serving in alive
        results = await asyncio.gather(*rollouts)
        assert results[-1].applied
        assert not results[-1].superseded
        assert all(result.superseded for result in results[:-1])


async def test_a_stuck_proxy_blocks_nobody(server: XdsServer) -> None:
    await server.publish(world("a"))
    async with raw_proxy(server.socket, "stuck") as stuck, raw_proxy(server.socket, "well") as well:
        await start_up(stuck)
        await start_up(well)
        rollout = publish(server, world("b"))
        await stuck.receive()  # And never answers.
        await well.take(CLUSTER)
        await well.take(ROUTES)
        result = await rollout
        assert result.outcomes == {"stuck": Outcome.TIMED_OUT, "well": Outcome.ACKNOWLEDGED}
        assert not result.applied
        # The removal reaches the healthy one.
        assert list((await well.take(CLUSTER)).removed_resources) == ["a"]


async def test_a_proxy_that_leaves_ends_the_wait(server: XdsServer) -> None:
    await server.publish(world("a"))
    async with raw_proxy(server.socket) as proxy:
        await start_up(proxy)
        rollout = publish(server, world("b"))
        await proxy.receive()
    assert (await rollout).outcomes == {"raw-1": Outcome.DISCONNECTED}


async def refuse_until_single(proxy: RawProxy, bad: str, message: str) -> int:
    """Refuse whatever contains `bad`, acknowledge the rest; returns how often it was offered."""
    offered = 0
    while True:
        response = await proxy.receive()
        if bad in names(response):
            offered += 1
            await proxy.answer(response, message)
            if len(response.resources) == 1:
                return offered
        else:
            await proxy.answer(response)


@pytest.mark.parametrize("message", ["invalid", "Error adding/updating cluster(s) b5: invalid"])
async def test_a_refused_response_is_narrowed_to_the_culprit(
    server: XdsServer, message: str
) -> None:
    refusals: list[Nack] = []
    server.on_nack = refusals.append
    await server.publish(world("a"))
    async with raw_proxy(server.socket) as proxy:
        await start_up(proxy)
        extra = tuple(cluster(f"b{i}") for i in range(10))
        rollout = publish(server, world("a", table="2", more=extra))
        await refuse_until_single(proxy, "b5", message)
        while (await proxy.take_any()).type_url != ROUTES:
            pass
        result = await rollout
        assert result.outcomes == {"raw-1": Outcome.REJECTED}
        (nack,) = result.nacks
        assert (nack.type_url, nack.name, nack.message) == (CLUSTER, "b5", message)
        assert nack.revision == result.revision
        assert refusals == [nack]
        (state,) = server.proxies
        assert state.resources[CLUSTER] == 10
        # The same version is not offered again, another one is.
        before = server.statistics()["resources_sent"]
        assert (await server.publish(world("a", table="2", more=extra))).nacks == (nack,)
        assert server.statistics()["resources_sent"] == before
        mended = tuple(cluster(f"b{i}", 500 if i == 5 else 1000) for i in range(10))
        rollout = publish(server, world("a", table="2", more=mended))
        assert names(await proxy.take(CLUSTER)) == ["b5"]
        assert (await rollout).applied


async def test_what_the_last_good_routes_need_is_kept(server: XdsServer) -> None:
    await server.publish(world("alpha"))
    async with raw_proxy(server.socket) as proxy:
        await start_up(proxy)
        rollout = publish(server, world("beta", table="2"))
        await proxy.take(CLUSTER)
        await proxy.answer(await proxy.receive(), "bad regex")
        assert (await rollout).nacks[0].name == "table"
        await server.until(lambda proxies: proxies[0].settled)
        assert server.proxies[0].resources[CLUSTER] == 2, "the old routes still use alpha"
        # Mended: now the old cluster goes.
        rollout = publish(server, world("beta", table="3"))
        await proxy.take(ROUTES)
        assert (await rollout).applied
        assert list((await proxy.take(CLUSTER)).removed_resources) == ["alpha"]


async def test_a_refusal_ends_with_the_resource(server: XdsServer) -> None:
    await server.publish(world("a"))
    async with raw_proxy(server.socket) as proxy:
        await start_up(proxy)
        rollout = publish(server, world("a", more=(resource(LISTENER, "bad"),)))
        await proxy.answer(await proxy.receive(), "no such address")
        assert (await rollout).nacks
        assert (await server.publish(world("a"))).nacks == ()


async def test_retry_offers_a_refused_resource_again(server: XdsServer) -> None:
    await server.publish(world("a"))
    async with raw_proxy(server.socket) as proxy:
        await start_up(proxy)
        rollout = publish(server, world("a", more=(resource(LISTENER, "busy"),)))
        await proxy.answer(await proxy.receive(), "address already in use")
        assert (await rollout).nacks
        server.retry()
        assert names(await proxy.take(LISTENER)) == ["busy"]
        await server.until(lambda proxies: not proxies[0].nacks and not proxies[0].pending)


async def test_withheld_resources_stay_as_they_are(server: XdsServer) -> None:
    await server.publish(world("a"))
    async with raw_proxy(server.socket) as proxy:
        await start_up(proxy)
        server.withhold([(ROUTES, "table")])
        assert (await server.publish(world("a", table="2"))).applied
        server.withhold([])
        assert names(await proxy.take(ROUTES)) == ["table"]


async def test_listener_goes_before_its_routes_and_secrets(server: XdsServer) -> None:
    extra = (resource(LISTENER, "tls"), resource(ROUTES, "tls-table"), resource(SECRET, "cert"))
    await server.publish(world("a", more=extra))
    async with raw_proxy(server.socket) as proxy:
        await proxy.ask(CLUSTER)
        await proxy.take(CLUSTER)
        await proxy.ask(ENDPOINTS, "a")
        await proxy.take(ENDPOINTS)
        await proxy.ask(LISTENER)
        await proxy.take(LISTENER)
        await proxy.ask(SECRET, "cert")
        await proxy.take(SECRET)
        await proxy.ask(ROUTES, "table", "tls-table")
        await proxy.take(ROUTES)
        rollout = publish(server, world("a"))
        assert list((await proxy.take(LISTENER)).removed_resources) == ["tls"]
        assert (await rollout).applied
        gone = [await proxy.take_any(), await proxy.take_any()]
        assert {r.type_url: list(r.removed_resources) for r in gone} == {
            SECRET: ["cert"],
            ROUTES: ["tls-table"],
        }


class SlowWarm:
    """Clusters come into service when the test says so."""

    def __init__(self) -> None:
        self.asked: list[set[str]] = []
        self.allow = asyncio.Event()

    async def clusters(self, node_id: str, names: Collection[str]) -> None:
        self.asked.append(set(names))
        await self.allow.wait()

    async def listeners(self, node_id: str, names: Collection[str]) -> None:
        return


async def test_routes_wait_until_clusters_are_in_service(short_dir: Path) -> None:
    warm = SlowWarm()
    warm.allow.set()
    async with XdsServer(short_dir / "xds.sock", warm=warm, removal_grace=0.05) as server:
        await server.publish(world("a"))
        async with raw_proxy(server.socket) as proxy:
            await start_up(proxy)
            await server.applied(within=2)
            warm.allow.clear()
            rollout = publish(server, world("b"))
            await proxy.take(CLUSTER)
            await proxy.ask(ENDPOINTS, "b")
            await proxy.take(ENDPOINTS)
            assert await proxy.silent()
            assert warm.asked[-1] == {"b"}
            warm.allow.set()
            await proxy.take(ROUTES)
            assert (await rollout).applied


async def test_a_cluster_that_never_warms_does_not_block_routes(short_dir: Path) -> None:
    warm = SlowWarm()
    async with XdsServer(
        short_dir / "xds.sock", warm=warm, warm_timeout=0.1, removal_grace=0.05
    ) as server:
        await server.publish(world("a"))
        async with raw_proxy(server.socket) as proxy:
            await start_up(proxy)
            assert (await server.applied(within=2)).applied


async def test_a_proxy_that_holds_its_answer_back_gets_its_routes(
    short_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Envoy does so while a cluster is warming."""
    async with XdsServer(short_dir / "xds.sock", warm_timeout=0.1, removal_grace=0.05) as server:
        await server.publish(world("a"))
        async with raw_proxy(server.socket) as proxy:
            await start_up(proxy)
            rollout = publish(server, world("b"))
            unanswered = await proxy.receive()
            assert unanswered.type_url == CLUSTER
            assert (await proxy.take(ROUTES)).system_version_info
            assert (await rollout).applied
            # What follows is not held up again by the same missing answer.
            for type_url in (CLUSTER, ENDPOINTS):
                assert list((await proxy.take(type_url)).removed_resources) == ["a"]
            rollout = publish(server, world("b", table="2"))
            await proxy.take(ROUTES)
            assert (await rollout).applied
            assert caplog.text.count("not in service in time") == 1
            assert server.proxies[0].pending == 1
            await proxy.answer(unanswered)
            await server.until(lambda proxies: proxies[0].settled and not proxies[0].pending)


def test_long_socket_paths_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="107"):
        XdsServer(Path("/tmp") / ("x" * 120))


async def test_who_is_not_connected_has_not_answered(server: XdsServer) -> None:
    """What moves to a proxy stays where it was until the proxy has it."""
    before = await server.publish(world("a"))
    assert not before.outcomes
    assert not before.answered_by(["node-1"])
    async with raw_proxy(server.socket) as proxy:
        await start_up(proxy)
        rollout = await server.applied(within=10)
        (node,) = rollout.outcomes
        assert rollout.answered_by([node])
        assert not rollout.answered_by([node, "another"])


@pytest.mark.parametrize(
    ("outcome", "answered"),
    [
        (Outcome.ACKNOWLEDGED, True),
        (Outcome.REJECTED, True),
        (Outcome.TIMED_OUT, False),
        (Outcome.DISCONNECTED, False),
    ],
)
def test_refusals_are_answers_silence_is_none(outcome: Outcome, answered: bool) -> None:
    rollout = Rollout("1", {"one": Outcome.ACKNOWLEDGED, "two": outcome}, (), 0.0)
    assert rollout.answered_by(["one", "two"]) is answered
    assert rollout.answered_by(["one"])
