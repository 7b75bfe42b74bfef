"""A proxy that speaks delta ADS by hand, message by message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import grpc.aio
from envoy.service.discovery.v3.ads_pb2_grpc import AggregatedDiscoveryServiceStub
from envoy.service.discovery.v3.discovery_pb2 import (
    DeltaDiscoveryRequest,
    DeltaDiscoveryResponse,
)

from penstock.envoy.resources import (
    CLUSTER,
    ENDPOINTS,
    LISTENER,
    ROUTES,
    EnvoyResource,
    Snapshot,
)


def resource(type_url: str, name: str, content: str = "") -> EnvoyResource:
    """Any bytes will do: only Envoy looks into them (clusters must parse, see `cluster`)."""
    return EnvoyResource(type_url, name, f"{name}={content}".encode())


def cluster(name: str, connect_ms: int = 1000) -> EnvoyResource:
    from envoy.config.cluster.v3.cluster_pb2 import Cluster

    message = Cluster(name=name, type=Cluster.EDS)
    message.connect_timeout.FromMilliseconds(connect_ms)
    return EnvoyResource(CLUSTER, name, message.SerializeToString(deterministic=True))


def world(
    backend: str = "a", *, table: str = "1", more: tuple[EnvoyResource, ...] = ()
) -> Snapshot:
    """One listener, one route table, one cluster with endpoints."""
    return Snapshot.of(
        [
            cluster(backend),
            resource(ENDPOINTS, backend),
            resource(LISTENER, "web"),
            resource(ROUTES, "table", f"{table} uses {backend}"),
            *more,
        ]
    )


class RawProxy:
    """Says exactly what it is told to."""

    def __init__(self, call: grpc.aio.StreamStreamCall, node_id: str) -> None:
        self._call = call
        self._node_id = node_id
        self._first = True
        self.log: list[DeltaDiscoveryResponse] = []

    async def ask(
        self,
        type_url: str,
        *names: str,
        drop: tuple[str, ...] = (),
        has: Mapping[str, str] | None = None,
    ) -> None:
        request = DeltaDiscoveryRequest(
            type_url=type_url,
            resource_names_subscribe=names,
            resource_names_unsubscribe=drop,
            initial_resource_versions=has or {},
        )
        if self._first:
            request.node.id, self._first = self._node_id, False
        await self._call.write(request)

    async def answer(self, response: DeltaDiscoveryResponse, error: str | None = None) -> None:
        request = DeltaDiscoveryRequest(type_url=response.type_url, response_nonce=response.nonce)
        if error is not None:
            request.error_detail.code = 3
            request.error_detail.message = error
        await self._call.write(request)

    async def receive(self, within: float = 5.0) -> DeltaDiscoveryResponse:
        async with asyncio.timeout(within):
            response = await self._call.read()
        assert isinstance(response, DeltaDiscoveryResponse), response
        self.log.append(response)
        return response

    async def take(self, type_url: str) -> DeltaDiscoveryResponse:
        """Receive one response of this type and acknowledge it."""
        response = await self.receive()
        assert response.type_url == type_url, response
        await self.answer(response)
        return response

    async def take_any(self) -> DeltaDiscoveryResponse:
        response = await self.receive()
        await self.answer(response)
        return response

    async def silent(self, type_url: str = CLUSTER) -> bool:
        """Whether nothing was on its way before this question's answer."""
        await self.ask(type_url, "probe-that-does-not-exist")
        response = await self.receive()
        await self.answer(response)
        removed = list(response.removed_resources)
        return removed == ["probe-that-does-not-exist"] and not response.resources


def names(response: DeltaDiscoveryResponse) -> list[str]:
    return [entry.name for entry in response.resources]


@asynccontextmanager
async def raw_proxy(socket: Path, node_id: str = "raw-1") -> AsyncIterator[RawProxy]:
    async with grpc.aio.insecure_channel(f"unix:{socket}") as channel:
        call = AggregatedDiscoveryServiceStub(channel).DeltaAggregatedResources()
        try:
            yield RawProxy(call, node_id)
        finally:
            call.cancel()


async def start_up(proxy: RawProxy) -> None:
    """The conversation of a proxy that starts with `world()`."""
    await proxy.ask(CLUSTER)
    clusters = await proxy.take(CLUSTER)
    await proxy.ask(ENDPOINTS, *names(clusters))
    await proxy.take(ENDPOINTS)
    await proxy.ask(LISTENER)
    await proxy.take(LISTENER)
    await proxy.ask(ROUTES, "table")
    await proxy.take(ROUTES)
