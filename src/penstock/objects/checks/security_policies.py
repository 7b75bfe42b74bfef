"""Security policies of a PenstockConfig, by the rules of Cloud Armor.

A rule in preview has no effect, so all that is asked of it is its priority.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Final

from penstock.model import FieldPath
from penstock.objects import codes
from penstock.objects.checks.common import one_of
from penstock.objects.naming import bad_dns_1035, lower_hint
from penstock.objects.penstock_config import (
    CONFORM_ACTIONS,
    EXCEED_ACTIONS,
    LAST_PRIORITY,
    LIMIT_INTERVALS,
    LIMIT_KEYS,
    SECURITY_ACTIONS,
    VERSIONED_EXPRS,
    RateLimitConfig,
    SecurityPolicyConfig,
    SecurityRuleConfig,
)
from penstock.objects.problem import Problem

_UNENFORCED: Final = ("redirect", "rate_based_ban", "fairshare")
"""Actions that Cloud Armor has and Penstock has not."""
_EVERYBODY: Final = "*"
_MAPPED_BITS: Final = 96
"""Of ``::ffff:0:0/96``, where IPv6 has IPv4 addresses (RFC 4291, section 2.5.5.2)."""
_MOST_COUNT: Final = 2**31 - 1
_LONGEST: Final = 200
"""Characters of an expression that a message shows."""


def check_security_policy(path: FieldPath, policy: SecurityPolicyConfig) -> Iterator[Problem]:
    """Problems of one policy."""
    if reason := bad_dns_1035(policy.name):
        message = f"The name `{policy.name[:80]}` is not allowed: {reason}."
        yield Problem(codes.BAD_NAME, (*path, "name"), message, lower_hint(policy.name[:80]))
    yield from check_rules(path, policy)


def check_rules(path: FieldPath, policy: SecurityPolicyConfig) -> Iterator[Problem]:
    """Problems of a policy's rules."""
    seen: dict[int, int] = {}
    for index, rule in enumerate(policy.rules):
        where: FieldPath = (*path, "rules", index)
        first = seen.setdefault(rule.priority, index)
        if first != index:
            message = f"`priority: {rule.priority}` is that of rules[{first}], too."
            yield Problem(codes.INVALID_VALUE, (*where, "priority"), message, "Give each its own.")
        if not 0 <= rule.priority <= LAST_PRIORITY:
            message = f"`priority: {rule.priority}` is not allowed: 0 to {LAST_PRIORITY}."
            yield Problem(codes.INVALID_VALUE, (*where, "priority"), message)
        if not rule.preview:
            yield from _rule(where, rule)


def _rule(path: FieldPath, rule: SecurityRuleConfig) -> Iterator[Problem]:
    if rule.action in _UNENFORCED:
        message = (
            f"`action: {rule.action}` of the rule with `priority: {rule.priority}` cannot be "
            "enforced."
        )
        hint = f"Write one of {', '.join(SECURITY_ACTIONS)}, or preview: true."
        yield Problem(codes.INVALID_VALUE, (*path, "action"), message, hint)
    else:
        yield from one_of((*path, "action"), rule.action, SECURITY_ACTIONS)
    yield from _match((*path, "match"), rule)
    ranges = rule.match.config.src_ip_ranges if rule.match.config else ()
    if rule.priority == LAST_PRIORITY and ranges and _EVERYBODY not in ranges:
        message = f"The default rule (`priority: {LAST_PRIORITY}`) is for everybody."
        hint = 'Write srcIpRanges: ["*"], or another priority.'
        yield Problem(codes.INVALID_VALUE, (*path, "match", "config", "srcIpRanges"), message, hint)
    yield from _limited(path, rule)


def _limited(path: FieldPath, rule: SecurityRuleConfig) -> Iterator[Problem]:
    options = rule.rate_limit_options
    if rule.action == "throttle":
        if options is not None:
            yield from _limit((*path, "rateLimitOptions"), options)
            return
        message = "`rateLimitOptions` is missing: throttle says how many requests get through."
        yield Problem(codes.MISSING_FIELD, path, message, absent=("rateLimitOptions",))
    elif rule.action in SECURITY_ACTIONS and options is not None:
        message = "`rateLimitOptions` is not allowed: only throttle limits."
        yield Problem(codes.INVALID_VALUE, (*path, "rateLimitOptions"), message)


def _match(path: FieldPath, rule: SecurityRuleConfig) -> Iterator[Problem]:
    match = rule.match
    if match.expr is not None:
        message = (
            f"The expression of the rule with `priority: {rule.priority}` cannot be enforced, "
            f"Penstock evaluates none: `{_shown(match.expr.expression)}`."
        )
        hint = "Write versionedExpr: SRC_IPS_V1 with srcIpRanges, or preview: true."
        yield Problem(codes.INVALID_VALUE, (*path, "expr"), message, hint)
        return
    if match.versioned_expr is None or match.config is None:
        absent = "versionedExpr" if match.versioned_expr is None else "config"
        message = f"`{absent}` is missing: a rule says whose requests it has."
        hint = "Write versionedExpr: SRC_IPS_V1 and config: {srcIpRanges: [...]}."
        yield Problem(codes.MISSING_FIELD, path, message, hint, absent=(absent,))
        return
    yield from one_of((*path, "versionedExpr"), match.versioned_expr, VERSIONED_EXPRS)
    where: FieldPath = (*path, "config", "srcIpRanges")
    if not match.config.src_ip_ranges:
        message = "`srcIpRanges` is empty: a rule has at least one range."
        yield Problem(codes.INVALID_VALUE, where, message, 'Everybody is "*".')
    for index, text in enumerate(match.config.src_ip_ranges):
        if text != _EVERYBODY:
            yield from _range((*where, index), text)


def _shown(expression: str) -> str:
    line = " ".join(expression.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."


def _range(path: FieldPath, text: str) -> Iterator[Problem]:
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        try:
            hint = f"Write {ipaddress.ip_network(text, strict=False)}"
        except ValueError:
            hint = 'Everybody is "*".'
        message = f"`{text[:80]}` is neither a range such as 10.0.0.0/24 nor an address."
        yield Problem(codes.INVALID_ADDRESS, path, message, hint)
        return
    if isinstance(network, ipaddress.IPv6Network):
        yield from _range_of_nobody(path, text[:80], network)


def _range_of_nobody(
    path: FieldPath, text: str, network: ipaddress.IPv6Network
) -> Iterator[Problem]:
    """A rule for it would be there and match no client: who is refused by it would get through."""
    first = network.network_address
    if first.ipv4_mapped is not None and network.prefixlen >= _MAPPED_BITS:
        message = f"`{text}` has no client: IPv4 clients have IPv4 addresses."
        hint = f"Write {first.ipv4_mapped}/{network.prefixlen - _MAPPED_BITS}"
        yield Problem(codes.INVALID_ADDRESS, path, message, hint)
    elif first.scope_id is not None:
        message = f"`{text}` is not allowed: a range has no zone of an interface."
        hint = f"Leave %{first.scope_id} out."
        yield Problem(codes.INVALID_ADDRESS, path, message, hint)


def _limit(path: FieldPath, options: RateLimitConfig) -> Iterator[Problem]:
    yield from one_of((*path, "conformAction"), options.conform_action, CONFORM_ACTIONS)
    yield from one_of((*path, "exceedAction"), options.exceed_action, EXCEED_ACTIONS)
    yield from one_of((*path, "enforceOnKey"), options.enforce_on_key, LIMIT_KEYS)
    threshold = options.rate_limit_threshold
    where: FieldPath = (*path, "rateLimitThreshold")
    if not 1 <= threshold.count <= _MOST_COUNT:
        message = f"`count: {threshold.count}` is not allowed: 1 or more."
        yield Problem(codes.INVALID_VALUE, (*where, "count"), message)
    if threshold.interval_sec not in LIMIT_INTERVALS:
        listed = ", ".join(map(str, LIMIT_INTERVALS[:-1])) + f" or {LIMIT_INTERVALS[-1]}"
        message = f"`intervalSec: {threshold.interval_sec}` is not allowed; it is {listed}."
        yield Problem(codes.INVALID_VALUE, (*where, "intervalSec"), message)
