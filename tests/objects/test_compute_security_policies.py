"""Security policies as resources: what the API asks, and what cannot be enforced here."""

from __future__ import annotations

import pytest

from penstock.objects.parse import Parsed, parse_text

LIMIT = """\
- priority: 1
  action: throttle
  match: {versionedExpr: SRC_IPS_V1, config: {srcIpRanges: ['*']}}
  rateLimitOptions:
    conformAction: allow
    exceedAction: deny(429)
    enforceOnKey: IP
    rateLimitThreshold: {count: 5, intervalSec: 60}
"""


def parsed(rules: str, more: str = "") -> Parsed:
    return parse_text(f"kind: compute#securityPolicy\nname: x\n{more}rules:\n{rules}", "in.yaml")


def rule(match: str, action: str = "deny(403)", more: str = "") -> str:
    return f"- {{priority: 7, action: {action}, match: {match}{more}}}\n"


RANGES = "{versionedExpr: SRC_IPS_V1, config: {srcIpRanges: ['*']}}"


@pytest.mark.parametrize(
    "expression",
    [
        "inIpRange(origin.ip, '1.2.3.0/24')",
        "request.headers['x'] == 'y'",
        "request.path.matches('/admin/.*') && !(request.method == 'POST')",
        "origin.region_code == 'AU' || origin.region_code == 'NZ'",
        "evaluatePreconfiguredWaf('sqli-v33-stable')",
    ],
)
def test_an_expression_costs_the_policy_and_is_named_where_it_stands(expression: str) -> None:
    text = rule("{expr: {expression: EXPR}}").replace("EXPR", f'"{expression}"')
    result = parsed(rule(RANGES).replace("7", "6") + text)
    [finding] = result.findings
    assert not result.objects
    assert finding.origin.field == "rules[1].match.expr"
    assert finding.origin.position is not None
    assert finding.origin.position.line == 5
    assert "`priority: 7`" in finding.message
    assert f"`{expression}`" in finding.message
    assert "SRC_IPS_V1" in finding.hint


def test_a_long_expression_is_shown_in_part() -> None:
    [finding] = parsed(rule(f'{{expr: {{expression: "{"a" * 999}"}}}}')).findings
    assert f"`{'a' * 197}...`" in finding.message


@pytest.mark.parametrize(
    ("rules", "more", "code", "field"),
    [
        (rule(RANGES), "type: CLOUD_ARMOR_EDGE\n", "compute/invalid-value", "type"),
        (rule(RANGES, "redirect", ", redirectOptions: {type: EXTERNAL_302, target: 'https://a'}"),
         "", "compute/invalid-value", "rules[0].action"),
        (rule(RANGES, "rate_based_ban"), "", "compute/invalid-value", "rules[0].action"),
        (rule("{}"), "", "compute/missing-field", "rules[0].match"),
        ("- {priority: 1, match: {}}\n", "", "compute/missing-field", "rules[0]"),
        ("- {action: allow, match: {}}\n", "", "compute/missing-field", "rules[0]"),
        (LIMIT.replace("deny(429)", "redirect"), "", "compute/invalid-value",
         "rules[0].rateLimitOptions.exceedAction"),
        (LIMIT.replace("enforceOnKey: IP", "enforceOnKey: HTTP_HEADER\n    enforceOnKeyName: x"),
         "", "compute/invalid-value", "rules[0].rateLimitOptions.enforceOnKey"),
        (LIMIT.replace(
            "enforceOnKey: IP",
            "enforceOnKeyConfigs: [{enforceOnKeyType: HTTP_HEADER, enforceOnKeyName: x}]"),
         "", "compute/invalid-value", "rules[0].rateLimitOptions.enforceOnKey"),
        (LIMIT.replace(
            "enforceOnKey: IP",
            "enforceOnKeyConfigs: [{enforceOnKeyType: IP}, {enforceOnKeyType: ALL}]"),
         "", "compute/invalid-value", "rules[0].rateLimitOptions.enforceOnKeyConfigs"),
    ],
)  # fmt: skip
def test_what_cannot_be_enforced_costs_the_policy(
    rules: str, more: str, code: str, field: str
) -> None:
    result = parsed(rules, more)
    assert not result.objects
    assert [(f.code, f.origin.field) for f in result.findings] == [(code, field)]


def test_what_does_nothing_here_is_said_and_the_policy_stays() -> None:
    extra = "adaptiveProtectionConfig: {layer7DdosDefenseConfig: {enable: true}}\n"
    result = parsed(LIMIT, extra)
    assert len(result.objects) == 1
    [finding] = result.findings
    assert finding.code == "compute/field-no-effect"
    assert "attacks are not recognised" in finding.message


def test_a_rule_in_preview_may_say_anything() -> None:
    text = rule("{expr: {expression: origin.asn == 1}}", "redirect", ", preview: true")
    assert not parsed(text).findings
