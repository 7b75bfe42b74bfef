"""Endpoints that left a backend service with a draining timeout, until that is over.

They get no new sessions; those that name them (strong cookies) go on.  A request that is
under way needs none of this: Envoy finishes it with an endpoint that is gone, too.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Final

from penstock.balancing.balancer import NO_DRAINING, Draining
from penstock.balancing.capacity import scale
from penstock.balancing.needs import drains
from penstock.model import BackendService, BackendServiceName, Model, NegName

_Place = tuple[NegName, str, int]
_NOBODY: Final[frozenset[_Place]] = frozenset()


class Leavers:
    """Notices who leaves from one model to the next, and when that is long enough ago."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._model: tuple[object, object] = (None, None)
        self._services: Mapping[BackendServiceName, BackendService] = {}
        self._drained: list[BackendService] = []
        """Those with a draining timeout."""
        self._there: dict[BackendServiceName, frozenset[_Place]] = {}
        self._until: dict[BackendServiceName, dict[_Place, float]] = {}
        self._draining: Draining = NO_DRAINING
        self._news = asyncio.Event()
        self.due: float | None = None
        """When the next one is over, by the clock; None: nobody leaves."""

    def follow(self, model: Model) -> Draining:
        """Who is drained now; the same object as before if nobody came or went."""
        now = self._clock()
        inputs = (model.backend_services, model.negs)
        is_same = inputs[0] is self._model[0] and inputs[1] is self._model[1]
        if is_same and (self.due is None or now < self.due):
            return self._draining
        self._model = inputs
        services = self._with_timeout(model.backend_services)
        if not services and not self._there:
            return self._draining
        there = {service.name: _places(service, model) for service in services}
        until = {
            service.name: self._left(service, there[service.name], now) for service in services
        }
        self._there, self._until = there, {name: left for name, left in until.items() if left}
        self._settle()
        return self._draining

    def _with_timeout(
        self, services: Mapping[BackendServiceName, BackendService]
    ) -> list[BackendService]:
        if services is not self._services and services != self._services:
            self._drained = [service for service in services.values() if drains(service)]
        self._services = services
        return self._drained

    def _left(
        self, service: BackendService, there: frozenset[_Place], now: float
    ) -> dict[_Place, float]:
        assert service.draining_timeout is not None
        addresses = {place[1:] for place in there}
        left = dict(self._until.get(service.name, {}))
        for place in self._there.get(service.name, _NOBODY) - there:
            left[place] = now + service.draining_timeout.value
        return {
            place: end for place, end in left.items() if end > now and place[1:] not in addresses
        }

    def _settle(self) -> None:
        ends = [end for left in self._until.values() for end in left.values()]
        due = min(ends, default=None)
        made = {name: _by_group(left) for name, left in sorted(self._until.items())}
        if made != self._draining:
            self._draining = made
        if due != self.due:
            self.due = due
            self._news.set()

    async def run(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever somebody's time is over."""
        due = self.due
        while True:
            wait = None if due is None else max(0.0, due - self._clock())
            try:
                async with asyncio.timeout(wait):
                    await self._news.wait()
                self._news.clear()
                due = self.due
            except TimeoutError:
                due = None  # `follow` is to look at it.
                wake()


def _places(service: BackendService, model: Model) -> frozenset[_Place]:
    """A group whose capacity scaler is 0 has left, too."""
    limits = {capacity.neg: capacity for capacity in service.capacities}
    return frozenset(
        (name, endpoint.address, endpoint.port)
        for name in service.negs
        if scale(limits.get(name)) > 0
        for endpoint in model.negs[name].endpoints
        if endpoint.ready
    )


def _by_group(left: Mapping[_Place, float]) -> dict[NegName, tuple[tuple[str, int], ...]]:
    groups: dict[NegName, list[tuple[str, int]]] = {}
    for neg, address, port in sorted(left):
        groups.setdefault(neg, []).append((address, port))
    return {neg: tuple(places) for neg, places in groups.items()}
