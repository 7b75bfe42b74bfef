"""A proxy that dies while something is being sent to it leaves nothing but its session."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from raw_proxy import raw_proxy, resource, world

from penstock.envoy.resources import CLUSTER
from penstock.envoy.xds import XdsServer


class Line:
    """Between a proxy and the server; cut, it is as if the proxy had been killed."""

    def __init__(self, server: Path) -> None:
        self._server = server
        self._ends: list[asyncio.StreamWriter] = []
        self._pumps: set[asyncio.Task[None]] = set()
        self.carried = asyncio.Event()
        """Set when something has come from the server that is not a greeting."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_server, from_us = await asyncio.open_unix_connection(self._server)
        self._ends += [writer, from_us]
        for source, sink in ((reader, from_us), (to_server, writer)):
            self._pumps.add(asyncio.ensure_future(self._pump(source, sink)))

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
                if len(data) > 1000:
                    self.carried.set()

    async def cut(self) -> None:
        for end in self._ends:
            end.transport.abort()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)


@asynccontextmanager
async def line(path: Path, server: Path) -> AsyncIterator[Line]:
    made = Line(server)
    listening = await asyncio.start_unix_server(made.serve, path)
    try:
        yield made
    finally:
        await made.cut()
        listening.close()


async def test_nothing_is_said_of_it(
    server: XdsServer, short_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await server.publish(world())
    for turn in range(10):
        async with (
            line(short_dir / f"{turn}", server.socket) as wire,
            raw_proxy(short_dir / f"{turn}") as proxy,
        ):
            await proxy.ask(CLUSTER)
            large = (resource(CLUSTER, f"{turn}-{i}", "x" * 200_000) for i in range(40))
            rollout = asyncio.ensure_future(server.publish(world(more=tuple(large))))
            await wire.carried.wait()  # The proxy reads nothing: the rest is on its way.
            await wire.cut()
            await server.until(lambda proxies: not proxies)
            await rollout
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR] == []
