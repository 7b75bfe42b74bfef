"""What has moved away is taken from a fleet that may get a newer configuration at that moment."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import cast

import pytest

from penstock.envoy.resources import LISTENER, EnvoyResource, Snapshot
from penstock.runtime.configuration import Configuration
from penstock.runtime.fleets import moves as moves_module
from penstock.runtime.fleets.fleet import Fleet
from penstock.runtime.fleets.home import Home
from penstock.runtime.fleets.left_over import LeftOver
from penstock.runtime.fleets.moves import Moves
from penstock.runtime.fleets.regional import FleetState
from penstock.runtime.fleets.regions import RegionalFleets
from penstock.runtime.nodes import HOME


class FakeFleet:
    """Remembers what it was told to run, and tells when its queues are made ready."""

    is_current = True

    def __init__(self) -> None:
        self.listeners: list[set[str]] = []
        self.told = asyncio.Event()
        self.when_queues_move: Callable[[], None] = lambda: None

    async def publish(self, configuration: Configuration) -> None:
        self.listeners.append(set(configuration.snapshot.resources[LISTENER]))
        self.told.set()
        await asyncio.sleep(0)

    def has_answered(self, _rollout: object) -> bool:
        return True

    async def listens(self, _names: object) -> bool:
        self.told.set()
        return True

    async def let_queues_move(self) -> None:
        self.when_queues_move()


class FakeRegional:
    """One that has answered everything."""

    is_stopped = False
    applied = 99

    def __init__(self, state: FleetState) -> None:
        self.fleet = FakeFleet()
        self.state = state

    def note_late_answers(self) -> None:
        pass


class NothingLeftOver:
    """Of no earlier run."""

    async def end_all_but(self, _regions: object) -> None:
        pass


def listening(*names: str) -> Configuration:
    return Configuration(Snapshot.of(EnvoyResource(LISTENER, name, b"x") for name in names))


async def test_what_is_published_while_a_fleet_gives_something_up_is_not_taken_back() -> None:
    fleet = FakeFleet()
    home = Home(cast(Fleet, fleet))
    # A region without a fleet takes nothing over, so home need not wait for it.
    regions = cast(RegionalFleets, {})
    moves = Moves(home, regions, cast(LeftOver, NothingLeftOver()), drain_seconds=60)
    saves: list[asyncio.Task[None]] = []

    async def save(*names: str) -> None:
        number, running = moves.take({HOME: listening(*names)})
        await home.publish(number, running[HOME])

    await save("moving", "kept")
    moves.take({HOME: listening("kept"), "east": listening("moving")})
    fleet.when_queues_move = lambda: saves.append(asyncio.create_task(save("kept", "new")))
    fleet.told.clear()
    moves.look()
    running = asyncio.create_task(moves.run())
    await fleet.told.wait()
    await asyncio.gather(*saves)
    while len(fleet.listeners) < 3:
        fleet.told.clear()
        await fleet.told.wait()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert fleet.listeners == [{"moving", "kept"}, {"kept", "new"}, {"kept", "new"}]


async def test_a_fleet_that_drains_takes_nothing_over_before_its_next_life(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(moves_module, "_LOOK_AGAIN_SECONDS", 0)
    fleet, east = FakeFleet(), FakeRegional(FleetState.DRAINING)
    home = Home(cast(Fleet, fleet))
    regions = cast(RegionalFleets, {"east": east})
    moves = Moves(home, regions, cast(LeftOver, NothingLeftOver()), drain_seconds=60)
    moves.take({HOME: listening("moving")})
    moves.take({HOME: listening(), "east": listening("moving")})
    given_up_in: list[FleetState] = []
    fleet.when_queues_move = lambda: given_up_in.append(east.state)
    moves.look()
    running = asyncio.create_task(moves.run())
    async with asyncio.timeout(20):  # Who has taken over is not asked again.
        for _ in range(3):
            await east.fleet.told.wait()
            east.fleet.told.clear()
    east.state = FleetState.SERVING
    await fleet.told.wait()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert given_up_in == [FleetState.SERVING]
    assert fleet.listeners == [set()]
