"""What proxies report becomes loads, and wakes the instance only when shares have to follow."""

from __future__ import annotations

import sys
from pathlib import Path

from penstock.balancing.balancer import Balancer
from penstock.envoy.load_reports import ClusterReport, GroupReport
from penstock.runtime.loads import Loads

sys.path.insert(0, str(Path(__file__).parents[1] / "balancing"))

from balancing_models import limit, model, neg, service

A, B = neg("a"), neg("b")


class Desk:
    """Loads in front of a balancer, as the pipeline has them."""

    def __init__(self, *limits: object) -> None:
        self.model = model(service("s", A, B, capacities=limits), [A, B])
        self.balancer = Balancer()
        self.woken = 0
        self.loads = Loads(self._wake)
        self.loads.differs = self.balancer.differs
        self.loads.follow(self.model)
        self.build()

    def _wake(self) -> None:
        self.woken += 1
        self.build()

    def build(self) -> None:
        self.balancer.assign(self.model, {}, self.loads.view)

    def report(self, stream: int = 1, seconds: float = 1.0, **issued: int) -> None:
        groups = {name: GroupReport(count, 1, 2) for name, count in issued.items()}
        self.loads._receive("", 1, stream, ClusterReport("s", seconds, groups))

    def rates(self) -> dict[str, float]:
        return {neg: round(load.rate, 3) for (_, _, neg), load in self.loads.now.items()}


PREFERRED = (limit("a", 50, preferred=True), limit("b", 1000))


def test_rates_are_counts_by_second_and_add_up_over_proxies() -> None:
    desk = Desk(*PREFERRED)
    desk.report(seconds=2.0, a=20)
    desk.report(stream=2, seconds=0.5, a=20, b=5)
    assert desk.rates() == {"a": 50.0, "b": 10.0}
    desk.loads._receive("", 1, 2, None)
    assert desk.rates() == {"a": 10.0}


def test_only_loads_that_change_shares_wake_the_instance() -> None:
    desk = Desk(*PREFERRED)
    desk.report(a=20)
    desk.report(a=40)
    assert desk.woken == 0
    for _ in range(20):
        desk.report(a=100)
    woken = desk.woken
    assert 1 <= woken < 10
    for _ in range(50):
        desk.report(a=50, b=50)
        desk.report(a=51, b=51)
    assert desk.woken - woken <= 1, "a steady load moves nothing"


def test_a_proxy_that_goes_takes_its_load_with_it() -> None:
    desk = Desk(*PREFERRED)
    for _ in range(20):
        desk.report(a=200)
    assert {s.neg for s in desk.balancer.shares["s"] if s.share} == {"a", "b"}
    desk.loads._receive("", 1, 1, None)
    assert {s.neg for s in desk.balancer.shares["s"] if s.share} == {"a"}
    assert desk.loads.view == {}


def test_what_is_not_watched_is_not_heard() -> None:
    desk = Desk(limit("a"), limit("b", scaler=0.5))
    desk.report(a=100)
    assert (desk.loads.reports, desk.loads.view) == (0, {})


def test_services_that_lose_their_limits_are_forgotten() -> None:
    desk = Desk(*PREFERRED)
    desk.report(a=100)
    desk.loads.follow(model(service("s", A, B), [A, B]))
    assert desk.loads.view == {}
    assert desk.loads.now == {}


def test_a_load_that_ends_fades_out() -> None:
    desk = Desk(*PREFERRED)
    desk.report(a=100)
    for _ in range(40):
        desk.report()
    assert desk.rates() == {}
