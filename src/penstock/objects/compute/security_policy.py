"""Security policies (Cloud Armor): whose requests get through to a backend service.

What a PenstockConfig says of one is a part of this resource, so checks and readers are
those of `SecurityPolicyConfig`; `as_config` is how a resource is written there.

https://docs.cloud.google.com/compute/docs/reference/rest/v1/securityPolicies
"""

from __future__ import annotations

from typing import Any, ClassVar

from penstock.objects.compute.base import ComputeFields, ComputeResource
from penstock.objects.penstock_config import (
    ExprConfig,
    MatchConfig,
    RateLimitConfig,
    SecurityPolicyConfig,
    SecurityRuleConfig,
    SourceRanges,
    ThresholdConfig,
)


class Expr(ComputeFields, frozen=True):
    """An expression of the Common Expression Language."""

    description: str | None = None
    expression: str | None = None
    location: str | None = None
    title: str | None = None


class SecurityPolicyRuleMatcherConfig(ComputeFields, frozen=True):
    """The configuration of SRC_IPS_V1."""

    src_ip_ranges: tuple[str, ...] | None = None


class SecurityPolicyRuleMatcher(ComputeFields, frozen=True):
    """Whose requests a rule has."""

    config: SecurityPolicyRuleMatcherConfig | None = None
    expr: Expr | None = None
    expr_options: Any = None
    versioned_expr: str | None = None


class SecurityPolicyRuleRateLimitOptionsThreshold(ComputeFields, frozen=True):
    """How many requests in how long."""

    count: int | None = None
    interval_sec: int | None = None


class SecurityPolicyRuleRateLimitOptionsEnforceOnKeyConfig(ComputeFields, frozen=True):
    """One of several things that requests are counted by."""

    enforce_on_key_name: str | None = None
    enforce_on_key_type: str | None = None


class SecurityPolicyRuleRateLimitOptions(ComputeFields, frozen=True):
    """What throttle and bans let through."""

    ban_duration_sec: int | None = None
    ban_threshold: SecurityPolicyRuleRateLimitOptionsThreshold | None = None
    conform_action: str | None = None
    enforce_on_key: str | None = None
    enforce_on_key_configs: (
        tuple[SecurityPolicyRuleRateLimitOptionsEnforceOnKeyConfig, ...] | None
    ) = None
    enforce_on_key_name: str | None = None
    exceed_action: str | None = None
    exceed_redirect_options: Any = None
    rate_limit_threshold: SecurityPolicyRuleRateLimitOptionsThreshold | None = None

    @property
    def key(self) -> str | None:
        """What requests are counted by; None if nobody says."""
        configs = self.enforce_on_key_configs or ()
        return configs[0].enforce_on_key_type if len(configs) == 1 else self.enforce_on_key


class SecurityPolicyRule(ComputeFields, frozen=True):
    """One rule."""

    action: str | None = None
    description: str | None = None
    header_action: Any = None
    kind: str | None = None
    match: SecurityPolicyRuleMatcher | None = None
    network_match: Any = None
    preconfigured_waf_config: Any = None
    preview: bool | None = None
    priority: int | None = None
    rate_limit_options: SecurityPolicyRuleRateLimitOptions | None = None
    redirect_options: Any = None


class SecurityPolicy(ComputeResource, frozen=True):
    """Rules about the requests for backend services."""

    KIND: ClassVar[str] = "compute#securityPolicy"

    adaptive_protection_config: Any = None
    advanced_options_config: Any = None
    associations: tuple[Any, ...] | None = None
    ddos_protection_config: Any = None
    label_fingerprint: str | None = None
    labels: dict[str, str] | None = None
    parent: str | None = None
    recaptcha_options_config: Any = None
    rules: tuple[SecurityPolicyRule, ...] | None = None
    short_name: str | None = None
    type: str | None = None
    user_defined_fields: tuple[Any, ...] | None = None

    def as_config(self) -> SecurityPolicyConfig:
        """As a PenstockConfig would say it; what is missing is empty, which checks refuse."""
        rules = tuple(map(_rule, self.rules or ()))
        return SecurityPolicyConfig(name=self.name, rules=rules, description=self.description)


def _rule(rule: SecurityPolicyRule) -> SecurityRuleConfig:
    options = rule.rate_limit_options
    return SecurityRuleConfig(
        priority=-1 if rule.priority is None else rule.priority,
        action=rule.action or "",
        match=_match(rule.match or SecurityPolicyRuleMatcher()),
        rate_limit_options=_limit(options) if options is not None else None,
        preview=bool(rule.preview),
        description=rule.description,
    )


def _match(match: SecurityPolicyRuleMatcher) -> MatchConfig:
    ranges = match.config.src_ip_ranges if match.config else None
    return MatchConfig(
        versioned_expr=match.versioned_expr,
        config=None if match.config is None else SourceRanges(src_ip_ranges=ranges or ()),
        expr=ExprConfig(expression=match.expr.expression or "") if match.expr else None,
    )


def _limit(options: SecurityPolicyRuleRateLimitOptions) -> RateLimitConfig:
    threshold = options.rate_limit_threshold or SecurityPolicyRuleRateLimitOptionsThreshold()
    return RateLimitConfig(
        rate_limit_threshold=ThresholdConfig(
            count=threshold.count or 0, interval_sec=threshold.interval_sec or 0
        ),
        conform_action=options.conform_action or "allow",
        exceed_action=options.exceed_action or "",
        enforce_on_key=options.key or "ALL",
    )
