"""Runs the tests that URL maps carry, as often as a URL map changes.

A failing test is a finding, and the URL map is live all the same: a half-right
load balancer on one's own machine is better than none.  In strict mode it is as
with the Compute API, which refuses an update whose tests fail: the URL map stays
as it was when its tests passed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from penstock.explain import url_map_tests
from penstock.explain.url_map_tests import TestOutcome
from penstock.model import Action, BackendServiceName, Finding, Forward, Model, UrlMap, UrlMapName

Outcomes = Mapping[UrlMapName, tuple[TestOutcome, ...]]


class UrlMapTests:
    """Long-lived: remembers outcomes by the identity of the URL map."""

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict
        self._known: dict[UrlMapName, tuple[UrlMap, tuple[TestOutcome, ...]]] = {}
        self._passed: dict[UrlMapName, UrlMap] = {}

    def run(self, model: Model) -> tuple[Model, Outcomes, list[Finding]]:
        """The model to be live, every URL map's outcomes, and a finding for each failure."""
        self._known = {
            name: self._outcomes(url_map)
            for name, url_map in model.url_maps.items()
            if url_map.tests
        }
        outcomes = {name: found for name, (_, found) in self._known.items()}
        findings = [
            url_map_tests.finding(model.url_maps[name], outcome)
            for name, found in outcomes.items()
            for outcome in found
            if not outcome.is_passed
        ]
        return (self._refuse(model, outcomes) if self._strict else model), outcomes, findings

    def _outcomes(self, url_map: UrlMap) -> tuple[UrlMap, tuple[TestOutcome, ...]]:
        known = self._known.get(url_map.name)
        if known is not None and known[0] is url_map:
            return known
        return url_map, url_map_tests.evaluate_all(url_map)

    def _refuse(self, model: Model, outcomes: Outcomes) -> Model:
        """The model with the last good version of each URL map whose tests fail."""
        live: dict[UrlMapName, UrlMap] = {}
        for name, url_map in model.url_maps.items():
            good = all(outcome.is_passed for outcome in outcomes.get(name, ()))
            before = None if good else self._passed.get(name)
            is_usable = before is not None and services_of(before) <= model.backend_services.keys()
            live[name] = before if before is not None and is_usable else url_map
        self._passed = {
            name: url_map
            for name, url_map in live.items()
            if url_map is not model.url_maps[name]
            or all(outcome.is_passed for outcome in outcomes.get(name, ()))
        }
        is_same = all(live[name] is url_map for name, url_map in model.url_maps.items())
        return model if is_same else replace(model, url_maps=live)


def services_of(url_map: UrlMap) -> set[BackendServiceName]:
    """All that a URL map refers to; one that is gone cannot be referred to again."""
    return {name for action in _actions(url_map) for name in _named(action)}


def _actions(url_map: UrlMap) -> Iterator[Action]:
    yield url_map.default_action
    for host in url_map.host_rules:
        yield from (rule.action for rule in host.routes)


def _named(action: Action) -> Iterator[BackendServiceName]:
    if isinstance(action, Forward):
        yield from (backend.backend_service for backend in action.backends)
        if action.mirror is not None:
            yield action.mirror.value.backend_service
