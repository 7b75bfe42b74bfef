"""The URL map of one load balancer, from the plans of its Ingresses.

Plans come in order of precedence (older first), so of two rules for the same
path the first one met wins, and the other one becomes a finding.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import NamedTuple

from penstock.dialects.ingress import codes, defaults
from penstock.dialects.ingress.backends import Backends, Target
from penstock.dialects.ingress.host_routes import (
    WHO_WINS,
    HostMerge,
    RoutedPath,
    action_of,
    merge_host,
    read_path,
    resolve,
)
from penstock.dialects.ingress.plan import BackendRef, IngressPlan
from penstock.dialects.memo import Memo
from penstock.model import (
    Action,
    Finding,
    HostPattern,
    HostRule,
    Origin,
    Severity,
    UrlMap,
    UrlMapName,
)


class Routes(NamedTuple):
    """A URL map with what it leads to."""

    url_map: UrlMap
    targets: tuple[Target, ...]
    """Those that an action of the map names."""
    findings: tuple[Finding, ...]


class _Part(NamedTuple):
    """What one Ingress puts into the URL map, apart from its default backend."""

    plan: IngressPlan
    hosts: frozenset[HostPattern]
    paths: tuple[RoutedPath, ...]
    findings: tuple[Finding, ...]


class RouteBuilder:
    """Builds the successive URL maps of one class, each at the cost of what changed.

    The parts of Ingresses that did not change are kept, and so are the hosts to
    which only such Ingresses contribute.
    """

    def __init__(self, name: UrlMapName, memo: Memo) -> None:
        self._name = name
        self._memo = memo
        self._plans: list[IngressPlan] = []
        self._parts: dict[int, _Part] = {}
        self._merged: dict[HostPattern, HostMerge] = {}
        self._order: list[HostPattern] = []
        self._places: dict[HostPattern, int] = {}
        self._services: object = None
        self._routes: Routes | None = None
        self.rebuilt = True
        """Whether everything was looked at by the last `build`, not only what changed."""

    def build(self, plans: list[IngressPlan], backends: Backends, services: object) -> Routes:
        """Merge plans, which are in order of precedence.

        Parts are kept as long as `services`, which backends are looked up in, is
        the same object.
        """
        routes = None
        if services is self._services:
            routes = self._replace(plans, backends)
        self.rebuilt = routes is None
        if routes is None:
            routes = self._build(plans, backends, services)
        self._plans, self._routes = plans, routes
        return routes

    def _replace(self, plans: list[IngressPlan], backends: Backends) -> Routes | None:
        """Replace the routes of single hosts; None if more than that may have changed."""
        before = self._routes
        if before is None or len(plans) != len(self._plans):
            return None
        pairs = zip(self._plans, plans, strict=True)
        changed = [(old, new) for old, new in pairs if old is not new]
        parts = [(self._parts[id(old)], self._part(new, backends)) for old, new in changed]
        if not all(_lead_alike(*pair) for pair in parts):
            return None
        touched = frozenset[HostPattern]().union(*(new.hosts for _, new in parts))
        if any(self._merged[host].findings for host in touched if host in self._merged):
            return None
        swapped = {id(old): new for old, new in parts}
        kept = [swapped.get(id(part), part) for part in self._parts.values()]
        after = {id(part.plan): part for part in kept}
        return self._exchange(before, after, touched)

    def _exchange(
        self, before: Routes, parts: dict[int, _Part], touched: frozenset[HostPattern]
    ) -> Routes | None:
        paths = _paths_of(parts, touched)
        fresh = {host: self._host(host, found) for host, found in paths.items()}
        if (
            any(merge.findings for merge in fresh.values())
            or not fresh.keys() <= self._merged.keys()
        ):
            return None
        self._parts = parts
        self._merged.update(fresh)
        url_map = before.url_map
        rules = list(url_map.host_rules)
        for host, merge in fresh.items():
            rules[self._places[host]] = merge.rule
        url_map = self._url_map(tuple(rules), url_map.default_action, url_map.default_origin)
        return before._replace(url_map=url_map)

    def _build(self, plans: Sequence[IngressPlan], backends: Backends, services: object) -> Routes:
        parts = self._read(plans, backends, services)
        self._merge(parts)
        merged = [self._merged[host] for host in self._order]
        findings = [finding for host in merged for finding in host.findings]
        action, origin, target = self._default(plans, backends, findings)
        used = {target.backend.name for host in merged for target in host.targets}
        used |= {target.backend.name} if target else set()
        targets: dict[str, Target] = {}
        for part in parts.values():
            findings += (*part.plan.findings, *part.findings)
            for path in part.paths:
                # One backend service per name: that of the first Ingress in precedence.
                if path.target is not None and path.target.backend.name in used:
                    targets.setdefault(path.target.backend.name, path.target)
        if target is not None:
            targets.setdefault(target.backend.name, target)
        rules = tuple([host.rule for host in merged])
        url_map = self._url_map(rules, action, origin)
        return Routes(url_map, tuple(targets.values()), tuple(findings))

    def _read(
        self, plans: Sequence[IngressPlan], backends: Backends, services: object
    ) -> dict[int, _Part]:
        """The parts of all plans, by the plan's identity (a part keeps its plan alive)."""
        known = self._parts if services is self._services else {}
        self._services = services
        return {id(plan): known.get(id(plan)) or self._part(plan, backends) for plan in plans}

    def _part(self, plan: IngressPlan, backends: Backends) -> _Part:
        findings: list[Finding] = []
        paths = tuple([read_path(rule, backends, findings) for rule in plan.rules])
        hosts = frozenset(plan.hosts) | {rule.host for rule in plan.rules}
        return _Part(plan, hosts, paths, tuple(findings))

    def _merge(self, parts: dict[int, _Part]) -> None:
        """Bring the hosts up to date."""
        before, self._parts = self._parts, parts
        gone = [part for key, part in before.items() if parts.get(key) is not part]
        come = [part for key, part in parts.items() if before.get(key) is not part]
        touched = frozenset[HostPattern]().union(*(part.hosts for part in (*gone, *come)))
        rules = _paths_of(parts, touched)
        for host in touched - rules.keys():
            self._merged.pop(host, None)
        for host, paths in rules.items():
            self._merged[host] = self._host(host, paths)
        if len(self._order) != len(self._merged) or not touched <= set(self._order):
            self._order = sorted(self._merged, key=_host_order)
            self._places = {host: place for place, host in enumerate(self._order)}

    def _url_map(self, rules: tuple[HostRule, ...], action: Action, origin: Origin) -> UrlMap:
        inputs = (*rules, action, origin)
        return self._memo.get(
            ("url map", self._name), inputs, lambda: UrlMap(self._name, rules, action, origin)
        )

    def _host(self, host: HostPattern, paths: list[RoutedPath]) -> HostMerge:
        """The host's routes; the same object if they are what they were."""
        fresh = merge_host(host, paths)
        known = self._merged.get(host)
        return known if known is not None and known.is_as(fresh) else fresh

    def _default(
        self,
        plans: Sequence[IngressPlan],
        backends: Backends,
        findings: list[Finding],
    ) -> tuple[Action, Origin, Target | None]:
        own = [plan for plan in plans if plan.default_backend is not None]
        if not own:
            return defaults.NOT_FOUND, defaults.ORIGIN, None
        winner = own[0].default_backend
        assert winner is not None
        for plan in own[1:]:
            if plan.default_backend is not None:
                resolve(plan.default_backend, backends, findings)
                findings.append(_second_default(winner, plan.default_backend))
        found = resolve(winner, backends, findings)
        target = found if isinstance(found, Target) else None
        leads = target.backend.name if target else found
        action = self._memo.get(
            ("default", self._name, leads), (winner,), lambda: action_of(winner, found, None)
        )
        return action, winner.origin, target


def _paths_of(
    parts: dict[int, _Part], hosts: frozenset[HostPattern]
) -> dict[HostPattern, list[RoutedPath]]:
    """The rules of some hosts, in order of precedence."""
    found: dict[HostPattern, list[RoutedPath]] = {}
    for part in parts.values() if hosts else ():
        if part.hosts.isdisjoint(hosts):
            continue
        for host in part.hosts & hosts:
            found.setdefault(host, []).extend(p for p in part.paths if p.rule.host == host)
    return found


def _lead_alike(old: _Part, new: _Part) -> bool:
    """Whether an Ingress speaks about the same hosts and leads to the same backends as before,
    and there is nothing to say about it."""
    if old.plan.ingress.ref != new.plan.ingress.ref:
        return False
    said = old.findings or new.findings or old.plan.findings or new.plan.findings
    default = old.plan.default_backend or new.plan.default_backend
    if said or default or old.hosts != new.hosts:
        return False
    before, after = [path.target for path in old.paths], [path.target for path in new.paths]
    return len(before) == len(after) and all(map(operator.is_, before, after))


def _host_order(host: HostPattern) -> tuple[str, str]:
    return (host.kind.value, host.value)


def _second_default(winner: BackendRef, loser: BackendRef) -> Finding:
    same = winner.target == loser.target
    message = (
        "Ingresses of one class share a default backend: "
        f"{winner.origin.describe()} wins over {loser.origin.describe()}"
    )
    severity = Severity.INFO if same else Severity.WARNING
    return codes.DUPLICATE_DEFAULT.at(loser.origin, message, WHO_WINS, severity)
