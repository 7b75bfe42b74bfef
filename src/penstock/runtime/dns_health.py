"""Health of load balancers as names' targets: where they listen, and whether anybody answers.

A load balancer is healthy while its proxies run and one of its backend services has a
healthy endpoint; one that only redirects needs none.  An endpoint that nobody has
probed yet counts as healthy if it is ready.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from penstock.dns import TargetState
from penstock.model import (
    Action,
    BackendService,
    BackendServiceName,
    DnsTarget,
    FixedResponse,
    Forward,
    ForwardingRule,
    ForwardingRuleName,
    LoadBalancer,
    NegKind,
    NetworkEndpointGroup,
    Redirect,
)
from penstock.runtime.revision import Revision

_ERRORS: Final = 500
ProxyRuns = Callable[[str], bool]
"""Whether proxies of a region run; the empty region is that of load balancers without one."""


class RevisionHealth:
    """What one revision says of targets; asked for a proxy's state every time."""

    def __init__(
        self, revision: Revision, proxy_runs: ProxyRuns, live: Revision | None = None
    ) -> None:
        """`live` is the revision whose listeners are there; None: the same."""
        self._revision = revision
        self._bindings = (live or revision).bindings
        self._proxy_runs = proxy_runs
        self._alive: dict[ForwardingRuleName, tuple[bool, str]] = {}

    @functools.cached_property
    def _rules(self) -> dict[ForwardingRuleName, tuple[LoadBalancer, ForwardingRule]]:
        balancers = self._revision.model.load_balancers.values()
        return {rule.name: (lb, rule) for lb in balancers for rule in lb.forwarding_rules}

    @functools.cached_property
    def _moved(self) -> dict[str, str]:
        """Address that manifests say → where its rules really listen, if that is one place."""
        places: dict[str, set[str]] = {}
        for lb in self._revision.model.load_balancers.values():
            for rule, _, address, _ in self._revision.listeners(lb):
                if rule.address is not None:
                    places.setdefault(rule.address.value, set()).add(address)
        return {wanted: found.pop() for wanted, found in places.items() if len(found) == 1}

    def state(self, target: DnsTarget) -> TargetState:
        """Where the target listens, and whether it is healthy."""
        if target.rule is None:
            moved = self._moved.get(target.address)
            return TargetState(moved or target.address, True, "not health-checked")
        known, bound = self._rules.get(target.rule), self._bindings.get(target.rule)
        if known is None or bound is None:
            return TargetState(None, False, "its forwarding rule does not listen")
        if not self._proxy_runs(known[1].region):
            return TargetState(bound.address, False, "its proxy does not run")
        alive = self._alive.get(target.rule)
        if alive is None:
            alive = self._alive[target.rule] = self._backends(*known)
        return TargetState(bound.address, *alive)

    def _backends(self, lb: LoadBalancer, rule: ForwardingRule) -> tuple[bool, str]:
        model = self._revision.model
        proxy = next(p for p in lb.target_proxies if p.name == rule.target_proxy)
        actions = list(model.url_maps[proxy.url_map].actions)
        names = sorted(set(_service_names(actions)))
        if not names and any(map(_answers_by_itself, actions)):
            return True, "it answers by itself"
        if any(self._is_healthy(model.backend_services[name]) for name in names):
            return True, "a backend is healthy"
        return False, "no backend is healthy"

    def _is_healthy(self, service: BackendService) -> bool:
        negs = (self._revision.model.negs[name] for name in service.negs)
        return any(self._has_healthy(service, neg) for neg in negs)

    def _has_healthy(self, service: BackendService, neg: NetworkEndpointGroup) -> bool:
        ready = [endpoint for endpoint in neg.endpoints if endpoint.ready]
        if service.health_check is None or neg.kind is NegKind.FQDN_PORT:
            return bool(ready)
        view, check = self._revision.health, service.health_check
        found = (view.get((check, endpoint.address, endpoint.port)) for endpoint in ready)
        return any(health is None or health.healthy for health in found)


def _service_names(actions: Iterable[Action]) -> Iterator[BackendServiceName]:
    for action in actions:
        if isinstance(action, Forward):
            yield from (b.backend_service for b in action.backends if b.weight)


def _answers_by_itself(action: Action) -> bool:
    """Whether it needs no backend; an error stands for one that is missing."""
    if isinstance(action, FixedResponse):
        return action.status < _ERRORS
    return isinstance(action, Redirect)
