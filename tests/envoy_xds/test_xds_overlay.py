"""Load assignments of single proxies: each gets its own, and is told of nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from raw_proxy import RawProxy, names, raw_proxy, resource, start_up, world

from penstock.envoy.resources import CLUSTER, ENDPOINTS, EnvoyResource
from penstock.envoy.xds import XdsServer


class Fixed:
    """An overlay out of a table."""

    def __init__(self, **own: EnvoyResource) -> None:
        self._own = own
        self.asked: set[str] = set()

    def of(self, node_id: str) -> Mapping[str, EnvoyResource]:
        self.asked.add(node_id)
        mine = self._own.get(node_id)
        return {mine.name: mine} if mine else {}


def share(content: str) -> EnvoyResource:
    return resource(ENDPOINTS, "a", content)


def endpoints(proxy: RawProxy) -> list[bytes]:
    """Every load assignment that the proxy was sent, in order."""
    return [
        entry.resource.value
        for response in proxy.log
        if response.type_url == ENDPOINTS
        for entry in response.resources
    ]


async def test_each_proxy_gets_its_own_share(server: XdsServer) -> None:
    overlay = Fixed(one=share("1"), two=share("2"))
    publishing = asyncio.ensure_future(server.publish(world(), overlay))
    await publishing
    for node, expected in (("one", b"a=1"), ("two", b"a=2"), ("three", b"a=")):
        async with raw_proxy(server.socket, node) as proxy:
            await start_up(proxy)
            assert endpoints(proxy) == [expected]
    assert overlay.asked == {"one", "two", "three"}


async def test_only_whose_share_has_changed_is_told(server: XdsServer) -> None:
    kept = share("1")
    await server.publish(world(), Fixed(one=kept, two=share("2")))
    async with raw_proxy(server.socket, "one") as one, raw_proxy(server.socket, "two") as two:
        await start_up(one)
        await start_up(two)
        await server.until(lambda proxies: all(p.settled for p in proxies))
        before = server.statistics()["resources_sent"]
        # The whole has changed, as it does whenever an endpoint comes: it is nobody's share.
        fresh = world(more=())
        changed = {**fresh.resources, ENDPOINTS: {"a": share("whole, changed")}}
        snapshot = type(fresh).of([r for table in changed.values() for r in table.values()])
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server.publish(snapshot, Fixed(one=kept, two=share("3"))))
            response = await two.take(ENDPOINTS)
        assert names(response) == ["a"]
        assert endpoints(two)[-1] == b"a=3"
        assert await one.silent()
        assert endpoints(one) == [b"a=1"]
        assert server.statistics()["resources_sent"] == before + 1


async def test_an_equal_overlay_sends_nothing(server: XdsServer) -> None:
    await server.publish(world(), Fixed(one=share("1")))
    async with raw_proxy(server.socket, "one") as proxy:
        await start_up(proxy)
        await server.until(lambda proxies: all(p.settled for p in proxies))
        await server.publish(world(), Fixed(one=share("1")))
        assert await proxy.silent(CLUSTER)
        assert endpoints(proxy) == [b"a=1"]


async def test_without_overlay_all_get_the_same_again(server: XdsServer) -> None:
    await server.publish(world(), Fixed(one=share("1")))
    async with raw_proxy(server.socket, "one") as proxy:
        await start_up(proxy)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server.publish(world()))
            await proxy.take(ENDPOINTS)
        assert endpoints(proxy) == [b"a=1", b"a="]


async def test_a_proxy_that_returns_with_its_share_is_not_told_again(server: XdsServer) -> None:
    mine = share("1")
    await server.publish(world(), Fixed(one=mine))
    async with raw_proxy(server.socket, "one") as proxy:
        await proxy.ask(CLUSTER)
        await proxy.take(CLUSTER)
        await proxy.ask(ENDPOINTS, "a", has={"a": mine.version})
        assert await proxy.silent()
        assert endpoints(proxy) == []
