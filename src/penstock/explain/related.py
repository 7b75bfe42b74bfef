"""Findings that have to do with the request: at its rule, its backend, its certificate."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Final

from penstock.explain.result import Tls
from penstock.model import Action, CertificateName, Finding, Forward, Model, Origin

_RULES: Final = ("pathRules", "routeRules")
Json = dict[str, str | int | None]


def findings_about(
    findings: Sequence[Finding], model: Model, action: Action, rule: Origin, tls: Tls | None
) -> list[Json]:
    """Those of the findings that are about what the request meets."""
    places = list(_places(model, action, rule, tls))
    mention = rule.describe() if rule.object else None
    return [
        dict(finding.as_dict())
        for finding in findings
        if any(_concerns(finding, place) for place in places)
        or (mention is not None and f"{mention} wins over" in finding.message)
    ]


def _places(model: Model, action: Action, rule: Origin, tls: Tls | None) -> Iterator[Origin]:
    if rule.object:
        yield _whole(rule)
    if isinstance(action, Forward):
        for backend in action.backends:
            yield model.backend_services[backend.backend_service].origin
        settings = (action.rewrite, action.host_rewrite, action.mirror, action.cors, action.fault)
        yield from (setting.origin for setting in settings if setting is not None)
    for shown in tls.certificates if tls else ():
        name = CertificateName(shown.name)
        owner = model.certificates.get(name) or model.certificate_requests.get(name)
        if owner is not None:
            yield owner.origin


def _whole(rule: Origin) -> Origin:
    """The rule that a match rule or a path is part of in Compute's URL maps."""
    is_part = len(rule.path) > 3 and rule.path[-4] in _RULES
    return dataclasses.replace(rule, path=rule.path[:-2]) if is_part else rule


def _concerns(finding: Finding, place: Origin) -> bool:
    """Whether a finding is at a place or below it."""
    if finding.origin.object != place.object:
        return False
    path = place.written  # Findings of the reader count as written, those of dialects do not.
    return finding.origin.written[: len(path)] == path
