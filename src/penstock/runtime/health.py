"""Health of endpoints: what is probed follows the model, what is found out wakes the instance.

A new endpoint gets no requests before it is known to be healthy.  One that has been
serving goes on while another health check, or its first one, has its first probe:
changing a health check must not cut anybody off.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import resource
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from penstock.health import Change, Counters, Prober, Target
from penstock.health.prober import AT_ONCE
from penstock.model import (
    BackendService,
    BackendServiceName,
    Endpoint,
    EndpointHealth,
    HealthCheckName,
    HealthView,
    Model,
    NegKind,
)
from penstock.runtime.served_before import ServedBefore
from penstock.runtime.settings import PROBE_SOURCE

_log = logging.getLogger(__name__)
LOG: Final = "penstock.health.log"
"""The logger of changes that health checks want logged."""
_health_log = logging.getLogger(LOG)
FIRST_RESULTS_SECONDS: Final = 2.0
"""How long a start waits for the first result of every endpoint; what is later is unhealthy."""
_STILL_SERVING: Final = "not probed yet; it was serving before"
_UNKNOWN: Final = EndpointHealth(False, "not probed yet", 0.0)

HealthKey = tuple[HealthCheckName, str, int]


class EndpointChange(NamedTuple):
    """An endpoint that became healthy or unhealthy, for people."""

    address: str
    port: int
    services: tuple[str, ...]
    """Objects of the backend services that use it; sorted."""
    health: EndpointHealth
    before: bool | None
    """None if it was not known."""


def probe_source(address: str) -> str | None:
    """Where probes of an endpoint come from: on this machine from an address of their own."""
    parsed = ipaddress.ip_address(address)
    return PROBE_SOURCE if parsed.version == 4 and parsed.is_loopback else None


def probes_at_once() -> int:
    """A quarter of the file descriptors that this process may have."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return AT_ONCE if soft == resource.RLIM_INFINITY else max(16, min(soft // 4, 4096))


class HealthWatch:
    """Keeps the prober to the model."""

    def __init__(self, wake: Callable[[], None], told: Callable[[EndpointChange], None]) -> None:
        """`wake`: health is another one; `told`: for whoever watches."""
        self._wake = wake
        self._told = told
        self._prober = Prober(self._changed, probe_source, at_once=probes_at_once())
        self._model: Model | None = None
        self._users: dict[HealthKey, tuple[str, ...]] = {}
        """Objects of the backend services by what is probed for them."""
        self._kept: dict[HealthKey, EndpointHealth] = {}
        """Endpoints that go on serving until their first result."""
        self._turned: set[str] = set()

    async def run(self) -> None:
        """Probe; never returns."""
        await self._prober.run()

    @property
    def counters(self) -> Counters:
        """What was probed so far."""
        return self._prober.counters

    @property
    def view(self) -> HealthView:
        """What balancing goes by.

        It takes an empty one for a world that nobody probes, so as long as there is no result at
        all everything that is probed is in it, as unhealthy.
        """
        known = {**self._kept, **self._prober.view} if self._kept else self._prober.view
        return known or dict.fromkeys(self._users, _UNKNOWN)

    def latest(self) -> HealthView:
        """As `view`, with the reasons of the last probes."""
        return {**self._kept, **self._prober.latest()}

    def take_turned(self) -> list[str]:
        """Objects whose endpoints' health turned over since this was last asked; sorted."""
        turned, self._turned = sorted(self._turned), set()
        return turned

    async def first_results(self) -> bool:
        """Wait until everything is known, but not for long; False if there is nothing to know."""
        if not self._users:
            return False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIRST_RESULTS_SECONDS):
                await self._prober.known()
        return True

    @property
    def waits(self) -> bool:
        """Whether something has no result yet."""
        return not self._users.keys() <= self._prober.view.keys()

    def keep(self, served: ServedBefore) -> None:
        """Let endpoints that proxies use already go on until their first result."""
        known = self._prober.view
        for target, service in _targets(self._model) if self._model is not None else ():
            place = (target.address, target.port)
            if _key(target) not in known and place in served.get(service.name, ()):
                self._kept[_key(target)] = EndpointHealth(True, _STILL_SERVING, time.time())

    def follow(self, model: Model) -> bool:
        """Probe what the model says; whether `view` is another one for that."""
        before, self._model = self._model, model
        if not model.health_checks and not self._users:
            return False
        if before is not None and _probed_alike(before, model):
            return False
        targets, health = list(_targets(model)), self.view
        self._users = _users(targets)
        self._prober.set_targets(target for target, _ in targets)
        known = self._prober.view
        kept = {key: health for key, health in self._kept.items() if key in self._users}
        if before is not None:
            kept |= _carried_over(before, targets, health, known)
        kept = {key: health for key, health in kept.items() if key not in known}
        is_other = kept.keys() != self._kept.keys()
        self._kept = kept
        # A start builds once more when it has the first results.
        return is_other or (before is not None and bool(health) != bool(self.view))

    def _changed(self, change: Change) -> None:
        for port in change.ports:
            key = (change.check.name, change.address, port)
            kept = self._kept.pop(key, None)
            services = self._users.get(key, ())
            if kept is None or kept.healthy is not change.health.healthy:
                self._turned.update(services)
            if change.before is None and change.health.healthy:
                continue
            told = EndpointChange(change.address, port, services, change.health, change.before)
            self._told(told)
            if change.check.log:
                _write_log(told, change.check.name)
        self._wake()


def _write_log(change: EndpointChange, check: HealthCheckName) -> None:
    _health_log.info(
        "event=health-changed backend_service=%r endpoint=%s:%d health_check=%s "
        "health=%s before=%s reason=%r",
        ", ".join(change.services), change.address, change.port, check,
        _word(change.health.healthy), _word(change.before), change.health.reason,
    )  # fmt: skip


def _word(healthy: bool | None) -> str:
    return "UNKNOWN" if healthy is None else "HEALTHY" if healthy else "UNHEALTHY"


def _probed_alike(before: Model, after: Model) -> bool:
    """Whether nothing changed that probing depends on; mappings compare by identity first."""
    return (
        before.health_checks == after.health_checks
        and before.backend_services == after.backend_services
        and before.negs == after.negs
    )


def _targets(model: Model) -> Iterator[tuple[Target, BackendService]]:
    """All endpoints that a prober has to ask, with who uses them."""
    for service in model.backend_services.values():
        check = model.health_checks.get(service.health_check) if service.health_check else None
        if check is not None:
            for endpoint in _endpoints(model, service):
                yield Target(check, endpoint.address, endpoint.port), service


def _endpoints(model: Model, service: BackendService) -> Iterator[Endpoint]:
    """Those with an address, of groups that proxies do not probe for themselves."""
    for name in service.negs:
        neg = model.negs[name]
        if neg.kind is NegKind.IP_PORT and not neg.probed_by_proxies:
            yield from (endpoint for endpoint in neg.endpoints if _can_be_asked(endpoint))


def _can_be_asked(endpoint: Endpoint) -> bool:
    try:
        ipaddress.ip_address(endpoint.address)
    except ValueError:
        return False
    return 0 < endpoint.port < 65536


def _users(
    targets: list[tuple[Target, BackendService]],
) -> dict[HealthKey, tuple[str, ...]]:
    users: dict[HealthKey, set[str]] = {}
    for target, service in targets:
        users.setdefault(_key(target), set()).add(str(service.origin.object))
    return {key: tuple(sorted(names)) for key, names in users.items()}


def _key(target: Target) -> HealthKey:
    return (target.check.name, target.address, target.port)


def _carried_over(
    before: Model,
    targets: list[tuple[Target, BackendService]],
    health: HealthView,
    known: Mapping[HealthKey, EndpointHealth],
) -> dict[HealthKey, EndpointHealth]:
    """Endpoints without a result that the same backend service sent requests to before."""
    serving: dict[BackendServiceName, set[tuple[str, int]]] = {}
    carried: dict[HealthKey, EndpointHealth] = {}
    for target, service in targets:
        if _key(target) in known:
            continue
        if service.name not in serving:
            serving[service.name] = set(_served(before, service.name, health))
        if (target.address, target.port) in serving[service.name]:
            carried[_key(target)] = EndpointHealth(True, _STILL_SERVING, time.time())
    return carried


def _served(
    model: Model, name: BackendServiceName, health: HealthView
) -> Iterator[tuple[str, int]]:
    """Where requests for a backend service went."""
    service = model.backend_services.get(name)
    if service is None:
        return
    for neg in service.negs:
        for endpoint in model.negs[neg].endpoints:
            if endpoint.ready and _was_healthy(service.health_check, endpoint, health):
                yield endpoint.address, endpoint.port


def _was_healthy(check: HealthCheckName | None, endpoint: Endpoint, health: HealthView) -> bool:
    if check is None:
        return True
    known = health.get((check, endpoint.address, endpoint.port))
    return known is not None and known.healthy
