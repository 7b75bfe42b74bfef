"""Random histories: no route ever points at a cluster that the proxy lacks, and all ends well.

The proxy is a model that refuses, drops whole responses, answers late and
reconnects; server and proxy are joined without a network, so that a history is
a matter of milliseconds and of its seed alone.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress

import pytest
from envoy.service.discovery.v3.discovery_pb2 import (
    DeltaDiscoveryRequest,
    DeltaDiscoveryResponse,
)
from raw_proxy import cluster, resource

from penstock.envoy.resources import CLUSTER, ENDPOINTS, LISTENER, ROUTES, Snapshot
from penstock.envoy.xds.report import Statistics
from penstock.envoy.xds.rollout import Pace, ProxyRollout
from penstock.envoy.xds.session import Session
from penstock.envoy.xds.target import Target, follow

TYPES = (CLUSTER, ENDPOINTS, LISTENER, ROUTES)
PACE = Pace(warm_timeout=30, patience=0.0, removal_grace=0.0)


def random_snapshot(dice: random.Random) -> Snapshot:
    """Three route tables over some of eight clusters; a table may be one that is refused."""
    used = {f"t{i}": f"backend-{dice.randrange(8)}" for i in range(3)}
    verdicts = {name: dice.choice(["fine", "fine", "fine", "BAD"]) for name in used}
    clusters = [cluster(name, dice.choice([100, 200])) for name in set(used.values())]
    return Snapshot.of(
        [
            *clusters,
            *(resource(ENDPOINTS, c.name, str(dice.randrange(3))) for c in clusters),
            resource(LISTENER, "web", str(dice.randrange(2))),
            *(resource(ROUTES, t, f"{verdicts[t]} {c}") for t, c in used.items()),
        ]
    )


class ModelProxy:
    """Has what it took over; survives its streams."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.has: dict[str, dict[str, tuple[str, bytes]]] = {url: {} for url in TYPES}

    def hello(self, session: Session) -> None:
        for url in TYPES:
            request = DeltaDiscoveryRequest(type_url=url, resource_names_subscribe=["*"])
            request.node.id = "model"
            for name, (version, _) in self.has[url].items():
                request.initial_resource_versions[name] = version
            session.receive(request)

    def take(self, response: DeltaDiscoveryResponse) -> DeltaDiscoveryRequest:
        request = DeltaDiscoveryRequest(type_url=response.type_url, response_nonce=response.nonce)
        bad = [r.name for r in response.resources if b"BAD" in r.resource.value]
        if bad:
            request.error_detail.message = self.dice.choice(["refused", f"refused: {bad}"])
            if self.dice.random() < 0.5:
                return request  # The whole response is lost.
        table = self.has[response.type_url]
        for name in response.removed_resources:
            table.pop(name, None)
        for entry in response.resources:
            if entry.name not in bad:
                table[entry.name] = (entry.version, entry.resource.value)
        self.check()
        return request

    def check(self) -> None:
        for name, (_, body) in self.has[ROUTES].items():
            used = body.decode().split()[-1]
            assert used in self.has[CLUSTER], f"{name} uses {used}, which is gone"
            assert used in self.has[ENDPOINTS], f"{name} uses {used}, whose endpoints are gone"


class History:
    """One seed's course of events."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.proxy = ModelProxy(self.dice)
        self.target: Target | None = None

    async def run(self) -> None:
        for _ in range(4):
            await self.connection()
        assert self.target is not None
        await self.connection(to_the_end=True)
        for url in TYPES:
            has = {name: version for name, (version, _) in self.proxy.has[url].items()}
            for name, wanted in self.target.of(url).items():
                assert has.get(name) == wanted.version or b"BAD" in wanted.body

    async def connection(self, *, to_the_end: bool = False) -> None:
        session = Session(
            statistics=Statistics(),
            on_nack=lambda nack: None,
            watcher=lambda: None,
            max_bytes=self.dice.choice([1, 1 << 20]),
        )
        self.publish(session)
        self.proxy.hello(session)
        driver = asyncio.ensure_future(ProxyRollout(session, None, PACE).run())
        on_the_wire: list[DeltaDiscoveryResponse] = []
        for _ in range(self.dice.randrange(40)):
            await self.step(session, on_the_wire)
        if to_the_end:
            async with asyncio.timeout(10):
                while session.settled is not session.target:
                    await self.step(session, on_the_wire, publish=False)
        driver.cancel()
        with suppress(asyncio.CancelledError):
            await driver

    def publish(self, session: Session) -> None:
        before = self.target
        snapshot = random_snapshot(self.dice)
        sequence = before.sequence + 1 if before else 1
        self.target = follow(before.snapshot if before else None, snapshot, sequence)
        session.offer(self.target)

    async def step(
        self, session: Session, wire: list[DeltaDiscoveryResponse], *, publish: bool = True
    ) -> None:
        what = self.dice.random()
        if what < 0.1 and publish:
            self.publish(session)
        elif what < 0.5:
            if (response := session.next_response()) is not None:
                wire.append(response)
        elif wire:
            session.receive(self.proxy.take(wire.pop(0)))
        for _ in range(self.dice.randrange(4)):
            await asyncio.sleep(0)


@pytest.mark.parametrize("seed", range(100))
async def test_a_history(seed: int) -> None:
    await History(seed).run()
