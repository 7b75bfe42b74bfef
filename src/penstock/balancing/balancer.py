"""From a model, health and load to assignments; remembers what did not change.

Cost follows the change: an endpoint whose health changes costs the services that use
its health check and address, a service's load that service, and where nothing needs an
assignment nothing is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from penstock.balancing.capacity import Loads
from penstock.balancing.changes import changed_keys
from penstock.balancing.needs import candidates, needs_assignment
from penstock.balancing.plan import NONE_LEAVING, Leaving, Plan, Situation, plan
from penstock.model import (
    Assignment,
    BackendService,
    BackendServiceName,
    GroupLoad,
    GroupShare,
    HealthView,
    LoadView,
    Model,
    NegName,
    NetworkEndpointGroup,
)

Assignments = Mapping[BackendServiceName, Assignment]
Shares = Mapping[BackendServiceName, tuple[GroupShare, ...]]
Draining = Mapping[BackendServiceName, Leaving]
"""Endpoints that left the groups of a service and are still drained."""
NO_DRAINING: Final[Draining] = {}

NOTABLE: Final = 0.02
"""A difference of shares that is worth telling all proxies of."""

_Services = Mapping[BackendServiceName, BackendService]
_Negs = Mapping[NegName, NetworkEndpointGroup]
_HealthKey = tuple[str, str, int]


class Balancer:
    """Makes the assignments for the proxies of one region."""

    def __init__(self, region: str = "") -> None:
        """`region` is empty where proxies serve whatever there is."""
        self._region = region
        self._services: _Services = {}
        self._negs: _Negs = {}
        self._orders: Mapping[str, tuple[str, ...]] = {}
        self._health: HealthView = {}
        self._loads: LoadView = {}
        self._by_service: Mapping[BackendServiceName, Loads] = {}
        self._draining: Draining = NO_DRAINING
        self._candidates: list[BackendService] = []
        self._users: dict[_HealthKey, list[BackendServiceName]] = {}
        self._neg_users: dict[NegName, list[BackendServiceName]] = {}
        self._plans: dict[BackendServiceName, Plan] = {}
        self._assignments: Assignments = {}
        self.planned = 0
        """Services looked at so far, for those who ask what a change costs."""

    def assign(
        self,
        model: Model,
        health: HealthView,
        loads: LoadView,
        draining: Draining = NO_DRAINING,
    ) -> Assignments:
        """Of every backend service that needs one; the same object where nothing changed."""
        stale = self._stale(model, health, loads, draining)
        self._note(model, health, loads, draining)
        if stale:
            self._plan(stale)
        return self._assignments

    def differs(self, loads: LoadView) -> bool:
        """Whether other loads would move shares by more than `NOTABLE`, all else being as it is."""
        changed = {service for _, service, _ in changed_keys(self._loads, loads)}
        grouped = _by_service(loads)
        return any(
            _moved(
                self._plans[name].shares,
                self._make(self._services[name], grouped.get(name, {})).shares,
            )
            for name in sorted(changed & self._plans.keys())
        )

    @property
    def shares(self) -> Shares:
        """What the groups get by the latest assignments, and why."""
        return {name: plan.shares for name, plan in self._plans.items()}

    def _stale(
        self, model: Model, health: HealthView, loads: LoadView, draining: Draining
    ) -> set[BackendServiceName]:
        stale = self._changed_services(model.backend_services)
        if not self._candidates:
            return stale
        if self._orders != model.region_order:
            return stale | {service.name for service in self._candidates}
        for name, users in self._neg_users.items():
            if self._negs.get(name) is not model.negs.get(name):
                stale.update(users)
        stale.update(self._touched(health, loads, draining))
        return stale

    def _changed_services(self, services: _Services) -> set[BackendServiceName]:
        stale = set(changed_keys(self._services, services))
        if not stale:
            return stale
        self._candidates = candidates(services.values())
        self._users, self._neg_users = {}, {}
        for service in self._candidates:
            for neg in service.negs:
                self._neg_users.setdefault(neg, []).append(service.name)
        known = {service.name for service in self._candidates}
        return stale & (known | self._plans.keys())

    def _touched(
        self, health: HealthView, loads: LoadView, draining: Draining
    ) -> Iterator[BackendServiceName]:
        if bool(self._health) != bool(health):  # Nothing known is another thing than one unknown.
            yield from (s.name for s in self._candidates if s.health_check is not None)
        for key in changed_keys(self._health, health):
            old, new = self._health.get(key), health.get(key)
            if old is None or new is None or old.healthy != new.healthy:
                yield from self._users.get(key, ())
        for _, service, _ in changed_keys(self._loads, loads):
            yield service
        yield from changed_keys(self._draining, draining)

    def _note(self, model: Model, health: HealthView, loads: LoadView, draining: Draining) -> None:
        self._services, self._negs = model.backend_services, model.negs
        self._orders, self._health = model.region_order, health
        if loads is not self._loads:
            self._loads, self._by_service = loads, _by_service(loads)
        self._draining = draining

    def _plan(self, stale: set[BackendServiceName]) -> None:
        for name in sorted(stale):
            service = self._services.get(name)
            if service is None or not needs_assignment(service, self._negs):
                self._plans.pop(name, None)
                continue
            self._plan_one(service)
        self._index(stale if self._users else set(self._plans))
        made = {name: plan.assignment for name, plan in sorted(self._plans.items())}
        if made.keys() != self._assignments.keys() or any(
            self._assignments[name] is not assignment for name, assignment in made.items()
        ):
            self._assignments = made

    def _plan_one(self, service: BackendService) -> None:
        self.planned += 1
        new = self._make(service, self._by_service.get(service.name, {}))
        old = self._plans.get(service.name)
        if old is not None and old.assignment == new.assignment:
            new = Plan(old.assignment, new.shares)
        self._plans[service.name] = new

    def _make(self, service: BackendService, loads: Loads) -> Plan:
        negs = [self._negs[name] for name in service.negs]
        leaving = self._draining.get(service.name, NONE_LEAVING)
        return plan(
            service, negs, Situation(self._region, self._orders, self._health, loads, leaving)
        )

    def _index(self, stale: set[BackendServiceName]) -> None:
        """Who has to be looked at when the health of an address changes.

        Entries are only added until services change: one too many costs a look.
        """
        for name in stale & self._plans.keys():
            service = self._services[name]
            if service.health_check is None:
                continue
            for neg in service.negs:
                for endpoint in self._negs[neg].endpoints:
                    key = (service.health_check, endpoint.address, endpoint.port)
                    users = self._users.setdefault(key, [])
                    if name not in users:
                        users.append(name)


def _moved(old: Sequence[GroupShare], new: Sequence[GroupShare]) -> bool:
    return any(
        before.priority != after.priority
        or (before.share > 0) != (after.share > 0)
        or abs(before.share - after.share) > NOTABLE
        for before, after in zip(old, new, strict=True)
    )


def _by_service(loads: LoadView) -> Mapping[BackendServiceName, Loads]:
    """Each service's own loads."""
    grouped: dict[BackendServiceName, dict[tuple[str, NegName], GroupLoad]] = {}
    for (region, name, neg), load in loads.items():
        grouped.setdefault(name, {})[(region, neg)] = load
    return grouped
