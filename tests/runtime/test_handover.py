"""What a fleet keeps that hands a listener over, and when it lets go."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.envoy.resources import CLUSTER, LISTENER, ROUTES, EnvoyResource, Snapshot
from penstock.runtime.configuration import Configuration
from penstock.runtime.fleets.handover import Handover, Serves


def fleet(*names: str) -> Configuration:
    return Configuration(
        Snapshot.of(
            EnvoyResource(url, name, f"{name}".encode())
            for name in names
            for url in (LISTENER, ROUTES, CLUSTER)
        )
    )


def listeners(running: Mapping[str, Configuration]) -> dict[str, set[str]]:
    return {r: set(c.snapshot.resources[LISTENER]) for r, c in running.items()}


def clusters(running: Mapping[str, Configuration]) -> dict[str, set[str]]:
    return {r: set(c.snapshot.resources[CLUSTER]) for r, c in running.items()}


def release(
    handover: Handover, wanted: Mapping[str, Configuration], serves: Serves, now: float
) -> Mapping[str, Configuration]:
    freed = handover.release(wanted, handover.taken_over(serves), now)
    return {region: handover.running[region] for region in freed}


def test_nothing_moves_nothing_is_kept() -> None:
    handover = Handover(5)
    wanted = {"": fleet("a"), "east": fleet("b")}
    assert handover.take(1, wanted) is wanted
    gone = {"": fleet("a"), "east": fleet()}
    assert handover.take(2, gone) is gone
    assert not handover.is_open


def test_a_listener_stays_until_its_taker_serves_it_and_its_routes_while_it_drains() -> None:
    handover = Handover(5)
    handover.take(1, {"": fleet("a", "b")})
    wanted = {"": fleet("a"), "east": fleet("b")}
    assert listeners(handover.take(2, wanted)) == {"": {"a", "b"}, "east": {"b"}}
    assert release(handover, wanted, lambda _, __: False, 10) == {}
    asked: list[tuple[str, int]] = []

    def serves(region: str, number: int) -> bool:
        asked.append((region, number))
        return True

    freed = release(handover, wanted, serves, 11)
    assert set(asked) == {("east", 2)}
    assert listeners(freed) == {"": {"a"}}
    assert clusters(freed) == {"": {"a", "b"}}
    assert release(handover, wanted, serves, 15) == {}
    assert clusters(release(handover, wanted, serves, 16)) == {"": {"a"}}
    assert not handover.is_open


def test_two_fleets_may_hand_over_to_each_other() -> None:
    handover = Handover(5)
    handover.take(1, {"": fleet(), "east": fleet("a"), "west": fleet("b")})
    wanted = {"": fleet(), "east": fleet("b"), "west": fleet("a")}
    both = {"a", "b"}
    assert listeners(handover.take(2, wanted)) == {"": set(), "east": both, "west": both}
    freed = release(handover, wanted, lambda _, __: True, 0)
    assert listeners(freed) == {"east": {"b"}, "west": {"a"}}


def test_a_fleet_that_is_no_longer_wanted_keeps_what_moves_and_then_nothing() -> None:
    handover = Handover(5)
    handover.take(1, {"": fleet("a"), "east": fleet("b", "c")})
    wanted = {"": fleet("a", "b")}
    # What nobody takes over is gone at once.
    assert listeners(handover.take(2, wanted)) == {"": {"a", "b"}, "east": {"b"}}
    assert handover.keeps("east")
    release(handover, wanted, lambda _, __: True, 0)
    assert not handover.keeps("east")
    assert not handover.is_open


def test_a_later_revision_keeps_it_too() -> None:
    handover = Handover(5)
    handover.take(1, {"": fleet("a", "b")})
    handover.take(2, {"": fleet("a"), "east": fleet("b")})
    later = {"": fleet("a", "x"), "east": fleet("b")}
    assert listeners(handover.take(3, later))[""] == {"a", "b", "x"}
    assert release(handover, later, lambda _, number: number < 2, 0) == {}
    assert listeners(release(handover, later, lambda _, number: number >= 2, 0))[""] == {"a", "x"}


def test_it_may_come_back_before_it_has_gone() -> None:
    handover = Handover(5)
    handover.take(1, {"": fleet("a")})
    handover.take(2, {"": fleet(), "east": fleet("a")})
    back = {"": fleet("a"), "east": fleet()}
    assert listeners(handover.take(3, back)) == {"": {"a"}, "east": {"a"}}
    freed = release(handover, back, lambda _, __: True, 0)
    assert listeners(freed)["east"] == set()


def test_what_moves_while_the_queue_is_made_ready_is_kept() -> None:
    handover = Handover(5)
    handover.take(1, {"": fleet("a", "b")})
    handover.take(2, {"": fleet("b"), "east": fleet("a")})
    ready = handover.taken_over(lambda _, number: number <= 2)
    assert ready == {"": 2}
    later = {"": fleet(), "east": fleet("a", "b")}
    handover.take(3, later)
    assert handover.release(later, ready, 0) == ()
    freed = release(handover, later, lambda _, __: True, 0)
    assert listeners(freed)[""] == set()
