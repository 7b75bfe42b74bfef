"""What is said about rules that win and rules that lose."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from e2e.manifests import deployment, ingress, service
from penstock.cli import offline
from penstock.explain import Context, Explanation, Listener, Request, explain, parse_url
from penstock.model import (
    BackendServiceName,
    CertificateBinding,
    CertificateName,
    CertificateRequest,
    Forward,
    FrontEndProtocol,
    Model,
    WeightedBackend,
)
from penstock.runtime.settings import Settings

WEB = (
    service("web")
    + deployment("web")
    + service("api")
    + deployment("api", 3)
    + ingress("a", ("/", "web"), ("/foo", "api"), ("/foo/bar", "web"), host="a.example")
    + ingress("w", ("/wild", "api"), host='"*.a.example"')
    + ingress("again", ("/foo", "web"), host="a.example")
    + ingress("gone", ("/", "missing"), host="gone.example")
    + """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: exact
  annotations: {nginx.ingress.kubernetes.io/rewrite-target: /new}
spec:
  rules:
    - host: e.example
      http:
        paths:
          - {path: /Case, pathType: Exact, backend: {service: {name: web, port: {number: 80}}}}
          - {path: /deep/, pathType: Exact, backend: {service: {name: web, port: {number: 80}}}}
          - {path: /caf%C3%A9, pathType: Exact, backend: {service: {name: web, port: {number: 80}}}}
"""
)


BORDER = "a prefix ends at a slash: /foo covers /foo/x, not /foobar"
ELSEWHERE = "no load balancer has the address 127.99.0.1; there is 127.10.0.1"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = tmp_path_factory.mktemp("reasons") / "in.yaml"
    path.write_text(WEB)
    return offline.revision(Settings(sources=(str(path),))).model


def context(model: Model, **changes: Any) -> Context:
    listeners = {
        rule.name: Listener(f"127.10.0.{number}", rule.port)
        for number, lb in enumerate(model.load_balancers.values(), start=1)
        for rule in lb.forwarding_rules
    }
    return Context(listeners, findings=model.findings, **changes)


def told(model: Model, url: str, **changes: Any) -> Explanation:
    return explain(model, parse_url(url, **changes), context(model))


def misses(explanation: Explanation) -> list[tuple[str, str]]:
    return [(miss.path, miss.why) for miss in explanation.near_misses]


def test_the_winner_says_where_it_is_written(model: Model) -> None:
    answer = told(model, "http://a.example/foo/bar/x?q=1")
    assert answer.answer.path == "/foo/bar/x?q=1"
    assert answer.answer.backends == ["ingress/default/web:80"]
    assert answer.route_rule is not None
    assert answer.route_rule.origin.field == "spec.rules[0].http.paths[2]"
    assert answer.route_rule.origin.line
    assert answer.action is not None
    assert answer.action.timeout is not None
    assert answer.action.timeout.origin.default_of == "dialect ingress"
    assert misses(answer) == [
        ("/foo", "matches too, but a longer path comes first"),
        ("/", "matches too, but a longer path comes first"),
    ]


@pytest.mark.parametrize(
    ("url", "path", "why"),
    [
        ("http://a.example/foobar", "/foo", BORDER),
        ("http://a.example/FOO", "/foo", "differs in case"),
        ("http://e.example/case", "/Case", "differs in case"),
        ("http://e.example/Case/", "/Case", "does not allow the slash at the end of the path"),
        ("http://e.example/cAsE/", "/Case", "differs in case and in the slash at the end"),
        ("http://e.example/deep", "/deep/", "needs a slash at the end of the path"),
        (
            "http://e.example/Case/x",
            "/Case",
            "covers /Case only; what is below it takes pathType Prefix, or /Case/* on GKE",
        ),
        ("http://a.example/foo", "/foo/bar", "asks for a longer path"),
        ("http://e.example/", "/deep/", ""),
        ("http://x.a.example/wil", "/wild", ""),
        ("http://a.example/foo/ba", "/foo/bar", ""),
    ],
)
def test_near_misses(model: Model, url: str, path: str, why: str) -> None:
    found = misses(told(model, url))
    assert why == "" or (path, why) in found
    assert why or path not in dict(found)
    assert len(found) <= 5


def test_percent_encodings_are_text(model: Model) -> None:
    ((path, why),) = misses(told(model, "http://e.example/caf%c3%a9"))
    assert path == "/caf%C3%A9"
    assert "differ in case (%c3 against %C3)" in why


def test_a_wildcard_covers_one_label(model: Model) -> None:
    for url, host in [("http://y.x.a.example/wild", "none"), ("http://x.a.example/wild", "")]:
        rule = told(model, url).host_rule
        assert rule is not None
        if host:
            assert rule.host is None
            assert ("*.a.example", "*.a.example covers exactly one label") in [
                (lost.host, lost.why) for lost in rule.lost
            ]
        else:
            assert (rule.host, rule.kind) == ("*.a.example", "ONE_LABEL_WILDCARD")


def test_a_slip_of_the_pen(model: Model) -> None:
    answer = told(model, "http://gonne.example/")
    assert answer.answer.status == 404
    assert answer.host_rule is not None
    assert [lost.host for lost in answer.host_rule.lost] == ["gone.example"]


def test_a_missing_service_says_so(model: Model) -> None:
    answer = told(model, "http://gone.example/")
    assert (answer.answer.by, answer.answer.status) == ("proxy", 503)
    assert "missing" in answer.answer.why
    assert not answer.answer.is_good
    assert [finding["object"] for finding in answer.findings] == ["Ingress default/gone"]


def test_conflicts_name_the_loser(model: Model) -> None:
    (finding,) = told(model, "http://a.example/foo").findings
    assert finding["object"] == "Ingress default/again"
    assert "claimed twice" in str(finding["message"])


def test_a_rewrite_names_its_annotation(model: Model) -> None:
    answer = told(model, "http://e.example/Case?q")
    assert answer.answer.path == "/new?q"
    assert answer.action is not None
    assert answer.action.rewrite is not None
    assert answer.action.rewrite.origin.annotation == "nginx.ingress.kubernetes.io/rewrite-target"
    assert ("X-Envoy-Original-Path", "/Case?q") in [
        (change.name, change.value) for change in answer.request_headers
    ]


@pytest.mark.parametrize(
    ("url", "changes", "why"),
    [
        ("http://127.99.0.1/", {}, ELSEWHERE),
        ("http://a.example:81/", {}, "nothing listens on port 81; there is 127.10.0.1:80 (HTTP)"),
        ("https://a.example:80/", {}, "port 80 does not speak TLS; use http"),
    ],
)
def test_no_connection(model: Model, url: str, changes: dict[str, Any], why: str) -> None:
    answer = told(model, url, **changes).answer
    assert (answer.by, answer.status, answer.why, answer.is_good) == ("nobody", None, why, False)


def test_an_address_leads_to_its_load_balancer(model: Model) -> None:
    answer = told(model, "http://127.10.0.1/foo", headers=[("Host", "a.example")])
    assert answer.load_balancer is not None
    assert answer.load_balancer.why == "it has the address 127.10.0.1"
    assert answer.answer.backends == ["ingress/default/api:80"]


def test_shares_follow_weights_and_readiness(model: Model) -> None:
    weighted = reweighted(model, {"web": 1, "api": 3})
    asked = parse_url("http://a.example/foo")
    action = explain(weighted, asked, context(weighted)).action
    assert action is not None
    web, api = action.backends
    assert (web.share, api.share) == (0.25, 0.75)
    assert [e.share for e in web.endpoints] == [0.125, 0.125]
    assert sum(e.share for e in api.endpoints) == pytest.approx(0.75)


def test_health_of_the_running_proxy_counts(model: Model) -> None:
    name = BackendServiceName("ingress/default/api:80")
    action = told(model, "http://a.example/foo").action
    assert action is not None
    places = [f"{e.address}:{e.port}" for e in action.backends[0].endpoints]
    flags = dict.fromkeys(places, ("failed_active_health_check",)) | {places[0]: ()}
    asked = parse_url("http://a.example/foo")
    answer = explain(model, asked, context(model, health={name: flags}))
    assert answer.action is not None
    endpoints = answer.action.backends[0].endpoints
    assert [(e.health, e.share) for e in endpoints] == [
        ("healthy", 1.0), ("failed_active_health_check", 0.0), ("failed_active_health_check", 0.0)
    ]  # fmt: skip
    none = explain(model, asked, context(model, health={name: {}})).answer
    assert (none.by, none.status) == ("proxy", 503)


def reweighted(model: Model, weights: dict[str, int]) -> Model:
    """Every forwarding rule leads to these Services."""
    backends = tuple(
        WeightedBackend(BackendServiceName(f"ingress/default/{name}:80"), weight)
        for name, weight in weights.items()
    )
    url_maps = dict(model.url_maps)
    for key, url_map in url_maps.items():
        rules = tuple(
            msgspec.structs.replace(
                rule,
                routes=tuple(
                    msgspec.structs.replace(
                        route, action=msgspec.structs.replace(route.action, backends=backends)
                    )
                    if isinstance(route.action, Forward)
                    else route
                    for route in rule.routes
                ),
            )
            for rule in url_map.host_rules
        )
        url_maps[key] = msgspec.structs.replace(url_map, host_rules=rules)
    return msgspec.structs.replace(model, url_maps=url_maps)


def twins(model: Model) -> Model:
    """The same load balancer once more, under another name."""
    ((name, lb),) = model.load_balancers.items()
    rules = tuple(
        msgspec.structs.replace(rule, name=f"twin:{rule.port}") for rule in lb.forwarding_rules
    )
    twin = msgspec.structs.replace(lb, name="twin", forwarding_rules=rules)
    return msgspec.structs.replace(model, load_balancers={name: lb, "twin": twin})


def test_several_load_balancers_cover_a_host(model: Model) -> None:
    both = twins(model)
    first = told(both, "http://a.example/")
    assert first.load_balancer is not None
    assert (first.load_balancer.name, first.load_balancer.others) == (
        "ingress/default", ["twin"]
    )  # fmt: skip
    chosen = told(both, "http://a.example/", load_balancer="twin")
    assert chosen.load_balancer is not None
    assert (chosen.load_balancer.name, chosen.load_balancer.why) == ("twin", "it was asked for")


def test_the_certificate_follows_the_name_that_is_asked_for(model: Model) -> None:
    ((name, lb),) = model.load_balancers.items()
    (proxy,) = lb.target_proxies
    exact, wild, default = (CertificateName(n) for n in ("d/exact", "d/wild", "d/default"))
    bindings = (
        CertificateBinding(("a.example",), (exact,)),
        CertificateBinding(("*.a.example",), (wild,)),
    )
    proxy = msgspec.structs.replace(
        proxy, protocol=FrontEndProtocol.HTTPS, bindings=bindings, default_certificates=(default,)
    )
    secure = msgspec.structs.replace(
        model,
        load_balancers={name: msgspec.structs.replace(lb, target_proxies=(proxy,))},
        certificate_requests={
            key: CertificateRequest(key, ("*.a.example", "a.example"), lb.origin)
            for key in (exact, wild, default)
        },
    )
    expected = {
        "a.example": exact,
        "x.a.example": wild,
        "y.x.a.example": wild,
        "b.example": default,
    }
    for host, wanted in expected.items():
        tls = told(secure, f"https://{host}:80/").tls
        assert tls is not None
        (certificate,) = tls.certificates
        assert certificate.name == wanted
        trusted = host in ("a.example", "x.a.example")
        assert certificate.problem == (None if trusted else f"it is not valid for {host}")


def test_json_has_plain_values_only(model: Model) -> None:
    plain = told(model, "https://a.example/").as_dict()
    assert plain["loadBalancer"] is None
    assert msgspec.json.decode(msgspec.json.encode(plain)) == plain
    assert msgspec.json.decode(msgspec.json.encode(told(model, "http://a.example/").as_dict()))


def test_explaining_is_pure(model: Model) -> None:
    request = Request("/foo/../x", "a.example")
    assert explain(model, request, context(model)) == explain(model, request, context(model))
