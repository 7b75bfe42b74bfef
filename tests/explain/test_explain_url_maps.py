"""What is said about the rules, edits and policies that only URL maps of Compute have."""

from __future__ import annotations

import io
from typing import Any

import pytest
from compile_models import (
    host,
    http_proxy,
    https_proxy,
    load_balancer,
    neg,
    route,
    service,
    url_map,
)
from compile_models import model as model_of
from msgspec.structs import replace
from random_models import BACKENDS, Maker
from rich.console import Console

from penstock.explain import Context, Explanation, Listener, explain, parse_url
from penstock.model import (
    BackendProtocol,
    BackendService,
    BackendServiceName,
    BackendTls,
    Certificate,
    CertificateName,
    ClientTls,
    ClientValidation,
    CorsPolicy,
    FaultInjection,
    Forward,
    ForwardedFor,
    ForwardingRule,
    ForwardingRuleName,
    HeaderEdit,
    HeaderEdits,
    HeaderMatch,
    HostKind,
    HostPattern,
    HostRule,
    LoadBalancer,
    Mirror,
    Origin,
    PathKind,
    PathMatch,
    PrivateBytes,
    QueryMatch,
    Redirect,
    RetryPolicy,
    RouteMatch,
    RouteRule,
    Setting,
    SslPolicy,
    TlsVersion,
    UrlMap,
    ValueKind,
    Variable,
    WeightedBackend,
)
from penstock.status.explain_view import print_explanation

MAP = Origin("UrlMap web")


def at(*path: str | int) -> Origin:
    return Origin("UrlMap web", path)


def setting(value: Any, *path: str | int) -> Setting[Any]:
    return Setting(value, at(*path))


def forward(*names: str, **changes: Any) -> Forward:
    return Forward(
        backends=tuple(WeightedBackend(BackendServiceName(name)) for name in names),
        timeout=changes.pop("timeout", setting(30.0, "timeout")),
        idle_timeout=setting(300.0),
        **changes,
    )


def edit(name: str, *value: str | Variable, add: bool = False) -> HeaderEdit:
    return HeaderEdit(name, value, not add, at("headerAction", name))


def rule(number: int, match: RouteMatch, **changes: Any) -> RouteRule:
    origin = at("pathMatchers", 0, "routeRules", number, "matchRules", 0)
    return RouteRule(
        changes.pop("name", f"rule {number}"),
        match,
        changes.pop("action", forward("one")),
        origin,
        **changes,
    )


def prefix(value: str, *conditions: HeaderMatch | QueryMatch, **changes: Any) -> RouteMatch:
    return RouteMatch(
        PathMatch(PathKind.TEXT_PREFIX, value, **changes),
        tuple(c for c in conditions if isinstance(c, HeaderMatch)),
        tuple(c for c in conditions if isinstance(c, QueryMatch)),
    )


def told(
    urls: UrlMap,
    url: str,
    *services: BackendService,
    lb: LoadBalancer | None = None,
    context: Context | None = None,
    **asked: Any,
) -> Explanation:
    made = lb or load_balancer(http_proxy())
    found = services or tuple(service(name) for name in BACKENDS)
    name = CertificateName("cert")
    certificate = Certificate(
        name, b"", PrivateBytes(b""), ("a.test",), "ecdsa", "2100-01-01T00:00:00Z", MAP
    )
    model = model_of(
        balancers=[made],
        url_maps=[urls],
        services=found,
        negs=[neg(s.name, ("192.0.2.1", 80)) for s in found],
        certificates=[certificate],
    )
    listeners = {
        r.name: Listener(f"127.10.0.{i}", r.port) for i, r in enumerate(made.forwarding_rules, 1)
    }
    explanation = explain(model, parse_url(url, **asked), context or Context(listeners))
    shown(explanation)
    return explanation


def shown(explanation: Explanation) -> str:
    out = io.StringIO()
    print_explanation(Console(file=out, width=200), explanation.as_dict())
    return out.getvalue()


def misses(explanation: Explanation) -> dict[str, str]:
    return {miss.name: miss.why for miss in explanation.near_misses}


X_IS_B = HeaderMatch("x", ValueKind.EXACT, "b")
IN_RANGE = HeaderMatch("n", ValueKind.RANGE, start=1, end=5)
NOT_OLD = HeaderMatch("x-old", ValueKind.PRESENT, invert=True)
POST = HeaderMatch(":method", ValueKind.EXACT, "POST")
ON_81 = HeaderMatch("PORT", ValueKind.EXACT, "81")
Q_IS_1 = QueryMatch("q", ValueKind.EXACT, "1")


@pytest.mark.parametrize(
    ("test", "headers", "why"),
    [
        (X_IS_B, [("X", "a")], "header x is 'a', must be 'b'"),
        (X_IS_B, [("X", "a"), ("X", "c")], "header x is 'a, c', must be 'b'"),
        (X_IS_B, [], "header x is missing, must be 'b'"),
        (
            IN_RANGE,
            [("N", "5")],
            "header n is '5', must be a whole number from 1 up to, but without, 5",
        ),
        (NOT_OLD, [("X-Old", "")], "header x-old is '', must not be there"),
        (POST, [], "the method is 'GET', must be 'POST'"),
        (ON_81, [], "the host's port is missing, must be '81'"),
        (Q_IS_1, [], "query parameter q is '%31', must be '1'"),
        (QueryMatch("r", ValueKind.PRESENT), [], "query parameter r is missing, must be there"),
        (
            HeaderMatch("x", ValueKind.REGEX, "b+"),
            [("x", "bc")],
            "header x is 'bc', must match as a whole 'b+'",
        ),
    ],
)
def test_near_misses_name_the_condition_that_failed(
    test: HeaderMatch | QueryMatch, headers: list[tuple[str, str]], why: str
) -> None:
    urls = url_map(host("a.test", rule(0, prefix("/", test)), rule(1, prefix("/"))))
    answer = told(urls, "http://a.test/?q=%31", headers=headers)
    assert answer.route_rule is not None
    assert answer.route_rule.name == "rule 1"
    assert misses(answer) == {"rule 0": f"the path matches, but {why}"}


def test_more_than_one_condition_failed() -> None:
    urls = url_map(host("a.test", rule(0, prefix("/", X_IS_B, POST, Q_IS_1))))
    answer = told(urls, "http://a.test/")
    assert misses(answer)["rule 0"].endswith(", and 2 more conditions do not hold")


def test_priorities_and_matches_of_one_rule() -> None:
    one = rule(0, prefix("/a"))
    twin = replace(rule(0, prefix("/")), name="twin", origin=at(*one.origin.path[:-1], 1))
    answer = told(url_map(host("a.test", one, twin, rule(5, prefix("/a")))), "http://a.test/ab")
    assert misses(answer) == {
        "twin": "matches too, but another match of the same rule comes first",
        "rule 5": "matches too, but its priority comes later",
    }


@pytest.mark.parametrize(
    ("template", "path", "why"),
    [
        ("/a/*", "/a/b/c", "the template has fewer segments, and does not end in **"),
        ("/a/{x}/c", "/a/b", "the template asks for more segments"),
        ("/A/*", "/a/b", "differs in case"),
        ("/a/*", "/a/b/", "does not allow the slash at the end of the path"),
    ],
)
def test_near_misses_of_templates(template: str, path: str, why: str) -> None:
    match = RouteMatch(PathMatch(PathKind.TEMPLATE, template))
    answer = told(url_map(host("a.test", rule(0, match))), f"http://a.test{path}")
    assert misses(answer) == {"rule 0": why}


def suffix(value: str, *rules: RouteRule, port: int = 0) -> HostRule:
    return HostRule(HostPattern(HostKind.SUFFIX, value, port), rules)


def test_the_longest_suffix_wins_and_others_say_why_not() -> None:
    urls = url_map(
        suffix(".test", route("/", "one")),
        suffix(".a.test", route("/", "two")),
        suffix(".a.test", route("/", "three"), port=8080),
        suffix(".b.a.test", route("/", "one")),
    )
    answer = told(urls, "http://b.a.test/")
    assert answer.host_rule is not None
    assert answer.host_rule.why == "the longest wildcard that covers the host, * stands for b"
    assert {(lost.host, lost.why) for lost in answer.host_rule.lost} == {
        ("*.test", "covers the host too, but *.a.test is more specific"),
        ("*.a.test:8080", "is for port 8080 only, the Host header names none"),
        ("*.b.a.test", "*.b.a.test does not cover b.a.test itself"),
    }
    ported = told(urls, "http://b.a.test/", headers=[("Host", "b.a.test:8080")])
    assert ported.host_rule is not None
    assert ported.host_rule.host == "*.a.test:8080"
    assert "and the port 8080" in ported.host_rule.why


def test_edits_come_in_order_with_their_levels_and_values() -> None:
    urls = replace(
        url_map(
            HostRule(
                HostPattern(HostKind.EXACT, "a.test"),
                (
                    rule(
                        0,
                        prefix("/"),
                        headers=HeaderEdits(
                            request_add=(edit("x", "route", add=True),),
                            request_remove=("accept",),
                            origin=at("headerAction"),
                        ),
                    ),
                ),
                HeaderEdits(request_add=(edit("x-client", Variable.CLIENT_IP_ADDRESS),)),
            )
        ),
        headers=HeaderEdits(
            request_add=(
                edit("x", Variable.CLIENT_PORT, add=True),
                edit("y", Variable.TLS_VERSION, "!"),
            ),
            response_add=(edit("z", Variable.SERVER_IP_ADDRESS),),
            response_remove=("server",),
        ),
        forwarded_for=ForwardedFor.CLIENT_AND_VIP,
    )
    asked = [("X", "client"), ("Accept", "*/*")]
    answer = told(urls, "http://a.test/", headers=asked, client="192.0.2.7")
    edits = [(c.name, c.change, c.value, c.level) for c in answer.request_headers if c.level]
    assert edits == [
        ("accept", "remove", None, "route rule"),
        ("x", "append", "client,route", "route rule"),
        ("x-client", "set", "192.0.2.7", "host rule"),
        ("y", "set", "!", "URL map"),
        ("x", "append", "client,route,{client_port}", "URL map"),
    ]
    (trail,) = [c.value for c in answer.request_headers if c.name == "X-Forwarded-For"]
    assert trail == "192.0.2.7,127.10.0.1"
    back = [(c.name, c.value) for c in answer.response_headers if c.level]
    assert back == [("server", None), ("z", "127.10.0.1")]
    origins = [c.origin.field for c in answer.request_headers if c.level and c.origin]
    assert origins[0] == "headerAction"
    assert origins[1] == "headerAction.x"
    assert "client,route,{client_port}  append, URL map" in shown(answer)


def test_edits_of_single_backends_name_them() -> None:
    weighted = (
        WeightedBackend(BackendServiceName("one"), 3, HeaderEdits(request_add=(edit("x-a", "1"),))),
        WeightedBackend(BackendServiceName("two"), 1),
        WeightedBackend(BackendServiceName("three"), 0),
    )
    action = replace(forward(), backends=weighted)
    answer = told(url_map(host("a.test", rule(0, prefix("/"), action=action))), "http://a.test/")
    assert answer.action is not None
    assert [(b.name, b.share) for b in answer.action.backends] == [("one", 0.75), ("two", 0.25)]
    assert [(c.name, c.backend) for c in answer.request_headers if c.level] == [("x-a", "one")]
    assert "one only" in shown(answer)


def test_redirects_say_where() -> None:
    action = Redirect(308, https=True, prefix="/new", strip_query=True)
    answer = told(
        url_map(host("a.test", rule(0, prefix("/old"), action=action))), "http://a.test/old/x?q=1"
    )
    assert answer.answer.by == "proxy"
    assert (answer.answer.status, answer.answer.location) == (308, "https://a.test/new/x")
    assert "308 to https://a.test/new/x" in shown(answer)


CORS = CorsPolicy(("https://ok.test",), allow_methods=("PUT",), max_age=60, allow_credentials=True)


def asking(origin: str, *, preflight: bool = False) -> dict[str, Any]:
    headers = [("Origin", origin)]
    if preflight:
        headers.append(("Access-Control-Request-Method", "PUT"))
    return {"headers": headers, "method": "OPTIONS" if preflight else "GET"}


def test_cors() -> None:
    action = forward("one", cors=setting(CORS, "routeAction", "corsPolicy"))
    urls = url_map(host("a.test", rule(0, prefix("/"), action=action)))
    preflight = told(urls, "http://a.test/", **asking("https://ok.test", preflight=True))
    assert (preflight.answer.by, preflight.answer.status) == ("proxy", 200)
    assert {c.name: c.value for c in preflight.response_headers} == {
        "Access-Control-Allow-Origin": "https://ok.test",
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Methods": "PUT",
        "Access-Control-Max-Age": "60",
    }
    assert "answers the preflight" in shown(preflight)
    simple = told(urls, "http://a.test/", **asking("https://ok.test"))
    assert simple.answer.by == "backend"
    assert simple.response_headers[0].value == "https://ok.test"
    refused = told(urls, "http://a.test/", **asking("https://evil.test", preflight=True))
    assert refused.answer.by == "backend"
    assert "https://evil.test is not allowed" in shown(refused)
    assert refused.action is not None
    assert refused.action.cors is not None
    assert refused.action.cors.origin.field == "routeAction.corsPolicy"


def test_faults() -> None:
    some = forward("one", fault=setting(FaultInjection(503, 25.0, 2.0, 50.0)))
    answer = told(url_map(host("a.test", rule(0, prefix("/"), action=some))), "http://a.test/")
    assert answer.answer.by == "backend"
    assert answer.answer.why == (
        "25 % get 503 by fault injection; 50 % wait 2 s by fault injection"
    )
    every = forward("one", fault=setting(FaultInjection(418, 100.0)))
    answer = told(url_map(host("a.test", rule(0, prefix("/"), action=every))), "http://a.test/")
    assert (answer.answer.by, answer.answer.status) == ("proxy", 418)
    assert "100 % get 418" in shown(answer)


def test_settings_of_backends_and_routes_are_shown_with_who_set_them() -> None:
    action = forward(
        "one",
        host_rewrite=setting("inner.test", "urlRewrite", "hostRewrite"),
        max_duration=setting(5.0, "maxStreamDuration"),
        mirror=setting(Mirror(BackendServiceName("one"), 12.5), "requestMirrorPolicy"),
        retry=setting(RetryPolicy(("5xx",), 2, 1.5, ("GET",)), "retryPolicy"),
    )
    one = replace(
        service("one", protocol=BackendProtocol.HTTPS),
        tls=setting(BackendTls("tls.test", ("alt.test",), b"pem"), "tlsSettings"),
        source=setting("127.30.0.7", "subnet"),
        idle_timeout=setting(600.0),
    )
    urls = url_map(host("a.test", rule(0, prefix("/"), action=action)))
    text = shown(told(urls, "http://a.test:80/", one))
    for words in (
        "a.test → inner.test",
        "request and answer 5 s",
        "12.5 % copied to one, for host a.test-shadow",
        "2 retries of 1.5 s each  5xx; only GET",
        "TLS for tls.test, the certificate must be for alt.test, from a trusted issuer",
        "connects from 127.30.0.7",
        "connection may idle 600 s",
        "X-Envoy-Original-Host: a.test",
    ):
        assert words in text
    assert "UrlMap web urlRewrite.hostRewrite" in text


def test_front_ends() -> None:
    proxy = replace(
        https_proxy((("a.test",), ("cert",))),
        ssl_policy=setting(SslPolicy(TlsVersion.TLS_1_2, curves=("X25519",)), "sslPolicy"),
        client_tls=setting(ClientTls(ClientValidation.REJECT_INVALID, b"pem"), "serverTlsPolicy"),
        via=setting("google"),
    )
    rules = [
        ForwardingRule(
            ForwardingRuleName(f"fr-{address}"),
            443,
            proxy.name,
            address=setting(address, "IPAddress"),
            origin=Origin("ForwardingRule fr"),
        )
        for address in ("10.0.0.7", "10.0.0.8")
    ]
    urls = url_map(host("a.test", rule(0, prefix("/"))))
    made = load_balancer(proxy, rules=rules)
    answer = told(urls, "https://10.0.0.8/", lb=made, headers=[("Host", "a.test")])
    assert answer.answer.by == "nobody"  # Clients that name nobody get no certificate.
    assert answer.forwarding_rule is not None
    assert answer.forwarding_rule.address == "127.10.0.2"
    answer = told(urls, "https://a.test/", lb=made, headers=[("Via", "1.0 fred")])
    changes = (*answer.request_headers, *answer.response_headers)
    assert [c.value for c in changes if c.name == "Via"] == ["1.0 fred, 1.1 google", "1.1 google"]
    text = shown(answer)
    for words in (
        "in the place of 10.0.0.7",
        "TLS_1_2 to TLS_1_3, groups X25519",
        "without a trusted one the handshake fails",
        "Via: 1.1 google, both ways",
    ):
        assert words in text


@pytest.mark.parametrize("seed", range(10))
def test_everything_can_be_shown(seed: int) -> None:
    maker = Maker(seed)
    urls = maker.url_map("web")
    for number in range(40):
        request = maker.request(number)
        answer = told(
            urls,
            f"http://a.test{request.target}",
            headers=[("Host", request.host or ""), *request.headers],
        )
        assert answer.answer.by in ("backend", "proxy")
