"""Shards reach a serving proxy before the listeners that look into them."""

from __future__ import annotations

import asyncio

from envoy.config.listener.v3.listener_pb2 import Listener
from raw_proxy import RawProxy, names, raw_proxy, resource, start_up, world

from penstock.envoy.resources import (
    CLUSTER,
    LISTENER,
    ROUTES,
    SCOPES,
    SHARD_HEADER,
    EnvoyResource,
    Snapshot,
    shard_name,
    start_name,
)
from penstock.envoy.xds import XdsServer


def shards(url_map: str) -> list[str]:
    return [shard_name(url_map, 0), shard_name(url_map, 1), start_name(url_map)]


def listener(name: str, content: str, address: str = "") -> EnvoyResource:
    message = Listener(name=name, stat_prefix=content)
    message.address.socket_address.address = address or name
    return EnvoyResource(LISTENER, name, message.SerializeToString(deterministic=True))


def sharded(url_map: str, *listeners: str) -> tuple[EnvoyResource, ...]:
    """What such a URL map adds to a world."""
    return (
        *(listener(name, f"{SHARD_HEADER} {url_map}") for name in listeners),
        *(resource(kind, name) for name in shards(url_map) for kind in (SCOPES, ROUTES)),
    )


def whole(url_map: str, *listeners: str) -> tuple[EnvoyResource, ...]:
    return (
        *(listener(name, url_map) for name in listeners),
        resource(ROUTES, url_map),
    )


def publish(server: XdsServer, *more: EnvoyResource) -> asyncio.Task[object]:
    snapshot: Snapshot = world(more=more)
    return asyncio.ensure_future(server.publish(snapshot))


async def take_shards(proxy: RawProxy, url_map: str) -> None:
    await proxy.ask(ROUTES, *shards(url_map))
    assert names(await proxy.take(ROUTES)) == shards(url_map)


async def begins_alone(proxy: RawProxy, listener: str, url_map: str) -> None:
    """A listener comes by itself, and with it the subscription to the URL map's shards."""
    assert names(await proxy.take(LISTENER)) == [listener]
    await proxy.ask(SCOPES)
    assert sorted(names(await proxy.take(SCOPES))) == shards(url_map)
    await take_shards(proxy, url_map)


async def test_one_listener_begins_the_subscription_alone(server: XdsServer) -> None:
    await server.publish(world(more=whole("m", "l1", "l2")))
    async with raw_proxy(server.socket) as proxy:
        await start_up(proxy)
        rollout = publish(server, *sharded("m", "l1", "l2"))
        await begins_alone(proxy, "l1", "m")
        assert names(await proxy.take(LISTENER)) == ["l2"]
        assert sorted(names(await proxy.take(SCOPES))) == shards("m")
        await rollout


async def test_shards_come_first_where_there_is_a_subscription(server: XdsServer) -> None:
    large = sharded("m", "l1")
    await server.publish(world(more=(*large, *whole("n", "l2"))))
    async with raw_proxy(server.socket) as proxy:
        await start_up(proxy)
        await proxy.ask(SCOPES)
        await proxy.take(SCOPES)
        await take_shards(proxy, "m")
        assert await server.applied(within=5)
        rollout = publish(server, *large, *sharded("n", "l2"))
        assert sorted(names(await proxy.take(SCOPES))) == shards("n")
        assert await proxy.silent()
        await take_shards(proxy, "n")
        assert names(await proxy.take(LISTENER)) == ["l2"]
        await proxy.take(SCOPES)
        await rollout


async def test_a_proxy_that_does_not_serve_yet_gets_all_listeners_at_once(
    server: XdsServer,
) -> None:
    """It may be a successor that takes them over, and serves as soon as it has any."""
    await server.publish(world(more=sharded("m", "l1", "l2")))
    async with raw_proxy(server.socket) as proxy:
        await proxy.ask(CLUSTER)
        await proxy.take(CLUSTER)
        await proxy.ask(LISTENER)
        assert sorted(names(await proxy.take(LISTENER))) == ["l1", "l2", "web"]


async def test_a_proxy_that_returns_has_its_listeners_until_the_shards_are_there(
    server: XdsServer,
) -> None:
    """The control plane was away when the URL map grew."""
    before = {r.name: r.version for r in whole("m", "l1", "l2") if r.type_url == LISTENER}
    await server.publish(world(more=sharded("m", "l1", "l2")))
    async with raw_proxy(server.socket) as proxy:
        await proxy.ask(LISTENER, has={**before, "web": resource(LISTENER, "web").version})
        await proxy.ask(CLUSTER)
        await proxy.take(CLUSTER)
        await begins_alone(proxy, "l1", "m")
        assert names(await proxy.take(LISTENER)) == ["l2"]


async def test_a_listener_at_anothers_address_waits_for_its_removal(server: XdsServer) -> None:
    """Envoy refuses a second listener at an address; both have to come with one response."""
    old = (listener("old", "m", "10.0.0.1"), resource(ROUTES, "m"))
    new = (
        listener("new", f"{SHARD_HEADER} n", "10.0.0.1"),
        *(resource(kind, name) for name in shards("n") for kind in (SCOPES, ROUTES)),
    )
    await server.publish(world(more=old))
    async with raw_proxy(server.socket) as proxy:
        await start_up(proxy)
        rollout = publish(server, *new)
        response = await proxy.take(LISTENER)
        assert (names(response), list(response.removed_resources)) == (["new"], ["old"])
        await rollout


async def test_a_listener_that_changes_its_address_does_not_go_first(server: XdsServer) -> None:
    await server.publish(world(more=whole("m", "l1", "l2")))
    async with raw_proxy(server.socket) as proxy:
        await start_up(proxy)
        moved = listener("l1", f"{SHARD_HEADER} m", "10.0.0.9")
        others = [r for r in sharded("m", "l1", "l2") if r.name != "l1"]
        rollout = publish(server, moved, *others)
        await begins_alone(proxy, "l2", "m")
        assert names(await proxy.take(LISTENER)) == ["l1"]
        await proxy.take(SCOPES)
        await rollout


async def test_another_one_goes_first_if_the_first_is_refused(server: XdsServer) -> None:
    await server.publish(world(more=whole("m", "l1", "l2", "l3")))
    async with raw_proxy(server.socket) as proxy:
        await start_up(proxy)
        rollout = publish(server, *sharded("m", "l1", "l2", "l3"))
        first = await proxy.receive()
        assert names(first) == ["l1"]
        await proxy.answer(first, error="no")
        await begins_alone(proxy, "l2", "m")
        assert names(await proxy.take(LISTENER)) == ["l3"]
        await proxy.take(SCOPES)
        await rollout


async def test_a_refused_shard_holds_nothing_up(server: XdsServer) -> None:
    await server.publish(world(more=whole("m", "l1", "l2")))
    async with raw_proxy(server.socket) as proxy:
        await start_up(proxy)
        rollout = publish(server, *sharded("m", "l1", "l2"))
        assert names(await proxy.take(LISTENER)) == ["l1"]
        await proxy.ask(SCOPES)
        await proxy.take(SCOPES)
        await proxy.ask(ROUTES, *shards("m"))
        bad = shards("m")[1]
        while True:
            response = await proxy.receive()
            if response.type_url == LISTENER:
                break
            refused = bad in names(response)
            await proxy.answer(response, error=f"{bad} is bad" if refused else None)
        assert names(response) == ["l2"]
        await proxy.answer(response)
        await proxy.take(SCOPES)
        await rollout


async def test_a_proxy_that_returns_may_have_anothers_address(server: XdsServer) -> None:
    """Nobody knows, so where a listener goes nothing comes before that."""
    before = {r.name: r.version for r in whole("m", "l1", "gone") if r.type_url == LISTENER}
    await server.publish(world(more=sharded("m", "l1")))
    async with raw_proxy(server.socket) as proxy:
        await proxy.ask(LISTENER, has={**before, "web": resource(LISTENER, "web").version})
        await proxy.ask(CLUSTER)
        await proxy.take(CLUSTER)
        response = await proxy.take(LISTENER)
        assert (names(response), list(response.removed_resources)) == (["l1"], ["gone"])
