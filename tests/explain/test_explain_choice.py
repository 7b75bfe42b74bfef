"""How endpoints are chosen, as `explain` tells it; strong cookies as a real Envoy makes them."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import pytest
from compile_models import (
    host,
    http_proxy,
    load_balancer,
    neg,
    route,
    service,
    url_map,
)
from compile_models import model as model_of
from msgspec.structs import replace
from policies_lab import backend, serve
from rich.console import Console

from e2e.farm import ask, farm, pair
from penstock.explain import Context, Explanation, Listener, explain, parse_url
from penstock.explain.result import Backend
from penstock.model import (
    AddressFamily,
    BackendService,
    CircuitBreakers,
    ClientIpAffinity,
    CookieAffinity,
    ForwardingRuleName,
    HeaderAffinity,
    LocalityPolicy,
    LocalityPolicyKind,
    Origin,
    OutlierDetection,
    RequestLogging,
    Setting,
    StrongCookieAffinity,
)
from penstock.status.explain_view import print_explanation

ENDPOINTS = [("10.1.0.1", 8080), ("10.1.0.2", 8080)]


def setting(value: Any, *path: str) -> Setting[Any]:
    return Setting(value, Origin("backendService web", path))


def answered(
    made: BackendService, endpoints: list[tuple[str, int]] | None = None, **asked: Any
) -> Explanation:
    model = model_of(
        balancers=[load_balancer(http_proxy())],
        url_maps=[url_map(host("a.test", route("/", made.name)))],
        services=[made],
        negs=[neg(made.negs[0], *(endpoints or ENDPOINTS))],
    )
    context = Context({ForwardingRuleName("http"): Listener("127.10.0.1", 80)})
    return explain(model, parse_url("http://a.test/", **asked), context)


def told(made: BackendService, **asked: Any) -> tuple[Backend, str]:
    """The backend of the answer, and the text."""
    explanation = answered(made, **asked)
    assert explanation.action is not None
    out = io.StringIO()
    print_explanation(Console(file=out, width=200), explanation.as_dict())
    return explanation.action.backends[0], out.getvalue()


def with_affinity(affinity: Any) -> BackendService:
    policy = LocalityPolicy(LocalityPolicyKind.RING_HASH, 4096)
    return replace(
        service("web"),
        affinity=setting(affinity, "sessionAffinity"),
        locality_policy=setting(policy, "localityLbPolicy"),
    )


@pytest.mark.parametrize(
    ("affinity", "asked", "value", "why"),
    [
        (ClientIpAffinity(), {"client": "10.0.0.9"}, "10.0.0.9", "the same value"),
        (ClientIpAffinity(), {}, None, "not known here"),
        (HeaderAffinity("x-user"), {"headers": [("X-User", "me")]}, "me", "the same value"),
        (HeaderAffinity("x-user"), {}, None, "any endpoint"),
        (CookieAffinity("c"), {"headers": [("Cookie", 'a=b; c="1"')]}, "1", "the same value"),
        (CookieAffinity("c"), {"headers": [("Cookie", "a=b")]}, None, "one is set"),
        (StrongCookieAffinity("s"), {}, None, "the policy chooses"),
        (
            StrongCookieAffinity("s"),
            {"headers": [("Cookie", "s=MTAuMS4wLjE6ODA4MA==")]},
            "MTAuMS4wLjE6ODA4MA==",
            "names 10.1.0.1:8080",
        ),
        (
            StrongCookieAffinity("s"),
            {"headers": [("Cookie", "s=MTAuMS4wLjc6ODA4MA==")]},
            "MTAuMS4wLjc6ODA4MA==",
            "names 10.1.0.7:8080, which is no endpoint of the backend service",
        ),
        (StrongCookieAffinity("s"), {"headers": [("Cookie", "s=%")]}, "%", "names no endpoint"),
    ],
)
def test_what_is_hashed_and_whether_the_request_has_it(
    affinity: Any, asked: dict[str, Any], value: str | None, why: str
) -> None:
    found, text = told(with_affinity(affinity), **asked)
    assert found.affinity is not None
    assert found.affinity.value == value
    assert why in found.affinity.why
    assert found.affinity.origin.field == "sessionAffinity"
    assert "endpoint by RING_HASH, ring of at least 4,096" in text
    assert f"session by {found.affinity.kind}" in text


def test_cookies_that_are_set_say_where_and_how_long() -> None:
    found, text = told(with_affinity(CookieAffinity("c", "/shop", 60.0)))
    assert found.affinity is not None
    assert (found.affinity.path, found.affinity.ttl) == ("/shop", 60.0)
    assert "set for /shop, 60 s" in text
    _, text = told(with_affinity(CookieAffinity("c")))
    assert "set for /, the browser's session" in text


def test_limits_and_the_rest_have_their_origins() -> None:
    outliers = OutlierDetection(5, 1.0, 30.0, 50, 0, 3, 100, 100, 5, 100, 1900)
    made = replace(
        service("web"),
        locality_policy=setting(
            LocalityPolicy(LocalityPolicyKind.WEIGHTED_ROUND_ROBIN, metrics=("queue",))
        ),
        circuit_breakers=CircuitBreakers(
            max_requests=setting(10, "maxRequests"), max_retries=setting(1)
        ),
        outlier_detection=setting(outliers, "outlierDetection"),
        draining_timeout=setting(60.0, "drainingTimeoutSec"),
        logging=setting(RequestLogging(True, 0.25, ("tls.cipher",), ("x-user",)), "logConfig"),
        address_family=setting(AddressFamily.IPV6_ONLY, "ipAddressSelectionPolicy"),
    )
    found, text = told(made)
    assert [(limit.what, limit.value, limit.origin.field) for limit in found.limits] == [
        ("requests at once", 10, "maxRequests"),
        ("retries at once", 1, None),
    ]
    for words in (
        "endpoint by WEIGHTED_ROUND_ROBIN, weighed by queue",
        "at most 10 requests at once",
        "left out for 30 s and longer after 3 gateway errors in a row or a lower success rate",
        "drains for 60 s",
        "addresses: IPV6_ONLY",
        "logs a share of 0.25, with tls.cipher, request header x-user",
    ):
        assert words in text
    assert found.outliers is not None
    assert found.outliers.settings["success_rate_stdev_factor"] == 1900
    _, text = told(replace(made, logging=setting(RequestLogging(False))))
    assert "logs no request" in text


def test_nothing_is_said_where_nothing_is_set() -> None:
    found, text = told(service("web"))
    parts = (found.choice, found.affinity, found.outliers, found.draining, found.logging)
    assert parts == (None,) * 5
    assert found.limits == []
    assert "session" not in text


@pytest.mark.parametrize("ttl", [0.0, 60.0])
def test_cookies_of_a_real_proxy_are_understood(tmp_path: Path, ttl: float) -> None:
    with contextlib.ExitStack() as stack:
        pods = stack.enter_context(farm(["127.200.51.1", "127.200.51.2"]))
        made = backend("web", None, StrongCookieAffinity("seat", "/", ttl))
        lab = serve(stack, tmp_path, "127.200.50.1", [made], pods.endpoints)
        for _ in range(2):
            answer = ask(lab.http, "web.test")
            asked = {"headers": [("Cookie", pair(answer.cookie))]}
            found = answered(made, pods.endpoints, **asked).action
            assert found is not None
            affinity = found.backends[0].affinity
            assert affinity is not None
            assert affinity.why == f"names {answer.backend}:{pods.port}"
