"""Which host rule is tried, and why the others are not.

Only the most specific host rule that covers the host is tried: exact, then
wildcard, then any (`penstock.model.UrlMap`).
"""

from __future__ import annotations

import difflib
import re
from typing import Final, NamedTuple

from penstock.explain.wire import Host
from penstock.model import HostKind, HostPattern, HostRule, UrlMap

_MANY: Final = 5
_ALIKE: Final = 0.85
"""Least likeness of two names for one to be taken for a slip of the other."""


class HostChoice(NamedTuple):
    """The host rule that is tried."""

    rule: HostRule | None
    """None if no rule covers the host."""
    why: str
    lost: tuple[tuple[HostRule, str], ...]
    """Others that one might expect, with why not."""


_HOST: Final = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?")


def bad_host(rule: HostRule | None, host: Host) -> str:
    """Why rules for more than one host do not take the request; empty if they do."""
    if rule is not None and rule.host.kind is HostKind.EXACT:
        return ""
    if _HOST.fullmatch(host.authority):
        return ""
    return f"{host.authority!r} is no host" if host.authority else "the Host header is empty"


def rank(pattern: HostPattern, host: Host) -> int | None:
    """How specific a pattern is that covers the host (0 is best); None if it does not."""
    if pattern.kind is HostKind.ANY:
        return 2
    if pattern.kind is HostKind.EXACT:
        return 0 if pattern.value == host.name else None
    # The proxy counts the labels of the whole authority; a port has no dots.
    label, _, rest = host.name.partition(".")
    if rest != pattern.value or not label:
        return None
    return 1 if host.authority.count(".") == pattern.value.count(".") + 1 else None


def choose(url_map: UrlMap, host: Host) -> HostChoice:
    """The host rule for a request."""
    ranked = {id(rule): rank(rule.host, host) for rule in url_map.host_rules}
    covering = [rule for rule in url_map.host_rules if ranked[id(rule)] is not None]
    best = min(covering, key=lambda rule: ranked[id(rule)] or 0, default=None)
    lost = [(rule, why) for rule in url_map.host_rules if (why := _why_not(rule, best, host))]
    lost.sort(key=lambda pair: _interest(pair[0], host))
    return HostChoice(best, _why(best, host), tuple(lost[:_MANY]))


def _interest(rule: HostRule, host: Host) -> tuple[bool, float, str]:
    """Sort key: names and wildcards by likeness, rules for every host last."""
    pattern = rule.host
    likeness = difflib.SequenceMatcher(None, str(pattern), host.name).ratio()
    return (pattern.kind is HostKind.ANY, -likeness, str(pattern))


def _why(rule: HostRule | None, host: Host) -> str:
    if rule is None:
        return f"no host rule covers {host.name or 'an empty host'}"
    if rule.host.kind is HostKind.EXACT:
        return "names the host"
    if rule.host.kind is HostKind.ANY:
        return "no rule names the host, this one is for all"
    label = host.name.partition(".")[0]
    return f"the wildcard stands for {label}, and no rule names the host"


def _why_not(rule: HostRule, best: HostRule | None, host: Host) -> str:
    """Why a rule that might be expected is not tried; empty if nobody would expect it."""
    pattern = rule.host
    if rule is best:
        return ""
    if rank(pattern, host) is not None:
        return f"covers the host too, but {best.host if best else ''} is more specific"
    if pattern.kind is HostKind.ONE_LABEL_WILDCARD:
        if host.name == pattern.value:
            return f"{pattern} does not cover {pattern.value} itself"
        if host.name.endswith(f".{pattern.value}"):
            return f"{pattern} covers exactly one label"
        return ""
    is_named = best is not None and best.host.kind is HostKind.EXACT
    if not is_named and _is_alike(pattern.value, host.name):
        return f"has another name, if a similar one: {host.name} is asked for"
    return ""


def _is_alike(name: str, other: str) -> bool:
    matcher = difflib.SequenceMatcher(None, name, other)
    bounds = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)  # Cheap ones first.
    return all(ratio() >= _ALIKE for ratio in bounds)
