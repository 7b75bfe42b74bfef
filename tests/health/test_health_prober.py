"""The prober in virtual time: who is asked when and how often, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise

from health.health_checks import check
from health.virtual_time import run
from penstock.health import Change, Prober, Target
from penstock.health.state import Result
from penstock.health.target import Key
from penstock.model import HealthCheck

OK, BAD = Result(True, "fine"), Result(False, "broken")


class Lab:
    """A prober whose probes take no sockets."""

    def __init__(self, at_once: int = 256) -> None:
        self.results: dict[str, Result] = {}
        """By address; OK if not said."""
        self.takes = 0.0
        self.starts: dict[Key, list[float]] = defaultdict(list)
        self.changes: list[Change] = []
        self.running = self.most = 0
        self.turned = asyncio.Event()
        self.prober = Prober(self._changed, ask=self._ask, at_once=at_once)

    def _changed(self, change: Change) -> None:
        self.changes.append(change)
        if change.before is not None:
            self.turned.set()

    async def _ask(self, check: HealthCheck, key: Key, source: str | None) -> Result:
        self.starts[key].append(asyncio.get_running_loop().time())
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(self.takes)
        finally:
            self.running -= 1
        return self.results.get(key.address, OK)

    @property
    def count(self) -> Counter[str]:
        """Probes by address."""
        return Counter({key.address: len(starts) for key, starts in self.starts.items()})


@asynccontextmanager
async def probing(lab: Lab) -> AsyncIterator[Prober]:
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(lab.prober.run())
        yield lab.prober
        task.cancel()


def play(lab: Lab, act: Callable[[Prober], Awaitable[None]]) -> None:
    async def main() -> None:
        async with probing(lab) as prober:
            await act(prober)

    run(main())


def test_a_thousand_targets_are_probed_exactly_as_often_as_the_interval_says() -> None:
    lab = Lab()
    lab.takes = 0.02
    targets = [Target(check(), f"10.0.{i // 250}.{i % 250}", 80) for i in range(1000)]

    async def act(prober: Prober) -> None:
        prober.set_targets(targets)
        await prober.known()
        assert len(lab.starts) == 1000
        assert asyncio.get_running_loop().time() < 0.1
        await asyncio.sleep(60 - asyncio.get_running_loop().time())

    play(lab, act)
    # The first, the second within an interval after it, and then one every 5 s: 12 or 13 a minute.
    assert set(lab.count.values()) <= {12, 13}
    assert lab.most <= 256
    for starts in lab.starts.values():
        gaps = [b - a for a, b in pairwise(starts[1:])]
        assert all(abs(gap - 5) < 1e-6 for gap in gaps)
    # Spread out: in no tenth of a second come more than twice as many as on average.
    later = Counter(int(t * 10) for starts in lab.starts.values() for t in starts if t >= 5)
    assert max(later.values()) <= 2 * 1000 / 50


def test_whoever_uses_an_endpoint_it_is_probed_once() -> None:
    lab = Lab()
    shared = check(interval=1.0, timeout=1.0)

    async def act(prober: Prober) -> None:
        # Two backend services and two proxies each.
        prober.set_targets([Target(shared, "10.0.0.1", 80)] * 4)
        await asyncio.sleep(10.5)

    play(lab, act)
    # The first, one within the first second, one every second.
    assert lab.count["10.0.0.1"] in (11, 12)


def test_ports_that_share_a_fixed_port_share_probes() -> None:
    lab = Lab()
    fixed = check(port=9000)

    async def act(prober: Prober) -> None:
        prober.set_targets([Target(fixed, "10.0.0.1", port) for port in (80, 81)])
        await prober.known()
        assert set(prober.view) == {(fixed.name, "10.0.0.1", 80), (fixed.name, "10.0.0.1", 81)}

    play(lab, act)
    assert [(key.port, len(starts)) for key, starts in lab.starts.items()] == [(9000, 1)]
    assert lab.changes[0].ports == (80, 81)


def test_probes_at_once_are_bounded() -> None:
    lab = Lab(at_once=10)
    lab.takes = 1.0

    async def act(prober: Prober) -> None:
        prober.set_targets([Target(check(interval=60.0), f"10.0.0.{i}", 80) for i in range(95)])
        await prober.known()
        assert asyncio.get_running_loop().time() == 10.0

    play(lab, act)
    assert lab.most == 10


def test_health_turns_after_as_many_probes_as_the_threshold_says_and_the_view_with_it() -> None:
    lab = Lab()
    one = Target(check(interval=1.0, timeout=1.0, unhealthy_threshold=3), "10.0.0.1", 80)

    async def act(prober: Prober) -> None:
        prober.set_targets([one])
        await prober.known()
        before = prober.view
        assert prober.view is before
        lab.results["10.0.0.1"] = BAD
        await lab.turned.wait()
        assert len(lab.starts[one.key]) == 4
        assert prober.view is not before
        health = prober.view[one.check.name, "10.0.0.1", 80]
        assert (health.healthy, health.reason) == (False, "broken")

    play(lab, act)
    assert [(change.before, change.health.healthy) for change in lab.changes] == [
        (None, True),
        (True, False),
    ]


def test_the_latest_reasons_are_known_before_health_turns() -> None:
    lab = Lab()
    one = Target(check(interval=1.0, timeout=1.0, unhealthy_threshold=10), "10.0.0.1", 80)

    async def act(prober: Prober) -> None:
        prober.set_targets([one])
        await prober.known()
        key = (one.check.name, "10.0.0.1", 80)
        assert prober.view[key].healthy
        lab.results["10.0.0.1"] = BAD
        await asyncio.sleep(3)
        assert prober.view[key].reason == "fine"
        assert (prober.latest()[key].healthy, prober.latest()[key].reason) == (True, "broken")

    play(lab, act)


def test_unchanged_targets_keep_state_and_time_and_others_come_and_go() -> None:
    lab = Lab()
    lab.results["10.0.0.2"] = BAD

    def target(number: int) -> Target:
        return Target(check(), f"10.0.0.{number}", 80)

    async def act(prober: Prober) -> None:
        prober.set_targets([target(1), target(2)])
        await prober.known()
        kept = prober.view[target(2).check.name, "10.0.0.2", 80]
        await asyncio.sleep(7)
        prober.set_targets([target(2), target(3)])
        assert prober.view[target(2).check.name, "10.0.0.2", 80] == kept
        assert {address for _, address, _ in prober.view} == {"10.0.0.2"}
        await prober.known()
        assert {address for _, address, _ in prober.view} == {"10.0.0.2", "10.0.0.3"}
        left = lab.count["10.0.0.1"]
        await asyncio.sleep(20)
        assert lab.count["10.0.0.1"] == left

    play(lab, act)
    starts = lab.starts[target(2).key]
    gaps = [b - a for a, b in pairwise(starts[1:])]
    assert gaps
    assert all(abs(gap - 5) < 1e-6 for gap in gaps)


def test_another_interval_keeps_state_and_counts_from_the_last_start() -> None:
    lab = Lab()
    slow, fast = check(interval=300.0), check(interval=2.0, timeout=2.0)

    async def act(prober: Prober) -> None:
        prober.set_targets([Target(slow, "10.0.0.1", 80)])
        await prober.known()
        kept = prober.latest()
        prober.set_targets([Target(fast, "10.0.0.1", 80)])
        assert prober.latest() == kept
        await asyncio.sleep(20.5)

    play(lab, act)
    assert 10 <= lab.count["10.0.0.1"] <= 12
    assert len(lab.changes) == 1


def test_a_probe_that_takes_too_long_is_a_failure_after_the_timeout() -> None:
    lab = Lab()
    lab.takes = 100.0

    async def act(prober: Prober) -> None:
        prober.set_targets([Target(check(timeout=3.0), "10.0.0.1", 80)])
        await prober.known()
        assert asyncio.get_running_loop().time() == 3.0

    play(lab, act)
    assert lab.changes[0].health.reason == "no answer within 3 s"
    assert lab.prober.counters.failures == 1


def test_without_targets_everything_is_known() -> None:
    async def act(prober: Prober) -> None:
        await prober.known()
        assert not prober.view

    play(Lab(), act)
