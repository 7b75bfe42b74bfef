"""Security policies of PenstockConfigs, and ``compute#securityPolicy``, as values of the model."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from penstock.model import (
    EVERYBODY,
    LimitKey,
    Origin,
    RequestLimit,
    SecurityPolicy,
    SecurityRule,
    Setting,
)
from penstock.objects.compute.base import Place
from penstock.objects.compute.security_policy import SecurityPolicy as PolicyResource
from penstock.objects.meta import Object
from penstock.objects.penstock_config import (
    PenstockConfig,
    RateLimitConfig,
    SecurityPolicyConfig,
    SecurityRuleConfig,
)

Policies = Mapping[str, Setting[SecurityPolicy]]
"""By name."""
_DENY: Final = re.compile(r"deny\((\d{3})\)")


def read_security_policies(
    objects: Iterable[Object[PenstockConfig]],
) -> Policies:
    """Those of PenstockConfigs, which are of all places; of equal names the first counts."""
    found: dict[str, Setting[SecurityPolicy]] = {}
    for obj in objects:
        for index, policy in enumerate(obj.resource.spec.security_policies):
            origin: Origin = obj.origin("spec", "securityPolicies", index)
            found.setdefault(policy.name, Setting(_policy(policy), origin))
    return found


def read_policy_resources(
    objects: Iterable[Object[PolicyResource]], place: Callable[[Place], Place]
) -> Mapping[Place, Policies]:
    """Those that are resources, by their places; `place` names a place's project."""
    found: dict[Place, dict[str, Setting[SecurityPolicy]]] = {}
    for obj in objects:
        policy = Setting(_policy(obj.resource.as_config()), obj.origin())
        found.setdefault(place(obj.resource.place), {}).setdefault(obj.name, policy)
    return found


def _policy(policy: SecurityPolicyConfig) -> SecurityPolicy:
    enforced = [rule for rule in policy.rules if not rule.preview]
    ordered = sorted(enforced, key=lambda rule: rule.priority)
    return SecurityPolicy(policy.name, tuple(map(_rule, ordered)))


def _rule(rule: SecurityRuleConfig) -> SecurityRule:
    options = rule.rate_limit_options
    return SecurityRule(
        priority=rule.priority,
        ranges=tuple(_ranges(rule)),
        deny=_status(rule.action),
        limit=_limit(options) if options else None,
    )


def _ranges(rule: SecurityRuleConfig) -> Iterator[str]:
    """CIDRs; checks have seen to it that there are some."""
    texts = rule.match.config.src_ip_ranges if rule.match.config else ()
    if "*" in texts:
        yield from EVERYBODY
        return
    yield from dict.fromkeys(str(ipaddress.ip_network(text)) for text in texts)


def _limit(options: RateLimitConfig) -> RequestLimit:
    threshold = options.rate_limit_threshold
    status = _status(options.exceed_action)
    assert status is not None, "checks know the actions"
    key = LimitKey(options.enforce_on_key)
    return RequestLimit(threshold.count, threshold.interval_sec, key, status)


def _status(action: str) -> int | None:
    found = _DENY.fullmatch(action)
    return int(found[1]) if found else None
