"""The incremental xDS protocol, as a proxy sees it on the wire."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest
from raw_proxy import cluster, names, raw_proxy, resource, start_up, world

from penstock.envoy.resources import (
    CLUSTER,
    EMPTY,
    ENDPOINTS,
    LISTENER,
    ROUTES,
    SECRET,
    Snapshot,
)
from penstock.envoy.xds import Outcome, XdsServer


async def test_an_empty_wildcard_is_answered(server: XdsServer) -> None:
    await server.publish(EMPTY)
    async with raw_proxy(server.socket) as proxy:
        await proxy.ask(CLUSTER)
        response = await proxy.take(CLUSTER)
        assert not response.resources
        assert not response.removed_resources
        await proxy.ask(LISTENER)
        assert not (await proxy.take(LISTENER)).resources
        assert (await server.applied(within=2)).applied


async def test_nothing_is_answered_before_the_first_publish(server: XdsServer) -> None:
    async with raw_proxy(server.socket) as proxy:
        await proxy.ask(CLUSTER)
        await server.until(lambda proxies: len(proxies) == 1)
        assert server.statistics()["responses"] == 0
        await server.publish(EMPTY)
        await proxy.take(CLUSTER)


async def test_explicit_wildcard_and_its_end(server: XdsServer) -> None:
    await server.publish(world())
    async with raw_proxy(server.socket) as proxy:
        await proxy.ask(ENDPOINTS, "*")
        assert names(await proxy.take(ENDPOINTS)) == ["a"]
        await proxy.ask(ENDPOINTS, drop=("*",))
        await proxy.ask(CLUSTER)
        await proxy.take(CLUSTER)
        await server.publish(world(more=(resource(ENDPOINTS, "b"), cluster("b"))))
        assert names(await proxy.take(CLUSTER)) == ["b"]
        assert await proxy.silent()


async def test_versions_nonces_and_revision(server: XdsServer) -> None:
    snapshot = world()
    await server.publish(snapshot)
    async with raw_proxy(server.socket) as proxy:
        await start_up(proxy)
        nonces = [response.nonce for response in proxy.log]
        assert len(set(nonces)) == len(nonces)
        for response in proxy.log:
            assert response.system_version_info == snapshot.revision
            for entry in response.resources:
                kept = snapshot.resources[response.type_url][entry.name]
                assert (entry.version, entry.resource.value) == (kept.version, kept.body)


async def test_equal_snapshot_sends_nothing(server: XdsServer) -> None:
    await server.publish(world())
    async with raw_proxy(server.socket) as proxy:
        await start_up(proxy)
        assert (await server.applied(within=2)).applied
        before = server.statistics()["responses"]
        rollout = await server.publish(world())
        assert rollout.outcomes == {"raw-1": Outcome.ACKNOWLEDGED}
        assert server.statistics()["responses"] == before


async def test_only_what_changed_is_sent(server: XdsServer) -> None:
    others = tuple(resource(ENDPOINTS, f"e{i}") for i in range(20))
    await server.publish(world(more=others))
    async with raw_proxy(server.socket) as proxy:
        await proxy.ask(ENDPOINTS, *(f"e{i}" for i in range(20)))
        assert len((await proxy.take(ENDPOINTS)).resources) == 20
        changed = (*others[:7], resource(ENDPOINTS, "e7", "new"), *others[8:])
        await server_publish(server, world(more=changed))
        assert names(await proxy.take(ENDPOINTS)) == ["e7"]


async def server_publish(server: XdsServer, snapshot: Snapshot) -> None:
    """Publish for a proxy that never asks for listeners: do not wait for it."""
    task = asyncio.ensure_future(server.publish(snapshot))
    await asyncio.sleep(0)
    task.cancel()


async def test_subscribing_again_is_answered_again(server: XdsServer) -> None:
    await server.publish(world())
    async with raw_proxy(server.socket) as proxy:
        await start_up(proxy)
        for type_url, name in ((ENDPOINTS, "a"), (ROUTES, "table")):
            await proxy.ask(type_url, drop=(name,))
            await proxy.ask(type_url, name)
            assert names(await proxy.take(type_url)) == [name]
            await proxy.ask(type_url, name)  # Even without unsubscribing.
            assert names(await proxy.take(type_url)) == [name]


async def test_unsubscribed_names_are_not_sent(server: XdsServer) -> None:
    await server.publish(world())
    async with raw_proxy(server.socket) as proxy:
        await start_up(proxy)
        await proxy.ask(ROUTES, drop=("table",))
        assert await proxy.silent()
        assert (await server.publish(world(table="2"))).applied
        assert await proxy.silent()


async def test_unsubscribing_a_name_that_the_wildcard_covers(server: XdsServer) -> None:
    await server.publish(world())
    async with raw_proxy(server.socket) as proxy:
        await start_up(proxy)
        await proxy.ask(CLUSTER, drop=("a",))
        assert names(await proxy.take(CLUSTER)) == ["a"]
        await proxy.ask(CLUSTER, drop=("nowhere",))
        assert (await proxy.take(CLUSTER)).removed_resources == ["nowhere"]


async def test_unknown_endpoints_are_answered_as_removed(server: XdsServer) -> None:
    await server.publish(world())
    async with raw_proxy(server.socket) as proxy:
        await proxy.ask(ENDPOINTS, "nowhere", "a")
        response = await proxy.take(ENDPOINTS)
        assert names(response) == ["a"]
        assert response.removed_resources == ["nowhere"]


@pytest.mark.parametrize("type_url", [ROUTES, SECRET])
async def test_unknown_routes_and_secrets_come_when_they_exist(
    server: XdsServer, type_url: str
) -> None:
    await server.publish(world())
    async with raw_proxy(server.socket) as proxy:
        await start_up(proxy)
        await proxy.ask(type_url, "later")
        assert await proxy.silent()
        await server_publish(server, world(more=(resource(type_url, "later"),)))
        assert names(await proxy.take(type_url)) == ["later"]


async def test_a_returning_proxy_is_told_only_the_difference(server: XdsServer) -> None:
    snapshot = world(more=(cluster("b"), resource(ENDPOINTS, "b")))
    await server.publish(snapshot)
    versions = {
        url: {name: r.version for name, r in table.items()}
        for url, table in snapshot.resources.items()
    }
    async with raw_proxy(server.socket) as proxy:
        await proxy.ask(CLUSTER, has={"a": versions[CLUSTER]["a"], "gone": "0", "b": "old"})
        response = await proxy.take(CLUSTER)
        assert names(response) == ["b"]
        assert not response.removed_resources, "routes may still use it"
        await proxy.ask(ENDPOINTS, "a", "b", "gone", has={**versions[ENDPOINTS], "gone": "0"})
        # A changed cluster waits for its endpoints, whether they changed or not.
        assert names(await proxy.take(ENDPOINTS)) == ["b"]
        await proxy.ask(LISTENER, has={"web": versions[LISTENER]["web"], "old": "0"})
        response = await proxy.take(LISTENER)
        assert not response.resources
        assert response.removed_resources == ["old"]
        await proxy.ask(ROUTES, "table", has=versions[ROUTES])
        removals = [await proxy.take(CLUSTER), await proxy.take(ENDPOINTS)]
        assert [list(r.removed_resources) for r in removals] == [["gone"], ["gone"]]
        assert await proxy.silent()


async def test_a_returning_proxy_with_equal_state_gets_no_resource(server: XdsServer) -> None:
    snapshot = world()
    await server.publish(snapshot)
    async with raw_proxy(server.socket) as proxy:
        for url, named in (
            (CLUSTER, ()),
            (ENDPOINTS, ("a",)),
            (LISTENER, ()),
            (ROUTES, ("table",)),
        ):
            has = {name: r.version for name, r in snapshot.resources[url].items()}
            await proxy.ask(url, *named, has=has)
        assert (await proxy.take(CLUSTER)).resources == []
        assert (await proxy.take(LISTENER)).resources == []
        assert (await server.applied(within=2)).applied
        assert server.statistics()["resources_sent"] == 0


async def test_unknown_types_are_left_unanswered(server: XdsServer) -> None:
    await server.publish(world())
    async with raw_proxy(server.socket) as proxy:
        await proxy.ask("type.googleapis.com/envoy.service.runtime.v3.Runtime")
        await start_up(proxy)


async def test_large_answers_come_in_parts(short_dir: Path) -> None:
    many = [resource(ENDPOINTS, f"e{i:03}", "x" * 1000) for i in range(100)]
    async with XdsServer(short_dir / "x.sock", chunk_bytes=20_000) as server:
        await server.publish(Snapshot.of(many))
        async with raw_proxy(server.socket) as proxy:
            await proxy.ask(ENDPOINTS, *(r.name for r in many))
            got: list[str] = []
            while len(got) < 100:
                response = await proxy.take(ENDPOINTS)
                assert len(response.resources) < 30
                got += names(response)
            assert sorted(got) == [r.name for r in many]


async def test_large_messages_pass(server: XdsServer) -> None:
    huge = Snapshot.of([resource(ENDPOINTS, "huge", "x" * (3 << 20))])
    await server.publish(huge)
    async with raw_proxy(server.socket) as proxy:
        await proxy.ask(ENDPOINTS, "huge")
        assert len((await proxy.take(ENDPOINTS)).resources[0].resource.value) > 3 << 20


async def test_the_socket_is_private(server: XdsServer) -> None:
    assert stat.S_IMODE(server.socket.stat().st_mode) == 0o600


async def test_proxies_tell_their_state(server: XdsServer) -> None:
    snapshot = world()
    await server.publish(snapshot)
    async with raw_proxy(server.socket, "n7") as proxy:
        await start_up(proxy)
        assert (await server.applied(within=2)).applied
        await server.until(lambda proxies: not proxies[0].pending)
        (state,) = server.proxies
        assert (state.node_id, state.revision, state.pending) == ("n7", snapshot.revision, 0)
        assert state.resources[CLUSTER] == 1
    await server.until(lambda proxies: not proxies)
