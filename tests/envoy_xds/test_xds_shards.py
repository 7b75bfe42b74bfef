"""Shards reach a serving proxy before the listeners that look into them."""

from __future__ import annotations

import asyncio

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


def sharded(url_map: str, *listeners: str) -> tuple[EnvoyResource, ...]:
    """What such a URL map adds to a world."""
    return (
        *(resource(LISTENER, name, f"{SHARD_HEADER} {url_map}") for name in listeners),
        *(resource(kind, name) for name in shards(url_map) for kind in (SCOPES, ROUTES)),
    )


def whole(url_map: str, *listeners: str) -> tuple[EnvoyResource, ...]:
    return (
        *(resource(LISTENER, name, url_map) for name in listeners),
        resource(ROUTES, url_map),
    )


def publish(server: XdsServer, *more: EnvoyResource) -> asyncio.Task[object]:
    snapshot: Snapshot = world(more=more)
    return asyncio.ensure_future(server.publish(snapshot))


async def take_shards(proxy: RawProxy, url_map: str) -> None:
    await proxy.ask(ROUTES, *shards(url_map))
    assert names(await proxy.take(ROUTES)) == shards(url_map)


async def test_one_listener_begins_the_subscription_alone(server: XdsServer) -> None:
    await server.publish(world(more=whole("m", "l1", "l2")))
    async with raw_proxy(server.socket) as proxy:
        await start_up(proxy)
        rollout = publish(server, *sharded("m", "l1", "l2"))
        assert names(await proxy.take(LISTENER)) == ["l1"]
        await proxy.ask(SCOPES)
        assert sorted(names(await proxy.take(SCOPES))) == shards("m")
        await take_shards(proxy, "m")
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
        assert names(await proxy.take(LISTENER)) == ["l1"]
        await proxy.ask(SCOPES)
        await proxy.take(SCOPES)
        await take_shards(proxy, "m")
        assert names(await proxy.take(LISTENER)) == ["l2"]
