"""Which route rule takes the request, and which came near.

Rules of a host stand in order of precedence; the first that matches is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from penstock.explain import conditions
from penstock.explain.hosts import HostChoice
from penstock.explain.paths import matches, near_miss
from penstock.explain.wire import Routed
from penstock.model import HostRule, PathKind, RouteRule

_MANY: Final = 5
_LOWER: Final = -1
"""Rank of rules that match but come later: what people ask about most."""
_CONDITION: Final = -2
"""Of rules before the one that is taken, whose path matches, but not all else."""
_CONDITION_LATER: Final = 0
_PRIORITISED: Final = "routeRules"
"""Field of rules with priorities."""
_OTHER_HOST: Final = 10


class Miss(NamedTuple):
    """A rule that was not taken."""

    rank: int
    host: str
    rule: RouteRule
    why: str


def choose(host: HostRule | None, routed: Routed) -> RouteRule | None:
    """The first rule that matches; None if the default action answers."""
    if host is None:
        return None
    return next((rule for rule in host.routes if takes(rule, routed)), None)


def takes(rule: RouteRule, routed: Routed) -> bool:
    """Whether a rule's path and all its conditions match."""
    return matches(rule.match.path, routed.path) and conditions.hold(rule.match, routed)


def misses(choice: HostChoice, taken: RouteRule | None, routed: Routed) -> list[Miss]:
    """The most useful of the rules that were not taken, nearest first."""
    found: list[Miss] = []
    if choice.rule is not None:
        found += _own(choice.rule, taken, routed)
    for rule, why in choice.lost:
        found += _others(rule, routed, why)
    return sorted(found, key=lambda miss: miss.rank)[:_MANY]


def _own(host: HostRule, taken: RouteRule | None, routed: Routed) -> Iterator[Miss]:
    """Rules of the host that is tried."""
    is_passed = True  # Whether the rule stands before the one that is taken.
    for rule in host.routes:
        if rule is taken:
            is_passed = False
            continue
        test = rule.match.path
        if matches(test, routed.path):
            rank, why = _failed(rule, taken, routed, is_passed=is_passed)
            yield Miss(rank, str(host.host), rule, why)
        elif miss := near_miss(test, routed.path):
            yield Miss(miss.rank, str(host.host), rule, miss.why)


def _failed(
    rule: RouteRule, taken: RouteRule | None, routed: Routed, *, is_passed: bool
) -> tuple[int, str]:
    """Why a rule whose path matches is not taken."""
    failed = list(conditions.failures(rule.match, routed))
    if not failed:
        assert taken is not None
        return _LOWER, f"matches too, but {_order(taken, rule)}"
    rest = f", and {len(failed) - 1} more conditions do not hold" if failed[1:] else ""
    rank = _CONDITION if is_passed else _CONDITION_LATER
    return rank, f"the path matches, but {failed[0]}{rest}"


def _order(winner: RouteRule, loser: RouteRule) -> str:
    if reason := _written_order(winner, loser):
        return reason
    first, second = winner.match.path, loser.match.path
    if first.kind is PathKind.EXACT and second.kind is not PathKind.EXACT:
        return "an exact path comes first"
    if len(first.value) > len(second.value):
        return "a longer path comes first"
    return "comes later in the order of precedence"


def _written_order(winner: RouteRule, loser: RouteRule) -> str:
    """Of rules that their author has put in order (Compute's routeRules)."""
    first, second = winner.origin.path, loser.origin.path
    if _PRIORITISED not in first or _PRIORITISED not in second:
        return ""
    end = first.index(_PRIORITISED) + 2
    if first[:end] == second[:end]:
        return "another match of the same rule comes first"
    return "its priority comes later"


def _others(host: HostRule, routed: Routed, why: str) -> Iterator[Miss]:
    """Of a host that is not tried: the rule that would have been taken."""
    rule = choose(host, routed)
    if rule is not None:
        yield Miss(
            _OTHER_HOST,
            str(host.host),
            rule,
            f"matches the path, but its host rule is not tried: {why}",
        )
