"""One endpoint changes in a fleet: until every proxy has it, and what it costs.

The xDS server of Penstock, compiled load assignments, and as many gRPC clients that
speak the incremental protocol; all in this process, so that processor time is that of
both sides.  With subsetting each proxy has assignments of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc.aio
import uvloop
from envoy.service.discovery.v3.ads_pb2_grpc import AggregatedDiscoveryServiceStub
from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryRequest
from figures import milliseconds, percentile
from sections import Section, Table, add_json_option, finish

from penstock.envoy.compile import CompileOptions, Compiler
from penstock.envoy.resources import CLUSTER, ENDPOINTS, LISTENER
from penstock.envoy.xds import XdsServer
from penstock.model import (
    BackendProtocol,
    BackendService,
    BackendServiceName,
    Endpoint,
    Model,
    NegKind,
    NegName,
    NetworkEndpointGroup,
    Origin,
    Setting,
)
from penstock.runtime.subsets import Subsets

SERVICE, GROUP = BackendServiceName("bench"), NegName("bench")
ORIGIN = Origin("bench")


class Proxy:
    """A client that acknowledges everything and knows which endpoints it has."""

    def __init__(self, node: str, channel: grpc.aio.Channel, told: asyncio.Event) -> None:
        self.node = node
        self.version = ""
        self.received = 0
        """Load assignments."""
        self.bytes = 0
        self._told = told
        self._call = AggregatedDiscoveryServiceStub(channel).DeltaAggregatedResources()

    async def run(self) -> None:
        """Ask for everything, then acknowledge what comes, until cancelled."""
        first = DeltaDiscoveryRequest(type_url=CLUSTER)
        first.node.id = self.node
        await self._call.write(first)
        await self._call.write(
            DeltaDiscoveryRequest(type_url=ENDPOINTS, resource_names_subscribe=[SERVICE])
        )
        await self._call.write(DeltaDiscoveryRequest(type_url=LISTENER))
        while (response := await self._call.read()) is not grpc.aio.EOF:
            self._take(response)
            await self._call.write(
                DeltaDiscoveryRequest(type_url=response.type_url, response_nonce=response.nonce)
            )

    def _take(self, response: Any) -> None:
        if response.type_url != ENDPOINTS or not response.resources:
            return
        (entry,) = response.resources
        self.version = entry.version
        self.received += 1
        self.bytes += len(entry.resource.value)
        self._told.set()


@dataclass(slots=True)
class Samples:
    """What changes have taken; seconds."""

    compiling: list[float] = field(default_factory=list)
    told: list[float] = field(default_factory=list)
    """From the change until every proxy that it concerns has it, compiling included."""
    processor: list[float] = field(default_factory=list)
    proxies: list[int] = field(default_factory=list)
    """How many it concerned."""
    bytes: list[int] = field(default_factory=list)


class Bench:
    """A model with one backend service, and the fleet that is told of it."""

    def __init__(self, endpoints: int, fleet: int, *, subsetting: bool) -> None:
        self.nodes = [f"us-east1-{number}" for number in range(fleet)]
        self._places = [(f"10.0.{n // 250}.{n % 250}", 8080) for n in range(endpoints)]
        self._subsetting = subsetting
        self._compiler = Compiler(CompileOptions())
        self._subsets = Subsets(self.nodes)

    def compile(self, change: int) -> Mapping[str, str]:
        """Compile with one other endpoint; node → version that it is to have."""
        model = self._model(change)
        snapshot = self._compiler.compile(model, {}, {}).snapshot
        overlay = self._subsets.overlay(model, {})
        self.made = (snapshot, overlay)
        whole = snapshot.resources[ENDPOINTS][SERVICE]
        own = {node: overlay.of(node) if overlay else {} for node in self.nodes}
        return {node: mine.get(SERVICE, whole).version for node, mine in own.items()}

    def _model(self, change: int) -> Model:
        places = [*self._places[1:], (f"10.9.{change // 250}.{change % 250}", 8080)]
        neg = NetworkEndpointGroup(
            GROUP,
            NegKind.IP_PORT,
            tuple(sorted(Endpoint(address, port) for address, port in places)),
            ORIGIN,
        )
        service = BackendService(
            name=SERVICE,
            protocol=Setting(BackendProtocol.HTTP, ORIGIN),
            negs=(GROUP,),
            connect_timeout=Setting(5.0, ORIGIN),
            retry=Setting(None, ORIGIN),
            origin=ORIGIN,
            subsetting=Setting(self._subsetting, ORIGIN),
        )
        return Model({}, {}, {SERVICE: service}, {GROUP: neg}, {}, {}, ())


@contextlib.asynccontextmanager
async def fleet(socket: Path, nodes: Sequence[str]) -> AsyncIterator[tuple[list[Proxy], Any]]:
    """Clients, each with a connection of its own; and an event for what they receive."""
    told = asyncio.Event()
    async with contextlib.AsyncExitStack() as stack:
        proxies = []
        for number, node in enumerate(nodes):
            options = [("grpc.use_local_subchannel_pool", 1), ("grpc.channel_id", number)]
            channel = grpc.aio.insecure_channel(f"unix:{socket}", options=options)
            proxies.append(Proxy(node, await stack.enter_async_context(channel), told))
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        running = [tasks.create_task(proxy.run()) for proxy in proxies]
        try:
            yield proxies, told
        finally:
            for task in running:
                task.cancel()


async def until(proxies: Sequence[Proxy], told: asyncio.Event, wanted: Mapping[str, str]) -> None:
    """Wait until every proxy has what it is to have."""
    while any(proxy.version != wanted[proxy.node] for proxy in proxies):
        told.clear()
        await told.wait()


async def measure(bench: Bench, samples: int) -> Samples:
    """Change one endpoint after the other."""
    found = Samples()
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
        async with XdsServer(Path(folder) / "xds.sock") as server, asyncio.TaskGroup() as tasks:
            wanted = bench.compile(0)
            await server.publish(*bench.made)
            async with fleet(server.socket, bench.nodes) as (proxies, told):
                await until(proxies, told, wanted)
                for change in range(1, samples + 1):
                    await server.until(lambda all_: all(proxy.settled for proxy in all_))
                    before = [(p.received, p.bytes) for p in proxies]
                    begin, processor = time.perf_counter(), time.process_time()
                    wanted = bench.compile(change)
                    found.compiling.append(time.perf_counter() - begin)
                    tasks.create_task(server.publish(*bench.made))
                    await until(proxies, told, wanted)
                    found.told.append(time.perf_counter() - begin)
                    await server.until(lambda all_: all(proxy.settled for proxy in all_))
                    found.processor.append(time.process_time() - processor)
                    after = [(p.received, p.bytes) for p in proxies]
                    news = [(b[0] - a[0], b[1] - a[1]) for a, b in zip(before, after, strict=True)]
                    found.proxies.append(sum(1 for count, _ in news if count))
                    found.bytes.append(sum(size for _, size in news))
    return found


def column(found: Samples) -> tuple[str, ...]:
    """One kind of fleet."""
    return (
        milliseconds(statistics.median(found.compiling)),
        milliseconds(statistics.median(found.told)),
        milliseconds(percentile(found.told, 0.99)),
        milliseconds(statistics.median(found.processor)),
        f"{statistics.median(found.proxies):g}",
        f"{statistics.median(found.bytes) / 1024:.0f} KiB",
    )


ROWS = (
    "compiling (p50)",
    "until all that it concerns have it (p50)",
    "… (p99)",
    "processor time of server and clients (p50)",
    "proxies that it concerns (p50)",
    "load assignments sent (p50)",
)


async def section(endpoints: int, size: int, samples: int) -> Section:
    """Without and with subsetting."""
    whole = column(await measure(Bench(endpoints, size, subsetting=False), samples))
    parts = column(await measure(Bench(endpoints, size, subsetting=True), samples))
    return Section(
        "eds_fleet",
        "An endpoint changes in a large fleet",
        (
            f"A backend service with {endpoints:,} endpoints, of which one gives way to another, "
            f"and {size} simulated proxies that are told of it: clients of the xDS server that "
            "acknowledge everything, each on a connection of its own, in the same process. "
            f"{samples} changes, one after the other; each counts from the changed model.",
        ),
        (
            Table(
                "",
                ("one endpoint changed", "everybody has all", "with subsetting"),
                tuple(zip(ROWS, whole, parts, strict=True)),
            ),
        ),
    )


def main() -> int:
    """Measure both."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("--endpoints", type=int, default=1000)
    parser.add_argument("--proxies", type=int, default=50)
    parser.add_argument("--samples", type=int, default=100)
    add_json_option(parser)
    arguments = parser.parse_args()
    made = uvloop.run(section(arguments.endpoints, arguments.proxies, arguments.samples))
    finish(made, arguments.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
