"""The URL map of one load balancer, from the plans of its Ingresses.

Plans come in order of precedence (older first), so of two rules for the same
path the first one met wins, and the other one becomes a finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from penstock.dialects.ingress import codes, defaults
from penstock.dialects.ingress.backends import Backends, Target
from penstock.dialects.ingress.plan import BackendRef, IngressPlan, PathRule
from penstock.dialects.kubernetes.services import Problem
from penstock.dialects.memo import Memo
from penstock.model import (
    Action,
    Finding,
    Forward,
    HostPattern,
    HostRule,
    Origin,
    RouteRule,
    Severity,
    UrlMap,
    UrlMapName,
    WeightedBackend,
)


class Routes(NamedTuple):
    """A URL map with what it leads to."""

    url_map: UrlMap
    targets: tuple[Target, ...]
    """Those that an action of the map names."""
    findings: tuple[Finding, ...]


class HostMerge(NamedTuple):
    """One host's routes, and what was said about its rules."""

    rule: HostRule
    findings: tuple[Finding, ...]


class RouteBuilder:
    """Builds the URL map of one class."""

    def __init__(self, name: UrlMapName, backends: Backends, memo: Memo) -> None:
        self._name = name
        self._backends = backends
        self._memo = memo
        self._findings: list[Finding] = []
        self._targets: dict[str, Target] = {}
        self._behind: dict[str, Target | None] = {}

    def build(self, plans: Sequence[IngressPlan]) -> Routes:
        """Merge plans, which are in order of precedence."""
        rules: dict[HostPattern, list[tuple[PathRule, RouteRule]]] = {}
        for plan in plans:
            self._findings.extend(plan.findings)
            for host in plan.hosts:
                rules.setdefault(host, [])
            for rule in plan.rules:
                rules[rule.host].append((rule, self._route(rule)))
        hosts = [self._host(host, rules[host]) for host in sorted(rules, key=_host_order)]
        for built in hosts:
            self._findings.extend(built.findings)
            for route in built.rule.routes:
                self._use(self._behind[route.name])
        action, origin = self._default(plans)
        url_map = self._url_map(tuple(built.rule for built in hosts), action, origin)
        return Routes(url_map, tuple(self._targets.values()), tuple(self._findings))

    def _use(self, target: Target | None) -> None:
        if target is not None:
            self._targets.setdefault(target.backend.name, target)

    def _url_map(self, rules: tuple[HostRule, ...], action: Action, origin: Origin) -> UrlMap:
        inputs = (*rules, action, origin)
        return self._memo.get(
            ("url map", self._name), inputs, lambda: UrlMap(self._name, rules, action, origin)
        )

    def _route(self, rule: PathRule) -> RouteRule:
        target = self._resolve(rule.backend)
        if rule.path.broken:
            target = None
        self._behind[rule.name] = target
        backend = target.backend.name if target else ""
        return self._memo.get(
            ("route", self._name, rule.name, backend), (rule,), lambda: _route(rule, target)
        )

    def _resolve(self, ref: BackendRef) -> Target | None:
        found = self._backends.resolve(ref)
        if isinstance(found, Problem):
            message = f"{found.message}; requests are answered with 503"
            origin = ref.origin.child("service")
            self._findings.append(found.code.at(origin, message, found.hint))
            return None
        return found

    def _host(self, host: HostPattern, rules: list[tuple[PathRule, RouteRule]]) -> HostMerge:
        inputs = tuple(route for _, route in rules)
        return self._memo.get(("host", self._name, host), inputs, lambda: merge_host(host, rules))

    def _default(self, plans: Sequence[IngressPlan]) -> tuple[Action, Origin]:
        own = [plan for plan in plans if plan.default_backend is not None]
        if not own:
            return defaults.NOT_FOUND, defaults.ORIGIN
        winner = own[0].default_backend
        assert winner is not None
        for plan in own[1:]:
            if plan.default_backend is not None:
                self._resolve(plan.default_backend)
                self._findings.append(_second_default(winner, plan.default_backend))
        target = self._resolve(winner)
        self._use(target)
        backend = target.backend.name if target else ""
        action = self._memo.get(
            ("default", self._name, backend), (winner,), lambda: _action(target, None)
        )
        return action, winner.origin


def _host_order(host: HostPattern) -> tuple[str, str]:
    return (host.kind.value, host.value)


def _route(rule: PathRule, target: Target | None) -> RouteRule:
    return RouteRule(rule.name, rule.path.match, _action(target, rule), rule.origin)


def _action(target: Target | None, rule: PathRule | None) -> Action:
    if rule is not None and rule.path.broken:
        return defaults.BROKEN
    if target is None:
        return defaults.UNAVAILABLE
    return Forward(
        backends=(WeightedBackend(target.backend.name),),
        timeout=defaults.ROUTE_TIMEOUT,
        idle_timeout=defaults.STREAM_IDLE_TIMEOUT,
        rewrite=rule.path.rewrite if rule else None,
    )


def merge_host(host: HostPattern, rules: Sequence[tuple[PathRule, RouteRule]]) -> HostMerge:
    """One host's routes in the order of `precedence`; of equal paths the first rule wins."""
    winners: dict[object, tuple[PathRule, RouteRule]] = {}
    findings: list[Finding] = []
    for rule, route in rules:
        # A broken rule never takes a living one's place, nor stands in its way.
        key = (rule.path.broken, rule.path.match.path)
        winner = winners.setdefault(key, (rule, route))
        if winner[0] is not rule:
            findings.append(_duplicate(winner[0], rule))
    ordered = sorted(winners.values(), key=lambda pair: pair[0].path.order)
    routes = tuple(route for _, route in ordered)
    return HostMerge(HostRule(host, routes), tuple(findings))


def _duplicate(winner: PathRule, loser: PathRule) -> Finding:
    same = winner.backend.target == loser.backend.target
    severity = Severity.INFO if same else Severity.WARNING
    path = loser.path.match.path
    message = (
        f"{path.kind.value.capitalize()} {path.value} of host {loser.host} is claimed twice: "
        f"{winner.origin.describe()} wins over {loser.origin.describe()}"
    )
    hint = "both lead to the same backend; drop one" if same else _WHO_WINS
    return codes.DUPLICATE_PATH.at(loser.origin, message, hint, severity)


_WHO_WINS = "the older Ingress wins, then the first by namespace and name, then the first rule"


def _second_default(winner: BackendRef, loser: BackendRef) -> Finding:
    same = winner.target == loser.target
    message = (
        "Ingresses of one class share a default backend: "
        f"{winner.origin.describe()} wins over {loser.origin.describe()}"
    )
    severity = Severity.INFO if same else Severity.WARNING
    return codes.DUPLICATE_DEFAULT.at(loser.origin, message, _WHO_WINS, severity)
