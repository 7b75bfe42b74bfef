"""The routes of one host, from all rules for it: what each leads to, and which of two wins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from penstock.dialects.ingress import codes, defaults
from penstock.dialects.ingress.backends import Backends, Target
from penstock.dialects.ingress.plan import BackendRef, PathRule
from penstock.dialects.ingress.unserved import unavailable
from penstock.dialects.kubernetes.services import Problem
from penstock.model import (
    Action,
    Finding,
    Forward,
    HostPattern,
    HostRule,
    RouteRule,
    Severity,
    WeightedBackend,
)

WHO_WINS: Final = (
    "the older Ingress wins, then the first by namespace and name, then the first rule"
)


class RoutedPath(NamedTuple):
    """One rule of an Ingress with what became of it."""

    rule: PathRule
    route: RouteRule
    target: Target | None


class HostMerge(NamedTuple):
    """One host's routes, and what was said about its rules."""

    rule: HostRule
    findings: tuple[Finding, ...]
    targets: tuple[Target, ...] = ()
    """Those that its routes lead to."""

    def is_as(self, other: HostMerge) -> bool:
        """Whether routes also come from the same text: positions take no part in equality."""
        pairs = zip(self.rule.routes, other.rule.routes, strict=True)
        return self == other and all(a.origin.locator is b.origin.locator for a, b in pairs)


def read_path(rule: PathRule, backends: Backends, findings: list[Finding]) -> RoutedPath:
    """A rule's route; why it leads nowhere joins `findings`."""
    found = resolve(rule.backend, backends, findings)
    target = found if isinstance(found, Target) and not rule.path.broken else None
    action = action_of(rule.backend, found, rule)
    return RoutedPath(rule, RouteRule(rule.name, rule.path.match, action, rule.origin), target)


def resolve(
    ref: BackendRef, backends: Backends, findings: list[Finding]
) -> Target | Problem | None:
    """The backend service that is meant, or why there is none, which joins `findings`."""
    found = backends.resolve(ref)
    if isinstance(found, Problem):
        message = f"{found.message}; requests are answered with 503"
        findings.append(found.code.at(ref.origin.child("service"), message, found.hint))
    return found


def action_of(ref: BackendRef, found: Target | Problem | None, rule: PathRule | None) -> Action:
    """What a rule does, or the default backend (which is no rule)."""
    if rule is not None and rule.path.broken:
        return defaults.BROKEN
    if not isinstance(found, Target):
        return unavailable(ref, found)
    return Forward(
        backends=(WeightedBackend(found.backend.name),),
        timeout=defaults.ROUTE_TIMEOUT,
        idle_timeout=defaults.STREAM_IDLE_TIMEOUT,
        rewrite=rule.path.rewrite if rule else None,
    )


def merge_host(host: HostPattern, paths: Sequence[RoutedPath]) -> HostMerge:
    """One host's routes in the order of `precedence`; of equal paths the first rule wins."""
    winners: dict[object, RoutedPath] = {}
    findings: list[Finding] = []
    for path in paths:
        # A broken rule never takes a living one's place, nor stands in its way.
        key = (path.rule.path.broken, path.rule.path.match.path)
        winner = winners.setdefault(key, path)
        if winner.rule is not path.rule:
            findings.append(_duplicate(winner.rule, path.rule))
    ordered = sorted(winners.values(), key=lambda path: path.rule.path.order)
    routes = tuple([path.route for path in ordered])
    targets = tuple([path.target for path in ordered if path.target is not None])
    return HostMerge(HostRule(host, routes), tuple(findings), targets)


def _duplicate(winner: PathRule, loser: PathRule) -> Finding:
    same = winner.backend.target == loser.backend.target
    severity = Severity.INFO if same else Severity.WARNING
    path = loser.path.match.path
    message = (
        f"{path.kind.value.capitalize()} {path.value} of host {loser.host} is claimed twice: "
        f"{winner.origin.describe()} wins over {loser.origin.describe()}"
    )
    hint = "both lead to the same backend; drop one" if same else WHO_WINS
    return codes.DUPLICATE_PATH.at(loser.origin, message, hint, severity)
