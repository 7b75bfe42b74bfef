"""Which host rule is tried, and why the others are not.

Only the most specific host rule that covers the host is tried: exact, then the
longest wildcard, then any (`penstock.model.UrlMap`).
"""

from __future__ import annotations

import difflib
import re
from typing import Final, NamedTuple

from msgspec.structs import replace

from penstock.explain.wire import Host
from penstock.model import HostKind, HostPattern, HostRule, UrlMap

_MANY: Final = 5
_NO_RULES: Final = "no host has rules on this port"
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


def bad_host(host: Host) -> str:
    """Why no rule takes the request, whatever its host; empty if one does."""
    if _HOST.fullmatch(host.authority):
        return ""
    return f"{host.authority!r} is no host" if host.authority else "the Host header is empty"


_EVERY: Final = 2


class Rank(NamedTuple):
    """How specific a pattern is that covers a host; the smallest is the most specific."""

    kind: int
    """0: a name, 1: a wildcard, 2: every host."""
    length: int
    """Negative: of wildcards, the longest wins."""
    is_portless: bool
    """A pattern with the request's port comes before the same without a port."""

    @property
    def is_named(self) -> bool:
        """Whether the pattern names the host, or hosts like it."""
        return self.kind < _EVERY


NO_RANK: Final = Rank(3, 0, is_portless=True)
"""No host rule covers the host."""


def rank(pattern: HostPattern, host: Host) -> Rank | None:
    """How specific a pattern is that covers the host; None if it does not."""
    if pattern.port and pattern.port != host.port:
        return None
    is_portless = not pattern.port
    if pattern.kind is HostKind.ANY:
        return Rank(2, 0, is_portless)
    if pattern.kind is HostKind.EXACT:
        return Rank(0, 0, is_portless) if pattern.value == host.name else None
    length = -len(pattern.value)
    if pattern.kind is HostKind.SUFFIX:
        is_longer = len(host.name) > len(pattern.value)
        covers = is_longer and host.name.endswith(pattern.value)
        return Rank(1, length, is_portless) if covers else None
    return Rank(1, length - 1, is_portless) if _is_one_label(pattern, host) else None


def _is_one_label(pattern: HostPattern, host: Host) -> bool:
    # The proxy counts the labels of the whole authority; a port has no dots.
    label, _, rest = host.name.partition(".")
    if rest != pattern.value or not label:
        return False
    return host.authority.count(".") == pattern.value.count(".") + 1


def choose(url_map: UrlMap, host: Host) -> HostChoice:
    """The host rule for a request."""
    ranked = [(rank(rule.host, host), rule) for rule in url_map.host_rules]
    covering = [(found, rule) for found, rule in ranked if found is not None]
    best = min(covering, key=lambda pair: pair[0])[1] if covering else None
    lost = [(rule, why) for rule in url_map.host_rules if (why := _why_not(rule, best, host))]
    lost.sort(key=lambda pair: _interest(pair[0], host))
    why = _why(best, host) if url_map.host_rules else _NO_RULES
    return HostChoice(best, why, tuple(lost[:_MANY]))


def _interest(rule: HostRule, host: Host) -> tuple[bool, float, str]:
    """Sort key: names and wildcards by likeness, rules for every host last."""
    pattern = rule.host
    likeness = difflib.SequenceMatcher(None, str(pattern), host.name).ratio()
    return (pattern.kind is HostKind.ANY, -likeness, str(pattern))


def _why(rule: HostRule | None, host: Host) -> str:
    if rule is None:
        return f"no host rule covers {host.name or 'an empty host'}"
    port = f" and the port {rule.host.port}" if rule.host.port else ""
    if rule.host.kind is HostKind.EXACT:
        return f"names the host{port}"
    if rule.host.kind is HostKind.ANY:
        return f"no rule names the host, this one is for all{port and f' with{port[4:]}'}"
    if rule.host.kind is HostKind.SUFFIX:
        star = host.name.removesuffix(rule.host.value)
        return f"the longest wildcard that covers the host{port}, * stands for {star}"
    label = host.name.partition(".")[0]
    return f"the wildcard stands for {label}, and no rule names the host"


def _why_not(rule: HostRule, best: HostRule | None, host: Host) -> str:
    """Why a rule that might be expected is not tried; empty if nobody would expect it."""
    pattern = rule.host
    if rule is best:
        return ""
    if rank(pattern, host) is not None:
        return f"covers the host too, but {best.host if best else ''} is more specific"
    if pattern.port and rank(replace(pattern, port=0), host) is not None:
        given = f"the Host header names {host.port}" if host.port else "the Host header names none"
        return f"is for port {pattern.port} only, {given}"
    if pattern.kind is HostKind.SUFFIX:
        is_bare = pattern.value == f".{host.name}"
        return f"{pattern} does not cover {host.name} itself" if is_bare else ""
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
