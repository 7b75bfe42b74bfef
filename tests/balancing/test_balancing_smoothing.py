"""Loads are smoothed, and stand still while nothing much happens."""

import math

from hypothesis import given
from hypothesis import strategies as st

from penstock.balancing.smoothing import TIME_CONSTANT, TOLERANCE, Sample, follow, moved
from penstock.model import GroupLoad

RATES = st.floats(0, 1e6)


def after(samples, seconds=1.0):
    load = None
    for rate in samples:
        load = follow(load, Sample(seconds, GroupLoad(rate)))
    return load


def test_the_first_sample_counts_as_it_is():
    assert after([70.0]).rate == 70.0


def test_a_step_shows_by_63_percent_after_the_time_constant():
    steps = 20
    load = GroupLoad(0.0)
    for _ in range(steps):
        load = follow(load, Sample(TIME_CONSTANT / steps, GroupLoad(100.0)))
    assert math.isclose(load.rate, 100 * (1 - math.exp(-1)), rel_tol=1e-9)


def test_two_short_intervals_weigh_as_one_long_one():
    once = follow(GroupLoad(10.0), Sample(2.0, GroupLoad(50.0)))
    twice = follow(
        follow(GroupLoad(10.0), Sample(1.0, GroupLoad(50.0))), Sample(1.0, GroupLoad(50.0))
    )
    assert math.isclose(once.rate, twice.rate)


@given(st.lists(RATES, min_size=1, max_size=20))
def test_a_mean_stays_between_the_least_and_the_greatest_sample(samples):
    rate = after(samples).rate
    assert min(samples) - 0.02 <= rate <= max(samples) * (1 + 1e-9)


def test_a_load_that_ends_becomes_nothing():
    assert after([100.0] + [0.0] * 60).rate == 0.0


def test_metrics_nobody_reports_stay_as_they_were():
    load = follow(GroupLoad(1.0, metrics={"cpu": 0.5}), Sample(1.0, GroupLoad(1.0)))
    assert load.metrics == {"cpu": 0.5}
    load = follow(load, Sample(1e9, GroupLoad(1.0, metrics={"cpu": 0.7})))
    assert math.isclose(load.metrics["cpu"], 0.7)


@given(RATES, st.floats(-TOLERANCE * 0.9, TOLERANCE * 0.9))
def test_small_changes_move_nothing(rate, part):
    assert not moved({"a": GroupLoad(rate)}, {"a": GroupLoad(rate * (1 + part))})


def test_large_changes_and_other_groups_do():
    assert moved({"a": GroupLoad(100)}, {"a": GroupLoad(110)})
    assert moved({"a": GroupLoad(100)}, {"b": GroupLoad(100)})
    assert moved({"a": GroupLoad(100)}, {"a": GroupLoad(100, in_flight=3)})
    assert moved({"a": GroupLoad(1, metrics={"x": 0.1})}, {"a": GroupLoad(1, metrics={"x": 0.2})})
    assert not moved({}, {})
