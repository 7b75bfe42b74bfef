"""Results of URL maps' tests, in the shape of the Compute API's ``validate``.

https://docs.cloud.google.com/compute/docs/reference/rest/v1/urlMaps/validate
"""

from __future__ import annotations

import re

from penstock.explain import TestOutcome
from penstock.explain.codes import TEST_FAILED
from penstock.model import BackendServiceName, Severity, UrlMapName
from penstock.runtime.revision import Revision
from penstock.status.report import Json

FAILED = TEST_FAILED.name
"""Code of the finding on a test that failed."""
_COMPUTE = re.compile(r"compute/(?P<project>[^/]+)/(?P<location>[^/]+)/(?P<name>[^/]+)")


def results(revision: Revision) -> Json:
    """By URL map: those with tests."""
    return {
        str(name): {"result": _result(revision, name, outcomes)}
        for name, outcomes in revision.url_map_tests.items()
    }


def summary(revision: Revision) -> str:
    """``12 URL map tests passed, 1 failed``; empty without tests."""
    outcomes = [o for found in revision.url_map_tests.values() for o in found]
    failed = sum(not outcome.is_passed for outcome in outcomes)
    passed = len(outcomes) - failed
    if not outcomes:
        return ""
    words = f"{passed} URL map test{'' if passed == 1 else 's'} passed"
    return f"{words}, {failed} failed" if failed else words


def _result(revision: Revision, name: UrlMapName, outcomes: tuple[TestOutcome, ...]) -> Json:
    errors = _load_errors(revision, name)
    return {
        "loadSucceeded": not errors,
        "loadErrors": errors,
        "testPassed": all(outcome.is_passed for outcome in outcomes),
        "testFailures": [_failure(outcome) for outcome in outcomes if not outcome.is_passed],
    }


def _load_errors(revision: Revision, name: UrlMapName) -> list[str]:
    """Errors of the object that the URL map is made from, tests apart."""
    owner = revision.model.url_maps[name].default_origin.object
    return [
        f.message
        for f in revision.findings
        if f.severity is Severity.ERROR and f.code != FAILED and f.origin.object == owner
    ]


def _failure(outcome: TestOutcome) -> Json:
    test, actual = outcome.test, outcome.actual
    service = " or ".join(_link(name) for name in actual.services) or None
    shown = {
        "host": test.host,
        "path": test.path,
        "headers": [{"name": name, "value": value} for name, value in test.headers] or None,
        "expectedService": _link(test.backend_service) if test.backend_service else None,
        "actualService": service,
        "expectedOutputUrl": test.url,
        "actualOutputUrl": actual.url,
        "expectedRedirectResponseCode": test.redirect_status,
        "actualRedirectResponseCode": actual.redirect_status,
    }
    return {key: value for key, value in shown.items() if value is not None}


def _link(name: BackendServiceName) -> str:
    """A backend service as the API refers to it."""
    parts = _COMPUTE.fullmatch(name)
    if parts is None:
        return name
    scope = parts["location"]
    scope = scope if scope == "global" else f"regions/{scope}"
    return f"projects/{parts['project']}/{scope}/backendServices/{parts['name']}"
