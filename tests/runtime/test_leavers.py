"""Endpoints that left stay for their service's draining timeout, and no longer."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from penstock.model import Model
from penstock.runtime.leavers import Leavers

sys.path.insert(0, str(Path(__file__).parents[1] / "balancing"))

from balancing_models import limit, model, neg, service, setting

A, B = neg("a", 3), neg("b", 1)
TIMEOUT = 30.0


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def world(
    count: int = 3, *, timeout: float = TIMEOUT, capacities: tuple[object, ...] = ()
) -> Model:
    a = replace(A, endpoints=A.endpoints[:count])
    made = service("s", a, B, draining_timeout=setting(timeout), capacities=capacities)
    return model(made, [a, B])


def left(draining: Mapping[str, Mapping[str, tuple[tuple[str, int], ...]]]) -> list[str]:
    return sorted(a for groups in draining.values() for g in groups.values() for a, _ in g)


def test_who_leaves_stays_for_the_timeout(clock: Clock) -> None:
    leavers = Leavers(clock)
    assert leavers.follow(world()) == {}
    gone = world(2)
    first = leavers.follow(gone)
    assert left(first) == ["10.0.97.3"]
    assert leavers.due == clock.now + TIMEOUT
    clock.now += TIMEOUT - 1
    assert leavers.follow(gone) is first
    clock.now += 1
    assert leavers.follow(gone) == {}
    assert leavers.due is None


def test_each_has_its_own_time(clock: Clock) -> None:
    leavers = Leavers(clock)
    leavers.follow(world())
    leavers.follow(world(2))
    clock.now += 10
    assert left(leavers.follow(world(1))) == ["10.0.97.2", "10.0.97.3"]
    assert leavers.due == clock.now - 10 + TIMEOUT
    clock.now += 20
    assert left(leavers.follow(world(1))) == ["10.0.97.2"]


def test_who_comes_back_drains_no_more(clock: Clock) -> None:
    leavers = Leavers(clock)
    leavers.follow(world())
    leavers.follow(world(2))
    assert leavers.follow(world()) == {}
    assert leavers.due is None


def test_a_group_that_leaves_is_drained(clock: Clock) -> None:
    leavers = Leavers(clock)
    leavers.follow(world())
    alone = service("s", A, draining_timeout=setting(TIMEOUT))
    assert leavers.follow(model(alone, [A])) == {"s": {"b": (("10.0.98.1", 80),)}}


def test_a_group_whose_scaler_becomes_zero_is_drained(clock: Clock) -> None:
    leavers = Leavers(clock)
    leavers.follow(world())
    closed = world(capacities=(limit("b", scaler=0.0),))
    assert leavers.follow(closed) == {"s": {"b": (("10.0.98.1", 80),)}}


def test_nobody_is_kept_without_a_timeout(clock: Clock) -> None:
    leavers = Leavers(clock)
    leavers.follow(world(timeout=0.0))
    assert leavers.follow(world(1, timeout=0.0)) == {}


def test_a_service_that_is_gone_keeps_nobody(clock: Clock) -> None:
    leavers = Leavers(clock)
    leavers.follow(world())
    leavers.follow(world(2))
    assert leavers.follow(model([], [])) == {}


async def test_the_instance_is_woken_when_time_is_over() -> None:
    leavers = Leavers(asyncio.get_running_loop().time)
    woken = asyncio.Event()
    leavers.follow(world(timeout=0.05))
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(leavers.run(woken.set))
        gone = world(2, timeout=0.05)
        assert left(leavers.follow(gone)) == ["10.0.97.3"]
        await woken.wait()
        assert leavers.follow(gone) == {}
        task.cancel()
