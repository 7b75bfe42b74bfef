"""Backend subsetting as its purpose demands it: even load, few moves, the same everywhere."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.balancing.subsetting import LEAST, Place, Subsetter, proxies_per_endpoint

Shares = Mapping[str, Collection[Place]]
PROXIES = [f"us-east1-{n}" for n in range(50)]
PLACES = [(f"10.0.{n // 250}.{n % 250}", 8080) for n in range(1000)]


def shares(proxies: Sequence[str], places: Sequence[Place]) -> Shares:
    return Subsetter(proxies).shares(dict.fromkeys(places, True))


def users(found: Shares) -> Counter[Place]:
    return Counter(place for share in found.values() for place in share)


def load(found: Shares) -> dict[Place, float]:
    """Each endpoint's requests, if every proxy has as many, as a share of the mean."""
    total: dict[Place, float] = dict.fromkeys(users(found), 0.0)
    for share in found.values():
        for place in share:
            total[place] += 1 / len(share)
    mean = len(found) / len(total)
    return {place: value / mean for place, value in total.items()}


def gained(before: Shares, after: Shares) -> float:
    """New pairs of proxy and endpoint, as a share of all."""
    old = {(proxy, place) for proxy, share in before.items() for place in share}
    new = {(proxy, place) for proxy, share in after.items() for place in share}
    return len(new - old) / len(old)


def test_a_large_fleet_shares_a_large_group_evenly() -> None:
    found = shares(PROXIES, PLACES)
    assert set(users(found).values()) == {5}
    assert len(users(found)) == 1000
    sizes = [len(share) for share in found.values()]
    assert max(sizes) <= 102
    assert min(sizes) >= 88
    balance = load(found).values()
    assert max(balance) < 1.08
    assert min(balance) > 0.95


@pytest.mark.parametrize(("proxies", "endpoints"), [(2, 50), (3, 36), (4, 36), (10, 100)])
def test_a_small_fleet_does_so_whatever_the_addresses(proxies: int, endpoints: int) -> None:
    for block in range(100):
        places = [(f"10.{block}.0.{n}", 8080) for n in range(endpoints)]
        found = shares(PROXIES[:proxies], places)
        sizes = [len(share) for share in found.values()]
        mean = sum(sizes) / proxies
        assert max(sizes) <= mean + 2
        assert min(sizes) >= mean - 2


@pytest.mark.parametrize("seed", range(8))
def test_one_endpoint_more_or_less_moves_next_to_nothing(seed: int) -> None:
    before = shares(PROXIES, PLACES)
    gone = random.Random(seed).choice(PLACES)
    less = [place for place in PLACES if place != gone]
    after = shares(PROXIES, less)
    # Those that lose it need not get another one; who fills up pushes few along.
    assert gained(before, after) < 0.01
    assert gained(after, before) < 0.01


@pytest.mark.parametrize("seed", range(8))
def test_one_proxy_more_or_less_moves_little_more_than_its_share(seed: int) -> None:
    before = shares(PROXIES, PLACES)
    gone = random.Random(seed).choice(PROXIES)
    after = shares([proxy for proxy in PROXIES if proxy != gone], PLACES)
    assert 0.015 < gained(before, after) < 0.05
    assert gained(after, before) < 0.05


def test_an_unhealthy_endpoint_moves_nothing() -> None:
    healthy = Subsetter(PROXIES).shares(dict.fromkeys(PLACES, True))
    sick = {place: n % 10 > 0 for n, place in enumerate(PLACES)}
    assert Subsetter(PROXIES).shares(sick) == healthy


def test_who_has_too_few_healthy_ones_gets_more() -> None:
    well = set(PLACES[:30])
    found = Subsetter(PROXIES).shares({place: place in well for place in PLACES})
    assert all(len(well & set(share)) >= LEAST // 2 for share in found.values())
    few = set(PLACES[:3])
    found = Subsetter(PROXIES).shares({place: place in few for place in PLACES})
    assert all(few <= set(share) for share in found.values())


def test_every_process_finds_the_same() -> None:
    program = (
        "from penstock.balancing.subsetting import Subsetter\n"
        "places = {(f'10.0.0.{n}', 80): True for n in range(90)}\n"
        "shares = Subsetter(['b', 'a', 'c']).shares(places)\n"
        "print(sorted((p, sorted(s)) for p, s in shares.items()))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


@given(st.integers(1, 40), st.integers(0, 120), st.integers(0, 3))
def test_whatever_the_sizes(proxies: int, endpoints: int, seed: int) -> None:
    fleet = [f"p{n}" for n in range(proxies)]
    chance = random.Random(seed)
    group = {(f"10.1.0.{n}", 80): chance.random() < 0.8 for n in range(endpoints)}
    found = Subsetter(fleet).shares(group)
    assert found.keys() == set(fleet)
    counts = users(found)
    assert counts.keys() == group.keys()
    least = proxies_per_endpoint(proxies, endpoints)
    assert all(count >= least for count in counts.values())
    usable = sum(group.values())
    for share in found.values():
        assert sum(group[place] for place in share) >= min(LEAST // 2, usable)
    if endpoints <= LEAST:
        assert all(set(share) == group.keys() for share in found.values())


def test_remembering_changes_nothing() -> None:
    long_lived = Subsetter(PROXIES[:9])
    chance = random.Random(7)
    for _ in range(20):
        group = {place: chance.random() < 0.9 for place in chance.sample(PLACES, 200)}
        assert long_lived.shares(group) == Subsetter(PROXIES[:9]).shares(group)
