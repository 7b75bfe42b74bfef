"""Tests that URL maps carry: what passes, what fails, and how it is said."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import typer
from compile_models import forward, host, http_proxy, load_balancer, neg, route, service, url_map
from compile_models import model as model_of
from random_models import HERE, Maker

from penstock.cli import check, offline
from penstock.envoy.compile import CompileOptions, Compiler
from penstock.explain import Context, Listener, evaluate, explain
from penstock.model import (
    FixedResponse,
    Forward,
    ForwardingRuleName,
    HeaderMatch,
    HostKind,
    HostPattern,
    HostRule,
    Model,
    Origin,
    PathKind,
    PathMatch,
    PrefixRewrite,
    Redirect,
    RouteMatch,
    RouteRule,
    Setting,
    TemplateRewrite,
    UrlMap,
    UrlMapTest,
    ValueKind,
)
from penstock.objects.world import World
from penstock.runtime.revision import Revision, sort_findings
from penstock.runtime.url_map_tests import UrlMapTests
from penstock.status import url_map_tests

WEB = "compute/shop/europe-west1/web"
API = "compute/shop/europe-west1/api"
EVERYWHERE = "compute/shop/global/all"


def rewriting(to: str, rewrite: Any, host_rewrite: str = "") -> Forward:
    return msgspec.structs.replace(
        forward(to),
        rewrite=Setting(rewrite, HERE),
        host_rewrite=Setting(host_rewrite, HERE) if host_rewrite else None,
    )


def beta(name: str) -> RouteRule:
    match = RouteMatch(
        PathMatch(PathKind.TEXT_PREFIX, "/"), (HeaderMatch("x-stage", ValueKind.EXACT, "beta"),)
    )
    return RouteRule(name, match, forward(API), HERE)


SHOP = url_map(
    host(
        "shop.test",
        beta("beta"),
        route("/api/", rewriting(API, PrefixRewrite("/v1/")), kind=PathKind.TEXT_PREFIX),
        route(
            "/u/{id}/**",
            rewriting(API, TemplateRewrite("/users/{id}"), "inner.test"),
            kind=PathKind.TEMPLATE,
        ),
        route("/old", Redirect(301, https=True, prefix="/new", strip_query=True)),
        route("/moved", Redirect(302, host="other.test")),
        route("/gone", FixedResponse(503)),
        route("/both", forward(WEB, API, weights=[1, 0])),
        route("/split", forward(WEB, API)),
    ),
    HostRule(HostPattern(HostKind.SUFFIX, ".shop.test"), (route("/", WEB),)),
    default=forward(EVERYWHERE),
    name="compute/shop/europe-west1/shop",
)


def asked(path: str, **changes: Any) -> UrlMapTest:
    """A test; what it does not say is not expected."""
    return UrlMapTest(
        host=changes.pop("host", "shop.test"),
        path=path,
        headers=changes.pop("headers", ()),
        backend_service=changes.pop("service", None),
        url=changes.pop("url", None),
        redirect_status=changes.pop("code", None),
        origin=Origin("UrlMap shop", ("tests", changes.pop("number", 0))),
    )


@pytest.mark.parametrize(
    "test",
    [
        asked("/api/x?q=1", service=API, url="shop.test/v1/x?q=1"),
        asked("/api/x", service=API, url="https://shop.test/v1/x"),
        asked("/u/7/a/b", service=API, url="http://inner.test/users/7"),
        asked("/", service=API, headers=(("X-Stage", "beta"), ("Host", "shop.test"))),
        asked("/", service=EVERYWHERE, headers=(("X-Stage", "alpha"),)),
        asked("/old/a?q=1", code=301, url="https://shop.test/new/a"),
        asked("/moved?q=1", code=302, url="https://other.test/moved?q=1"),
        asked("/moved", url="http://other.test/moved"),
        asked("/split", service=WEB),
        asked("/split", service=API),
        asked("/x", host="a.b.shop.test", service=WEB),
        asked("/x", host="elsewhere", service=EVERYWHERE),
        asked("//moved/../moved", code=302),
        asked("/a%2Fb", code=307, url="/a/b"),
    ],
)
def test_passes(test: UrlMapTest) -> None:
    assert evaluate(SHOP, test).failures == ()


@pytest.mark.parametrize(
    ("test", "failures"),
    [
        (asked("/x", service=API), [f"expected service {API}, got {EVERYWHERE}"]),
        (asked("/both", service=API), [f"expected service {API}, got {WEB}"]),
        (asked("/old", service=API), [f"expected service {API}, got a redirect with 301"]),
        (asked("/gone", service=API), [f"expected service {API}, got an answer with 503"]),
        (asked("/x", code=301), ["expected redirect response code 301, got no redirect"]),
        (asked("/moved", code=301), ["expected redirect response code 301, got 302"]),
        (
            asked("/old?q=1", url="http://shop.test/new"),
            ["expected output URL http://shop.test/new, got https://shop.test/new"],
        ),
        (
            asked("/old?q=1", url="https://shop.test/new?q=1"),
            ["expected output URL https://shop.test/new?q=1, got https://shop.test/new"],
        ),
        (
            asked("/api/x", service=WEB, url="shop.test/x"),
            [
                f"expected service {WEB}, got {API}",
                "expected output URL shop.test/x, got http://shop.test/v1/x",
            ],
        ),
        (asked("/gone", url="x"), ["expected output URL x, got none"]),
        (asked("/%00", service=API), [f"expected service {API}, got an answer with 400"]),
    ],
)
def test_fails(test: UrlMapTest, failures: list[str]) -> None:
    assert list(evaluate(SHOP, test).failures) == failures


@pytest.mark.parametrize("seed", range(20))
def test_outcome_is_what_explain_says(seed: int) -> None:
    """So it is what the proxy does: `test_explain_models` holds explain to it."""
    maker = Maker(seed)
    random_map = maker.url_map("web")
    model = model_with(random_map, *(service(name) for name in ("one", "two", "three")))
    listeners = {ForwardingRuleName("http"): Listener("127.0.0.1", 80)}
    for number in range(100):
        request = maker.request(number)
        request = msgspec.structs.replace(request, method="GET", port=80)
        told = explain(model, request, Context(listeners))
        test = asked(request.target, host=request.host, headers=request.headers)
        actual = evaluate(random_map, test).actual
        assert told.route_rule is not None
        assert actual.rule == told.route_rule.name
        if told.action is not None and told.action.kind == "redirect":
            assert (actual.url, actual.redirect_status) == (
                told.answer.location,
                told.answer.status,
            )
        if told.action is not None and told.action.backends:
            assert list(actual.services) == [backend.name for backend in told.action.backends]


def model_with(*values: Any) -> Model:
    maps = [value for value in values if isinstance(value, UrlMap)]
    services = [value for value in values if not isinstance(value, UrlMap)]
    return model_of(
        balancers=[load_balancer(http_proxy(urls=maps[0].name))],
        url_maps=maps,
        services=services,
        negs=[neg(s.name, ("127.0.0.1", 1)) for s in services],
    )


def shop(*tests: UrlMapTest, **changes: Any) -> UrlMap:
    return msgspec.structs.replace(SHOP, tests=tests, **changes)


SERVICES = tuple(service(name) for name in (WEB, API, EVERYWHERE))
GOOD = asked("/moved", code=302)
BAD = asked("/x", service=API, number=1, headers=(("X-A", "b"),))


def test_a_failing_test_is_a_finding_and_the_url_map_is_live() -> None:
    model = model_with(shop(GOOD, BAD), *SERVICES)
    live, outcomes, (finding,) = UrlMapTests(strict=False).run(model)
    assert live is model
    assert [o.is_passed for o in outcomes[SHOP.name]] == [True, False]
    assert (finding.code, finding.severity) == ("compute/url-map-test-failed", "error")
    assert finding.origin.field == "tests[1]"
    assert f"expected service {API}, got {EVERYWHERE}" in finding.message
    assert "shop.test/x" in finding.message


def test_a_url_map_is_tested_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tests, model = UrlMapTests(strict=False), model_with(shop(GOOD, BAD), *SERVICES)
    first = tests.run(model)
    monkeypatch.setattr("penstock.explain.url_map_tests.evaluate", None)
    assert tests.run(msgspec.structs.replace(model, findings=())) == first


def test_strictly_the_last_version_that_passed_stays() -> None:
    tests = UrlMapTests(strict=True)
    good, bad = shop(GOOD), shop(GOOD, BAD)
    assert tests.run(model_with(bad, *SERVICES))[0].url_maps[SHOP.name] is bad  # None was better.
    assert tests.run(model_with(good, *SERVICES))[0].url_maps[SHOP.name] is good
    live, _, findings = tests.run(model_with(bad, *SERVICES))
    assert live.url_maps[SHOP.name] is good
    assert len(findings) == 1
    again = shop(GOOD, BAD, default_action=FixedResponse(404))
    assert tests.run(model_with(again, *SERVICES))[0].url_maps[SHOP.name] is good
    few = shop(BAD, host_rules=(), default_action=forward(WEB))
    assert tests.run(model_with(few, SERVICES[0]))[0].url_maps[SHOP.name] is few


def revision(model: Model) -> Revision:
    live, outcomes, findings = UrlMapTests(strict=False).run(model)
    compiled = Compiler(CompileOptions()).compile(live, {}, {})
    sorted_findings = sort_findings(findings)
    return Revision(
        World(), live, {}, compiled.snapshot, sorted_findings, compiled.owners, {}, outcomes
    )


def test_results_have_the_shape_of_the_api() -> None:
    plain = url_map(name="compute/shop/global/untested")
    found = url_map_tests.results(revision(model_with(shop(GOOD, BAD), plain, *SERVICES)))
    assert found == {
        str(SHOP.name): {
            "result": {
                "loadSucceeded": True,
                "loadErrors": [],
                "testPassed": False,
                "testFailures": [
                    {
                        "host": "shop.test",
                        "path": "/x",
                        "headers": [{"name": "X-A", "value": "b"}],
                        "expectedService": (
                            "projects/shop/regions/europe-west1/backendServices/api"
                        ),
                        "actualService": "projects/shop/global/backendServices/all",
                        "actualOutputUrl": "http://shop.test/x",
                    }
                ],
            }
        }
    }


@pytest.mark.parametrize(
    ("tests", "line", "code"),
    [
        ((GOOD,), "1 URL map test passed", 0),
        ((GOOD, GOOD), "2 URL map tests passed", 0),
        ((GOOD, BAD), "1 URL map test passed, 1 failed", 2),
        ((), None, 0),
    ],
)
def test_check_says_how_many_passed(
    tests: tuple[UrlMapTest, ...],
    line: str | None,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    model = model_with(shop(*tests), *SERVICES)
    monkeypatch.setattr(offline, "revision", lambda settings: revision(model))
    with pytest.raises(typer.Exit) as ended:
        check.check(sources=["x"])
    assert ended.value.exit_code == code
    said = capsys.readouterr().out
    assert (line in said.splitlines()) if line else "URL map test" not in said
