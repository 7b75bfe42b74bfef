"""Which route rule takes the request, and which came near.

Rules of a host stand in order of precedence; the first that matches is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from penstock.explain.hosts import HostChoice
from penstock.explain.paths import matches, near_miss
from penstock.model import HostRule, PathKind, RouteRule

_MANY: Final = 5
_LOWER: Final = -1
"""Rank of rules that match but come later: what people ask about most."""
_OTHER_HOST: Final = 10


class Miss(NamedTuple):
    """A rule that was not taken."""

    rank: int
    host: str
    rule: RouteRule
    why: str


def choose(host: HostRule | None, path: str) -> RouteRule | None:
    """The first rule that matches; None if the default action answers."""
    if host is None:
        return None
    return next((rule for rule in host.routes if matches(rule.match.path, path)), None)


def misses(choice: HostChoice, taken: RouteRule | None, path: str) -> list[Miss]:
    """The most useful of the rules that were not taken, nearest first."""
    found: list[Miss] = []
    if choice.rule is not None:
        found += _own(choice.rule, taken, path)
    for rule, why in choice.lost:
        found += _others(rule, path, why)
    return sorted(found, key=lambda miss: miss.rank)[:_MANY]


def _own(host: HostRule, taken: RouteRule | None, path: str) -> Iterator[Miss]:
    """Rules of the host that is tried."""
    for rule in host.routes:
        if rule is taken:
            continue
        test = rule.match.path
        if matches(test, path):
            assert taken is not None
            why = f"matches too, but {_order(taken, rule)}"
            yield Miss(_LOWER, str(host.host), rule, why)
        elif miss := near_miss(test, path):
            yield Miss(miss.rank, str(host.host), rule, miss.why)


def _order(winner: RouteRule, loser: RouteRule) -> str:
    first, second = winner.match.path, loser.match.path
    if first.kind is PathKind.EXACT and second.kind is not PathKind.EXACT:
        return "an exact path comes first"
    if len(first.value) > len(second.value):
        return "a longer path comes first"
    return "comes later in the order of precedence"


def _others(host: HostRule, path: str, why: str) -> Iterator[Miss]:
    """Of a host that is not tried: the rule that would have been taken."""
    rule = choose(host, path)
    if rule is not None:
        yield Miss(
            _OTHER_HOST,
            str(host.host),
            rule,
            f"matches the path, but its host rule is not tried: {why}",
        )
