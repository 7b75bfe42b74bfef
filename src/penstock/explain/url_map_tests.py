"""``tests[]`` of URL maps: what their authors expect of some requests, and what comes of them.

The rules are those of the Compute API:
https://docs.cloud.google.com/compute/docs/reference/rest/v1/urlMaps (``tests[]``).
Only host, path and headers of a test take part; the request is a GET without TLS.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

import msgspec

from penstock.explain import hosts, redirects, routes, wire
from penstock.explain.codes import TEST_FAILED
from penstock.explain.request import PRINTABLE, Request
from penstock.explain.rewrites import rewritten
from penstock.model import (
    Action,
    BackendServiceName,
    Finding,
    Forward,
    PathMatch,
    Redirect,
    UrlMap,
    UrlMapTest,
)

_SCHEME: Final = re.compile("https?://", re.IGNORECASE)


class Actual(msgspec.Struct, frozen=True, omit_defaults=True):
    """What becomes of a test's request."""

    rule: str
    """Name of the route rule; ``default`` for the default action, empty if none is asked."""
    services: tuple[BackendServiceName, ...] = ()
    """Those that may get it; several where a route has weights."""
    url: str | None = None
    """What backends are asked for, or where the client is sent."""
    redirect_status: int | None = None
    status: int | None = None
    """Of an answer that is neither a backend's nor a redirect."""
    is_scheme_set: bool = False
    """Whether the rule decides the URL's scheme."""


class TestOutcome(msgspec.Struct, frozen=True):
    """A test with its result."""

    __test__ = False  # Its name is none of pytest's business.

    test: UrlMapTest
    actual: Actual
    failures: tuple[str, ...]
    """What is expected and not so, in words."""

    @property
    def is_passed(self) -> bool:
        """Whether all is as expected."""
        return not self.failures


def evaluate_all(url_map: UrlMap) -> tuple[TestOutcome, ...]:
    """All tests of a URL map, in their order."""
    return tuple(evaluate(url_map, test) for test in url_map.tests)


def evaluate(url_map: UrlMap, test: UrlMapTest) -> TestOutcome:
    """One test of a URL map."""
    actual = _actual(url_map, test)
    return TestOutcome(test, actual, tuple(_failures(test, actual)))


def finding(url_map: UrlMap, outcome: TestOutcome) -> Finding:
    """A test that fails, as a finding where it is written."""
    test = outcome.test
    rule = f" (by {outcome.actual.rule})" if outcome.actual.rule else ""
    return TEST_FAILED.at(
        test.origin,
        f"URL map test of {test.host}{test.path} failed{rule}: {'; '.join(outcome.failures)}.",
        "Mend the rule or the test. The Compute API refuses a URL map whose tests fail.",
    )


def _request(test: UrlMapTest) -> Request:
    """A Host header repeats the test's host, says the API."""
    headers = tuple((name, value) for name, value in test.headers if name.lower() != "host")
    return Request(target=quote(test.path, safe=PRINTABLE), host=test.host, headers=headers)


def _actual(url_map: UrlMap, test: UrlMapTest) -> Actual:
    routed = wire.receive(_request(test))
    if isinstance(routed, wire.Refusal):
        is_redirect = routed.location is not None
        status = None if is_redirect else routed.status
        redirect = routed.status if is_redirect else None
        return Actual("", url=routed.location, redirect_status=redirect, status=status)
    host = hosts.choose(url_map, routed.host).rule
    if why := hosts.bad_host(routed.host):
        return Actual(why, status=400)
    rule = routes.choose(host, routed)
    if rule is None:
        return _outcome("default", url_map.default_action, None, routed)
    return _outcome(rule.name, rule.action, rule.match.path, routed)


def _outcome(name: str, action: Action, match: PathMatch | None, routed: wire.Routed) -> Actual:
    if isinstance(action, Redirect):
        where = redirects.location(action, match, routed, "http")
        return Actual(name, url=where, redirect_status=action.status, is_scheme_set=action.https)
    if not isinstance(action, Forward):
        return Actual(name, status=action.status)
    path = rewritten(action.rewrite.value, match, routed.path) if action.rewrite else routed.path
    host = action.host_rewrite.value if action.host_rewrite else routed.host.authority
    services = tuple(b.backend_service for b in action.backends if b.weight)
    return Actual(name, services=services, url=f"http://{host}{path}{routed.query}")


def _failures(test: UrlMapTest, actual: Actual) -> Iterator[str]:
    if test.backend_service is not None and test.backend_service not in actual.services:
        yield f"expected service {test.backend_service}, got {_service(actual)}"
    if test.redirect_status not in (None, actual.redirect_status):
        got = actual.redirect_status or "no redirect"
        yield f"expected redirect response code {test.redirect_status}, got {got}"
    if test.url is not None and not _is_same(test.url, actual):
        yield f"expected output URL {test.url}, got {actual.url or 'none'}"


def _service(actual: Actual) -> str:
    if actual.redirect_status is not None:
        return f"a redirect with {actual.redirect_status}"
    return " or ".join(actual.services) or f"an answer with {actual.status or 500}"


def _is_same(url: str, actual: Actual) -> bool:
    """The scheme counts only where the rule sets it."""
    if actual.url is None or actual.is_scheme_set:
        return url == actual.url
    return _SCHEME.sub("", url, count=1) == _SCHEME.sub("", actual.url, count=1)
