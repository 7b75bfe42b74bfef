"""The balancer looks at what changed, and gives the same object for what did not."""

from balancing_models import (
    CHECK,
    HEALTHY,
    SICK,
    health,
    limit,
    loads,
    model,
    neg,
    service,
    setting,
    statuses,
)
from msgspec.structs import replace

from penstock.balancing.balancer import Balancer
from penstock.model import NegKind


def many(count):
    negs = [neg(f"g{i:04}", 2) for i in range(count)]
    negs = [
        replace(
            group,
            endpoints=tuple(
                replace(e, address=f"10.{i // 250}.{i % 250}.{n}")
                for n, e in enumerate(group.endpoints, 1)
            ),
        )
        for i, group in enumerate(negs)
    ]
    services = [service(f"s{i:04}", group, check=CHECK) for i, group in enumerate(negs)]
    return model(services, negs), negs


def test_one_endpoints_health_costs_one_service_of_a_thousand():
    a_model, negs = many(1000)
    seen = health(*negs)
    balancer = Balancer()
    before = balancer.assign(a_model, seen, {})
    assert balancer.planned == len(before) == 1000
    key = next(iter(seen))
    after = balancer.assign(a_model, {**seen, key: SICK}, {})
    assert balancer.planned == 1001
    changed = [name for name in after if after[name] is not before[name]]
    assert changed == ["s0000"]
    assert statuses(after["s0000"], "g0000") == ["UNHEALTHY", "HEALTHY"]


def test_equal_inputs_give_the_same_objects():
    a_model, negs = many(3)
    seen = health(*negs)
    balancer = Balancer()
    before = balancer.assign(a_model, seen, {})
    assert balancer.assign(a_model, dict(seen), {}) is before
    # Another reason or time is no other health.
    later = {key: replace(HEALTHY, reason="204", since=1.0) for key in seen}
    assert balancer.assign(a_model, later, {}) is before
    assert balancer.planned == 3


def test_a_load_that_changes_no_share_gives_the_same_assignment():
    a, b = neg("a"), neg("b")
    a_model = model(service("s", a, b, capacities=[limit("a", 100), limit("b", 100)]), [a, b])
    balancer = Balancer()
    before = balancer.assign(a_model, {}, loads("s", a=10, b=10))
    after = balancer.assign(a_model, {}, loads("s", a=20, b=20))
    assert after is before
    assert [s.rate for s in balancer.shares["s"]] == [20, 20]


def test_another_group_of_a_service_is_noticed():
    a, b = neg("a"), neg("b")
    a_model = model(service("s", a, b, capacities=[limit("a", 100)]), [a, b])
    balancer = Balancer()
    balancer.assign(a_model, {}, {})
    grown = neg("b", 3)
    made = balancer.assign(replace(a_model, negs={"a": a, "b": grown}), {}, {})
    assert len(statuses(made["s"], "b")) == 3


def test_services_without_a_need_have_no_assignment():
    a, b = neg("a"), neg("b")
    plain = service("plain", a, b)
    named = neg("named", 1, kind=NegKind.FQDN_PORT)
    by_name = service("named", named, check=CHECK)
    balancer = Balancer()
    assert balancer.assign(model([plain, by_name], [a, b, named]), {}, {}) == {}
    assert balancer.planned == 0


def test_a_service_that_needs_no_assignment_any_more_loses_it():
    a = neg("a")
    balancer = Balancer()
    assert balancer.assign(model(service("s", a, check=CHECK), [a]), {}, {}).keys() == {"s"}
    assert balancer.assign(model(service("s", a), [a]), {}, {}) == {}
    assert balancer.shares == {}


def test_draining_endpoints_stay_for_sessions():
    a = neg("a", 2)
    a_service = service("s", a, draining_timeout=setting(30.0))
    balancer = Balancer()
    draining = {"s": {"a": (("10.0.97.9", 80),), "gone": (("10.9.9.9", 80),)}}
    made = balancer.assign(model(a_service, [a]), {}, {}, draining)["s"]
    assert statuses(made, "a") == ["HEALTHY", "HEALTHY", "DRAINING"]
    assert statuses(made, "gone") == ["DRAINING"]
    after = balancer.assign(model(a_service, [a]), {}, {}, {})["s"]
    assert statuses(after, "a") == ["HEALTHY", "HEALTHY"]
    assert [group.neg for group in after.groups] == ["a"]
