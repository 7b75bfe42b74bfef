"""Which group gets which share: capacity, preference, regions, zones, health."""

import pytest
from balancing_models import (
    CHECK,
    GroupLoad,
    health,
    limit,
    loads,
    model,
    neg,
    percents,
    places,
    policy,
    service,
    statuses,
)

from penstock.balancing.balancer import Balancer

ORDER = {
    "eu": ("us", "asia"),
    "us": ("eu", "asia"),
    "asia": ("us", "eu"),
}


def shares(a_service, *negs, region="", seen=None, load=None, order=ORDER):
    balancer = Balancer(region)
    balancer.assign(model(a_service, negs, order), seen or {}, load or {})
    return percents(balancer, a_service.name)


def assigned(a_service, *negs, region="", seen=None, load=None, order=ORDER):
    made = Balancer(region).assign(model(a_service, negs, order), seen or {}, load or {})
    return made[a_service.name]


A, B, C = neg("a"), neg("b"), neg("c")


@pytest.mark.parametrize(
    ("limits", "load", "expected"),
    [
        # Without load, and below capacity, in proportion to capacity.
        ([limit("a", 100), limit("b", 300)], {}, {"a": 25, "b": 75}),
        ([limit("a", 100), limit("b", 300)], {"a": 50, "b": 50}, {"a": 25, "b": 75}),
        # For each healthy endpoint.
        ([limit("a", each=100), limit("b", each=50)], {}, {"a": 67, "b": 33}),
        # A scaler halves, or sends nothing.
        ([limit("a", 100, scaler=0.5), limit("b", 100)], {}, {"a": 33, "b": 67}),
        ([limit("a", 100, scaler=0.0), limit("b", 100)], {"b": 500}, {"b": 100}),
        # Without limits every endpoint alike.
        ([limit("a"), limit("b")], {"a": 9}, {"a": 50, "b": 50}),
        ([limit("a", scaler=0.5), limit("b")], {}, {"a": 33, "b": 67}),
        # One limit: up to it, the rest elsewhere.
        ([limit("a", 100), limit("b")], {"a": 100, "b": 60}, {"a": 50, "b": 50}),
        ([limit("a", 100), limit("b")], {"a": 100, "b": 300}, {"a": 25, "b": 75}),
        # Preferred ones first.
        ([limit("a", 100, preferred=True), limit("b", 100)], {"a": 80}, {"a": 100}),
        ([limit("a", 100, preferred=True), limit("b", 100)], {"a": 125}, {"a": 80, "b": 20}),
        # All full: overloaded alike.
        ([limit("a", 100), limit("b", 300)], {"a": 500, "b": 500}, {"a": 25, "b": 75}),
        ([limit("a", 50, preferred=True), limit("b", 50)], {"a": 900}, {"a": 50, "b": 50}),
    ],
)
def test_capacity_within_a_region(limits, load, expected):
    assert shares(service("s", A, B, capacities=limits), A, B, load=loads("s", **load)) == expected


def test_a_limit_in_requests_at_once_is_translated_by_what_the_group_shows():
    limits = [limit("a", 10, mode="IN_FLIGHT"), limit("b", 10, mode="IN_FLIGHT")]
    a_service = service("s", A, B, capacities=limits)
    # b answers ten times as slowly: ten times as many requests at once for the same rate.
    load = loads("s", a=GroupLoad(100, in_flight=1), b=GroupLoad(100, in_flight=10))
    assert shares(a_service, A, B, load=load) == {"a": 91, "b": 9}


def test_utilization_is_evened_out():
    limits = [
        limit("a", mode="UTILIZATION", utilization=0.8),
        limit("b", mode="UTILIZATION", utilization=0.8),
    ]
    a_service = service("s", A, B, capacities=limits)
    load = loads(
        "s", a=GroupLoad(100, metrics={"cpu": 0.8}), b=GroupLoad(100, metrics={"cpu": 0.2})
    )
    assert shares(a_service, A, B, load=load) == {"a": 20, "b": 80}


def test_the_fullest_custom_metric_decides_and_dry_runs_do_not():
    metrics = [("queue", 0.5), ("memory", 0.9), ("trial", 0.1, True)]
    limits = [limit("a", mode="CUSTOM_METRICS", metrics=metrics, preferred=True), limit("b")]
    a_service = service("s", A, B, capacities=limits)
    load = loads("s", a=GroupLoad(100, metrics={"queue": 1.0, "memory": 0.1, "trial": 1.0}))
    assert shares(a_service, A, B, load=load) == {"a": 50, "b": 50}


EU, EU2 = neg("eu-a", region="eu", zone="eu-1"), neg("eu-b", region="eu", zone="eu-2")
US, ASIA = neg("us-a", region="us", zone="us-1"), neg("asia-a", region="asia", zone="asia-1")
WORLD = (EU, EU2, US, ASIA)


def world(**fields):
    return service("s", *WORLD, **fields)


@pytest.mark.parametrize(
    ("region", "expected"),
    [("eu", {"eu-a": 50, "eu-b": 50}), ("us", {"us-a": 100}), ("asia", {"asia-a": 100})],
)
def test_the_own_region_comes_first(region, expected):
    assert shares(world(), *WORLD, region=region) == expected


def test_a_full_region_overflows_to_the_next_one_and_so_on():
    limits = [limit(group.name, 100) for group in WORLD]

    def of(rate):
        load = loads("s", region="eu", **{"eu-a": rate})
        return shares(world(capacities=limits), *WORLD, region="eu", load=load)

    assert of(200) == {"eu-a": 50, "eu-b": 50}
    assert of(250) == {"eu-a": 40, "eu-b": 40, "us-a": 20}
    assert of(400) == {"eu-a": 25, "eu-b": 25, "us-a": 25, "asia-a": 25}
    assert of(800) == {"eu-a": 25, "eu-b": 25, "us-a": 25, "asia-a": 25}


def test_what_a_regions_own_proxies_use_is_not_free_for_others():
    limits = [limit(group.name, 100) for group in WORLD]
    load = {
        **loads("s", region="eu", **{"eu-a": 250}),
        **loads("s", region="us", **{"us-a": 90}),
    }
    of_eu = shares(world(capacities=limits), *WORLD, region="eu", load=load)
    assert of_eu == {"eu-a": 40, "eu-b": 40, "us-a": 4, "asia-a": 16}
    assert shares(world(capacities=limits), *WORLD, region="us", load=load) == {"us-a": 100}


def test_a_dead_region_is_replaced_by_the_next():
    seen = health(*WORLD, sick=[("eu-a", 2), ("eu-b", 2)])
    assert shares(world(check=CHECK), *WORLD, region="eu", seen=seen) == {"us-a": 100}


def test_a_region_below_the_failover_threshold_shares_with_the_next():
    seen = health(*WORLD, sick=[("eu-a", 2)])  # half of the region
    a_service = world(check=CHECK, lb_policy=policy(threshold=50))
    assert shares(a_service, *WORLD, region="eu", seen=seen) == {"eu-b": 100}
    # By default 70 percent have to be healthy: 50 of 70 parts stay.
    assert shares(world(check=CHECK), *WORLD, region="eu", seen=seen) == {"eu-b": 71, "us-a": 29}


def test_a_regional_service_stays_at_home():
    a_service = service("s", EU, check=CHECK, region="eu")
    made = assigned(a_service, EU, seen=health(EU, sick=[("eu-a", 2)]))
    assert places(made) == {"eu-a": (0, 0)}
    assert statuses(made, "eu-a") == ["UNHEALTHY", "UNHEALTHY"]


def test_an_isolated_service_stays_in_its_region():
    seen = health(*WORLD, sick=[("eu-a", 2), ("eu-b", 2)])
    a_service = world(check=CHECK, lb_policy=policy(isolation=True))
    made = assigned(a_service, *WORLD, region="eu", seen=seen)
    assert places(made) == {"eu-a": (0, 0), "eu-b": (0, 0)}


def test_spray_to_world_knows_no_nearness():
    a_service = world(lb_policy=policy("SPRAY_TO_WORLD"))
    assert shares(a_service, *WORLD, region="eu") == dict.fromkeys((g.name for g in WORLD), 25)


def test_spray_to_region_stays_in_the_region():
    a_service = world(lb_policy=policy("SPRAY_TO_REGION"))
    assert shares(a_service, *WORLD, region="eu") == {"eu-a": 50, "eu-b": 50}


def test_waterfall_by_zone_fills_a_zone_then_the_regions_others():
    limits = [limit(group.name, 100) for group in WORLD]
    a_service = world(capacities=limits, lb_policy=policy("WATERFALL_BY_ZONE"))
    assert shares(a_service, *WORLD, region="eu") == {"eu-a": 100}
    load = loads("s", region="eu", **{"eu-a": 125})
    assert shares(a_service, *WORLD, region="eu", load=load) == {"eu-a": 80, "eu-b": 20}


def test_preferred_groups_come_before_nearer_ones():
    limits = [limit("us-a", 100, preferred=True)]
    a_service = world(capacities=limits)
    assert shares(a_service, *WORLD, region="eu") == {"us-a": 100}


def test_groups_that_are_nearly_dead_are_drained_but_never_more_than_half():
    groups = [neg(name, 5) for name in "abcd"]
    a_service = service("s", *groups, check=CHECK, lb_policy=policy(drain=True, threshold=1))
    one = health(*groups, sick=[("a", 4)])
    assert shares(a_service, *groups, seen=one) == {"b": 33, "c": 33, "d": 33}
    three = health(*groups, sick=[("a", 4), ("b", 4), ("c", 4)])
    assert shares(a_service, *groups, seen=three) == {"c": 17, "d": 83}
    made = assigned(a_service, *groups, seen=one)
    assert set(statuses(made, "a")) == {"DRAINING", "UNHEALTHY"}


def test_idle_groups_follow_in_later_priorities():
    made = assigned(world(), *WORLD, region="eu")
    assert places(made) == {"eu-a": (0, 1), "eu-b": (0, 1), "us-a": (1, 1), "asia-a": (2, 1)}


def test_where_nobody_has_probed_anything_all_count_as_healthy():
    a_service = service("s", A, B, check=CHECK)
    assert shares(a_service, A, B, seen={}) == {"a": 50, "b": 50}
    # As soon as something is known, what is not known has to prove itself first.
    assert shares(a_service, A, B, seen=health(A)) == {"a": 100}
    # The memory knows the difference, too.
    balancer, a_model = Balancer(), model(a_service, [A, B])
    balancer.assign(a_model, {}, {})
    balancer.assign(a_model, health(C), {})
    assert percents(balancer, "s") == {}
    balancer.assign(a_model, {}, {})
    assert percents(balancer, "s") == {"a": 50, "b": 50}


def test_endpoints_that_proxies_probe_are_left_to_them():
    group = neg("h", probed=True)
    made = assigned(service("s", group, check=CHECK), group)
    assert statuses(made, "h") == ["UNPROBED", "UNPROBED"]


def test_an_address_in_two_groups_belongs_to_the_first():
    twin = neg("a", 1)
    other = type(twin)(**{**{f: getattr(twin, f) for f in twin.__struct_fields__}, "name": "b"})
    made = assigned(service("s", twin, other, check=CHECK), twin, other)
    assert [group.neg for group in made.groups] == ["a"]
