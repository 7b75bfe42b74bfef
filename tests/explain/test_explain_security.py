"""What `explain` says of security policies."""

from __future__ import annotations

import io
from typing import Any

import pytest
from compile_models import forward, host, http_proxy, load_balancer, neg, route, service, url_map
from compile_models import model as model_of
from msgspec.structs import replace
from rich.console import Console

from penstock.explain import Context, Explanation, Listener, explain, parse_url
from penstock.model import (
    EVERYBODY,
    BackendService,
    CorsPolicy,
    ForwardingRuleName,
    LimitKey,
    Origin,
    RequestLimit,
    SecurityPolicy,
    SecurityRule,
    Setting,
)
from penstock.status.explain_view import print_explanation

LIMIT = RequestLimit(100, 60, LimitKey.IP, 429)
RULES = (
    SecurityRule(1, ("10.1.0.0/16", "fd00::/64")),
    SecurityRule(2, ("10.0.0.0/8",), limit=LIMIT),
    SecurityRule(3, ("192.0.2.1/32",), 404),
)
ORIGIN = Origin("BackendConfig default/web", ("spec", "securityPolicy", "name"))


def guarded(name: str, *rules: SecurityRule) -> BackendService:
    return replace(service(name), security_policy=Setting(SecurityPolicy("office", rules), ORIGIN))


def answered(*services: BackendService, client: str | None, cors: bool = False) -> Explanation:
    action = forward(*(s.name for s in services))
    headers = []
    if cors:
        action = replace(action, cors=Setting(CorsPolicy(allow_origins=("*",)), ORIGIN))
        headers = [("Origin", "http://b.test"), ("Access-Control-Request-Method", "GET")]
    model = model_of(
        balancers=[load_balancer(http_proxy())],
        url_maps=[url_map(host("a.test", route("/", action)))],
        services=list(services),
        negs=[neg(name, ("10.9.0.1", 80)) for s in services for name in s.negs],
    )
    (balancer,) = model.load_balancers.values()
    (rule,) = balancer.forwarding_rules
    listeners = {ForwardingRuleName(rule.name): Listener("127.10.0.1", 80)}
    method = "OPTIONS" if cors else "GET"
    request = parse_url("http://a.test/", method=method, headers=headers, client=client)
    return explain(model, request, Context(listeners))


@pytest.mark.parametrize(
    ("client", "verdict", "rule", "status"),
    [
        ("10.1.2.3", "allow", 1, None),
        ("fd00::1", "allow", 1, None),
        ("10.2.0.1", "limit", 2, 429),
        ("192.0.2.1", "deny", 3, 404),
        ("192.0.2.2", "allow", None, None),
        (None, "unknown", None, None),
    ],
)
def test_the_rule_that_decides(
    client: str | None, verdict: str, rule: int | None, status: int | None
) -> None:
    told = answered(guarded("web", *RULES), client=client)
    assert told.action is not None
    guard = told.action.backends[0].guard
    assert guard is not None
    assert (guard.policy, guard.rule, guard.verdict, guard.status) == (
        ("office", rule, verdict, status)
    )
    assert guard.origin.object == "BackendConfig default/web"
    expected: tuple[Any, ...] = ("proxy", 404) if verdict == "deny" else ("backend", None)
    assert (told.answer.by, told.answer.status) == expected


def test_a_denied_share_and_a_limit_are_said() -> None:
    everybody = SecurityRule(9, EVERYBODY, 403)
    told = answered(service("open"), guarded("shut", everybody), client="10.2.0.1")
    assert (told.answer.by, told.answer.backends) == ("backend", ["open"])
    assert "shut's share of requests gets 403" in told.answer.why
    told = answered(guarded("web", *RULES), client="10.2.0.1")
    assert "at most 100 requests in 60 s from one address, above 429" in told.answer.why


def test_a_denied_preflight_request_is_denied() -> None:
    told = answered(guarded("shut", SecurityRule(9, EVERYBODY, 403)), client="::1", cors=True)
    assert (told.answer.by, told.answer.status) == ("proxy", 403)
    told = answered(guarded("web", *RULES), client="10.1.0.1", cors=True)
    assert (told.answer.by, told.answer.status) == ("proxy", 200)


def test_the_table_has_the_verdict() -> None:
    out = io.StringIO()
    told = answered(guarded("web", *RULES), client="192.0.2.1")
    print_explanation(Console(file=out, width=200), told.as_dict())
    assert "security policy office: deny" in out.getvalue()
    assert "rule 3 of security policy office has 192.0.2.1" in out.getvalue()
