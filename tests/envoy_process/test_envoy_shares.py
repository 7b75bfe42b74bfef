"""A real Envoy follows assignments, and reports exactly what it sent to each group."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from envoy_lab import Backend, Client, Lab, backend, fetch, free_port, lab, listener, routes
from msgspec.structs import replace

from penstock.envoy.compile.clusters import compile_cluster
from penstock.envoy.compile.endpoints import compile_shares
from penstock.envoy.load_reports import ClusterReport, GroupReport, LoadReports
from penstock.envoy.resources import EnvoyResource, Snapshot
from penstock.envoy.xds.signal import Signal
from penstock.model import (
    Affinity,
    AssignedEndpoint,
    AssignedGroup,
    Assignment,
    BackendProtocol,
    BackendService,
    BackendServiceName,
    BalancingMode,
    Capacity,
    EndpointStatus,
    MetricLimit,
    NegName,
    Origin,
    Setting,
    StrongCookieAffinity,
)

ORIGIN = Origin.default("tests")
METRICS = Capacity(
    NegName("a"),
    Setting(BalancingMode.CUSTOM_METRICS, ORIGIN),
    ORIGIN,
    metrics=(MetricLimit("queue", 0.8),),
)
USED = Capacity(
    NegName("b"),
    Setting(BalancingMode.UTILIZATION, ORIGIN),
    ORIGIN,
    max_utilization=Setting(0.8, ORIGIN),
)
WEB = BackendService(
    name=BackendServiceName("web"),
    protocol=Setting(BackendProtocol.HTTP, ORIGIN),
    negs=(NegName("a"), NegName("b")),
    connect_timeout=Setting(5.0, ORIGIN),
    retry=Setting(None, ORIGIN),
    origin=ORIGIN,
    capacities=(METRICS, USED),
)
HEALTHY, SICK = EndpointStatus.HEALTHY, EndpointStatus.UNHEALTHY


def group(
    name: str,
    *backends: Backend,
    priority: int = 0,
    weight: int = 1,
    statuses: Sequence[EndpointStatus] = (),
) -> AssignedGroup:
    given = dict(enumerate(statuses))
    endpoints = sorted(
        AssignedEndpoint("127.0.0.1", b.port, given.get(i, HEALTHY)) for i, b in enumerate(backends)
    )
    return AssignedGroup(NegName(name), tuple(endpoints), "eu", "eu-1", priority, weight)


def resources(*groups: AssignedGroup, affinity: Affinity | None = None) -> list[EnvoyResource]:
    setting = Setting(affinity, ORIGIN) if affinity else None
    pieces = (
        compile_cluster(replace(WEB, affinity=setting), None, None, True),
        compile_shares(WEB, (), Assignment(WEB.name, groups)),
    )
    return [piece.resource for piece in pieces if piece.resource is not None]


def site(address: str, port: int, *groups: AssignedGroup) -> Snapshot:
    front = [listener("web", address, port, "table"), routes("table", "web")]
    return Snapshot.of([*resources(*groups), *front])


class Reported:
    """What has been reported so far."""

    def __init__(self) -> None:
        self.signal = Signal()
        self.groups: dict[str, GroupReport] = {}
        self.ended = self.heard = 0
        self.service = LoadReports(self._take, interval=0.1)

    def _take(self, _stream: int, report: ClusterReport | None) -> None:
        if report is None:
            self.ended += 1
        else:
            assert report.cluster == "web"
            self.heard += 1
            assert report.seconds > 0
            for name, counts in report.groups.items():
                known = self.groups.get(name, GroupReport())
                self.groups[name] = known + counts
        self.signal.notify()

    async def more(self, count: int = 1) -> None:
        """Wait for so many more reports."""
        wanted = self.heard + count
        await self.signal.until(lambda: self.heard >= wanted)

    def issued(self) -> dict[str, int]:
        return {name: counts.issued for name, counts in self.groups.items() if counts.issued}


@asynccontextmanager
async def running(
    state: Path, address: str, port: int, reported: Reported, *groups: AssignedGroup
) -> AsyncIterator[Lab]:
    snapshot = site(address, port, *groups)
    async with lab(state, snapshot, load_reports=reported.service) as made:
        yield made


async def answers(address: str, port: int, count: int) -> Counter[str]:
    """Who answered, on one connection (so one worker takes turns)."""
    client = Client(address, port)
    found: Counter[str] = Counter()
    for _ in range(count):
        reply = await client.get()
        found[reply.body if reply.status == 200 else str(reply.status)] += 1
    client.close()
    return found


@asynccontextmanager
async def backends(*names: str) -> AsyncIterator[list[Backend]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(backend(name)) for name in names]


async def test_weights_are_followed(state_dir: Path, address: str) -> None:
    port = free_port(address)
    async with backends("one", "two", "three") as (one, two, three):
        groups = group("a", one, weight=1), group("b", two, three, weight=3)
        async with running(state_dir, address, port, Reported(), *groups):
            found = await answers(address, port, 400)
            assert abs(found["one"] - 100) <= 5
            assert abs(found["two"] - found["three"]) <= 5


async def test_reports_count_exactly_what_was_sent(state_dir: Path, address: str) -> None:
    port, reported = free_port(address), Reported()
    async with backends("one", "two") as (one, two):
        one.metrics, two.metrics = "named_metrics.queue=0.5", "cpu_utilization=0.25"
        groups = group("a", one, weight=1), group("b", two, weight=3)
        async with running(state_dir, address, port, reported, *groups):
            await answers(address, port, 20)
            assert reported.groups == {}, "nobody asked"
            reported.service.watch(["web"])
            # What was sent before the proxy was asked does not count: wait until it counts.
            while not reported.groups:
                await fetch(address, port)
            await reported.more(3)
            settled = reported.issued()
            before, sent = settled, await answers(address, port, 200)
            sent.update(await answers(address, port, 37))
            wanted = {
                "a": before.get("a", 0) + sent["one"],
                "b": before.get("b", 0) + sent["two"],
            }
            await reported.signal.until(lambda: reported.issued() == wanted)
            await reported.more(2)
            assert reported.issued() == wanted
            count, queue = reported.groups["a"].metrics["queue"]
            assert abs(queue / count - 0.5) < 1e-9
            count, cpu = reported.groups["b"].metrics["cpu"]
            assert abs(cpu / count - 0.25) < 1e-9


async def test_nothing_is_reported_any_more_once_nobody_asks(state_dir: Path, address: str) -> None:
    port, reported = free_port(address), Reported()
    async with backends("one") as (one,):
        async with running(state_dir, address, port, reported, group("a", one)):
            reported.service.watch(["web"])
            while not reported.groups:
                await fetch(address, port)
            reported.service.watch([])
            assert reported.service.streams == 1
        assert reported.ended == 1
        assert reported.service.streams == 0


async def test_a_half_healthy_group_keeps_its_share(state_dir: Path, address: str) -> None:
    port = free_port(address)
    async with backends("one", "sick", "two") as (one, sick, two):
        groups = group("a", one, sick, statuses=[HEALTHY, SICK]), group("b", two)
        async with running(state_dir, address, port, Reported(), *groups):
            found = await answers(address, port, 200)
            assert found.keys() == {"one", "two"}
            assert abs(found["one"] - 100) <= 4


async def test_a_later_priority_gets_nothing_while_one_endpoint_lives(
    state_dir: Path, address: str
) -> None:
    port = free_port(address)
    async with backends("one", "sick", "sick", "sick", "far") as (one, *rest, far):
        near = group("a", one, *rest, statuses=[HEALTHY, SICK, SICK, SICK])
        async with running(state_dir, address, port, Reported(), near, group("b", far, priority=1)):
            assert await answers(address, port, 100) == {"one": 100}


async def test_the_next_priority_takes_over_when_all_of_the_first_is_unhealthy(
    state_dir: Path, address: str
) -> None:
    port = free_port(address)
    async with backends("one", "far") as (one, far):
        near, later = group("a", one), group("b", far, priority=1)
        async with running(state_dir, address, port, Reported(), near, later) as it:
            assert await answers(address, port, 20) == {"one": 20}
            dead = group("a", one, weight=0, statuses=[SICK])
            await it.server.publish(site(address, port, dead, later))
            assert await answers(address, port, 20) == {"far": 20}
            await it.server.publish(site(address, port, near, later))
            assert await answers(address, port, 20) == {"one": 20}


async def test_all_unhealthy_is_503_at_once(state_dir: Path, address: str) -> None:
    port = free_port(address)
    async with backends("one", "two") as (one, two):
        groups = [
            group("a", one, weight=0, statuses=[SICK]),
            group("b", two, weight=0, statuses=[SICK]),
        ]
        async with running(state_dir, address, port, Reported(), *groups):
            assert await answers(address, port, 20) == {"503": 20}


async def test_draining_groups_get_no_new_requests_but_finish_what_they_have(
    state_dir: Path, address: str
) -> None:
    port = free_port(address)
    async with backends("one", "old") as (one, old):
        old.delay = 0.5
        async with running(state_dir, address, port, Reported(), group("b", old)) as it:
            under_way = asyncio.ensure_future(fetch(address, port))
            await old.arrived.wait()
            left = group("b", old, weight=0, statuses=[EndpointStatus.DRAINING])
            await it.server.publish(site(address, port, group("a", one), left))
            assert await answers(address, port, 50) == {"one": 50}
            await it.server.publish(site(address, port, group("a", one)))
            assert (await under_way).body == "old"
            assert old.requests == 1


async def test_sessions_go_on_with_a_draining_endpoint_until_it_is_gone(
    state_dir: Path, address: str
) -> None:
    port = free_port(address)

    def with_cookies(*groups: AssignedGroup) -> Snapshot:
        front = [
            listener("web", address, port, "table", cookie="session"),
            routes("table", "web"),
        ]
        return Snapshot.of([*resources(*groups, affinity=StrongCookieAffinity("session")), *front])

    async with backends("old", "new") as (old, new):
        before = group("a", old)
        async with lab(state_dir, with_cookies(before)) as it:
            client = Client(address, port)
            session = (await client.get()).cookie
            assert session.startswith("session=")
            for status, served in (
                (EndpointStatus.DRAINING, "old"),
                (EndpointStatus.UNHEALTHY, "new"),
                (EndpointStatus.DRAINING, "old"),
            ):
                left = group("a", old, weight=0, statuses=[status])
                await it.server.publish(with_cookies(left, group("b", new)))
                assert (await client.get(cookie=session)).body == served
                assert (await client.get()).body == "new"
            await it.server.publish(with_cookies(group("b", new)))
            assert (await client.get(cookie=session)).body == "new"
            client.close()
