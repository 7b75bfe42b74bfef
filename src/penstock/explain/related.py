"""Findings that have to do with the request: at its rule, its backend, its certificate."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from penstock.explain.result import Tls
from penstock.model import (
    Action,
    BackendService,
    CertificateName,
    FieldPath,
    Finding,
    FixedResponse,
    Forward,
    Model,
    Origin,
    Setting,
    Unserved,
)

_RULES: Final = ("pathRules", "routeRules")
_OF_EVERYTHING: Final = "PenstockConfig "
"""An object that is about everything: only its entry concerns a request, not all of it."""
_POLICY: Final = "securityPolicy"
"""Field that names one; a policy that is said to be missing may be one that was left out."""
_POLICIES: Final = ("spec", "securityPolicies")
"""Where a PenstockConfig has them."""
Json = dict[str, str | int | None]


class Place(NamedTuple):
    """What the request meets."""

    origin: Origin
    is_whole: bool = False
    """Whether all of the object concerns the request, but for other items of its lists."""


def findings_about(
    findings: Sequence[Finding], model: Model, action: Action, rule: Origin, tls: Tls | None
) -> list[Json]:
    """Those of the findings that are about what the request meets."""
    places = list(dict.fromkeys(_places(model, action, rule, tls)))
    is_policy_missing = _misses_policy(action)
    mention = rule.describe() if rule.object else None
    return [
        dict(finding.as_dict())
        for finding in findings
        if any(concerns(finding, place) for place in places)
        or (is_policy_missing and _is_of_policy(finding))
        or (mention is not None and f"{mention} wins over" in finding.message)
    ]


def _places(model: Model, action: Action, rule: Origin, tls: Tls | None) -> Iterator[Place]:
    if rule.object:
        yield Place(_whole(rule))
    if isinstance(action, Forward):
        yield from _forwarded(model, action, rule)
    if isinstance(action, FixedResponse) and action.unserved is not None:
        yield from _unserved(action.unserved, rule)
    for shown in tls.certificates if tls else ():
        name = CertificateName(shown.name)
        owner = model.certificates.get(name) or model.certificate_requests.get(name)
        if owner is not None:
            yield Place(owner.origin)


def _forwarded(model: Model, action: Forward, rule: Origin) -> Iterator[Place]:
    for backend in action.backends:
        service = model.backend_services[backend.backend_service]
        yield from (_around(origin, rule) for origin in _service(model, service))
    settings = (action.rewrite, action.host_rewrite, action.mirror, action.cors, action.fault)
    yield from (Place(setting.origin) for setting in settings if setting is not None)
    yield _around(action.timeout.origin, rule)


def _service(model: Model, service: BackendService) -> Iterator[Origin]:
    """Who has a say in a backend service: its own object, and those that set something."""
    yield service.origin
    check = model.health_checks[service.health_check] if service.health_check else None
    for part in filter(None, (service, check)):
        values = (getattr(part, name) for name in part.__struct_fields__)
        yield from (value.origin for value in values if isinstance(value, Setting))


def _unserved(unserved: Unserved, rule: Origin) -> Iterator[Place]:
    yield _around(unserved.origin, rule)
    if unserved.service is not None:
        yield _around(unserved.service, rule)


def _misses_policy(action: Action) -> bool:
    unserved = action.unserved if isinstance(action, FixedResponse) else None
    return unserved is not None and _POLICY in unserved.origin.path


def _is_of_policy(finding: Finding) -> bool:
    origin = finding.origin
    return origin.object.startswith(_OF_EVERYTHING) and origin.path[:2] == _POLICIES


def _around(origin: Origin, rule: Origin) -> Place:
    """What of an object concerns the request of which it decides something.

    Of the rule's own object only the place: the rest is about other requests.
    """
    if origin.object == rule.object:
        return Place(origin)
    if not origin.object.startswith(_OF_EVERYTHING):
        return Place(origin, is_whole=bool(origin.object))
    entry = next((i for i, step in enumerate(origin.path) if isinstance(step, int)), None)
    path = origin.path if entry is None else origin.path[: entry + 1]
    return Place(dataclasses.replace(origin, path=path))


def _whole(rule: Origin) -> Origin:
    """The rule that a match rule or a path is part of in Compute's URL maps."""
    is_part = len(rule.path) > 3 and rule.path[-4] in _RULES
    return dataclasses.replace(rule, path=rule.path[:-2]) if is_part else rule


def concerns(finding: Finding, place: Place) -> bool:
    """Whether a finding is about a place: at it, below it, or beside it in its object."""
    if finding.origin.object != place.origin.object or not finding.origin.object:
        return False
    # Findings of the reader count as written, those of dialects do not.
    path, other = place.origin.written, finding.origin.written
    if place.is_whole:
        return not _is_another_item(other, path)
    return other[: len(path)] == path


def _is_another_item(path: FieldPath, other: FieldPath) -> bool:
    """Whether two paths part at a list."""
    for step, its in zip(path, other, strict=False):
        if step != its:
            return isinstance(step, int) and isinstance(its, int)
    return False
