"""What holds of every split, whatever the groups."""

import math

from hypothesis import given
from hypothesis import strategies as st

from penstock.balancing.shares import Room, Tier, split
from penstock.balancing.weights import whole_weights

LIMITS = st.one_of(st.just(math.inf), st.floats(0.1, 1e4))


@st.composite
def rooms(draw):
    capacity = draw(LIMITS)
    free = capacity if math.isinf(capacity) else capacity * draw(st.floats(0, 1))
    return draw(st.sampled_from([Room(free, capacity, draw(st.integers(1, 50))), Room(0, 0, 0)]))


TIERS = st.lists(
    st.builds(Tier, st.lists(rooms(), max_size=5).map(tuple), st.floats(0, 1)), max_size=4
)
DEMAND = st.one_of(st.just(0.0), st.floats(0.01, 1e6))


def flat(values):
    return [value for tier in values for value in tier]


@given(TIERS, DEMAND)
def test_parts_add_up_to_all_of_the_demand(tiers, demand):
    parts = flat(split(tiers, demand))
    alive = any(room.size for tier in tiers for room in tier.rooms)
    assert all(part >= 0 for part in parts)
    assert math.isclose(sum(parts), 1.0 if alive else 0.0, abs_tol=1e-6)


@given(TIERS, DEMAND)
def test_nothing_goes_to_groups_without_healthy_endpoints(tiers, demand):
    everything = [room for tier in tiers for room in tier.rooms]
    for room, part in zip(everything, flat(split(tiers, demand)), strict=True):
        assert room.size or not part


@given(TIERS, DEMAND.filter(bool))
def test_no_limit_is_exceeded_while_others_have_room(tiers, demand):
    everything = [room for tier in tiers for room in tier.rooms]
    amounts = [part * demand for part in flat(split(tiers, demand))]
    slack = max(1e-6, demand * 1e-6)
    over = any(a > r.limit + slack for r, a in zip(everything, amounts, strict=True))
    free = any(
        r.size and r.capacity and a < r.limit - slack
        for r, a in zip(everything, amounts, strict=True)
    )
    assert not (over and free)


@given(TIERS, DEMAND.filter(bool), st.floats(1, 10))
def test_a_later_tier_never_gets_less_when_demand_grows(tiers, demand, factor):
    healthy = [Tier(tier.rooms) for tier in tiers]

    def later(amount):
        parts = split(healthy, amount)
        return sum(amount * part for tier in parts[1:] for part in tier)

    small, large = later(demand), later(demand * factor)
    assert large >= small - max(1e-6, demand * factor * 1e-6)


@given(st.lists(st.floats(0, 1), max_size=30))
def test_whole_weights_keep_proportions_and_leave_nobody_out(parts):
    weights = whole_weights(parts)
    assert [w > 0 for w in weights] == [p > 0 for p in parts]
    used = [p for p in parts if p > 0]
    for weight, part in zip(weights, parts, strict=True):
        if part:
            share = weight / sum(weights)
            assert abs(share - part / sum(used)) < 0.05 + 1 / 200


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=8))
def test_equal_parts_give_equal_weights(numbers):
    assert whole_weights([n / 7 for n in numbers]) == whole_weights([n / 7 for n in numbers])
    assert set(whole_weights([numbers[0] / 7] * len(numbers))) == {1}
