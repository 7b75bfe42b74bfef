"""One object's plain value to its typed kind, with a finding for every problem.

The fast way is one `msgspec.convert` and the checks; nearly every object takes
it.  Otherwise the value is walked (all mismatches), what could be typed is
checked (all bad values), and then the smallest parts that hold a problem are
left out, so that the rest stays live.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import msgspec

from penstock.model import GKE, Finding, Origin, Severity
from penstock.model.origin import FieldPath
from penstock.objects import codes
from penstock.objects.blast import Part, parts_around, to_drop
from penstock.objects.checks import check
from penstock.objects.compute import codes as compute_codes
from penstock.objects.compute.base import ComputeResource
from penstock.objects.compute.walk import ComputeWalk, as_int
from penstock.objects.dns import codes as dns_codes
from penstock.objects.dns.base import DnsResource
from penstock.objects.dns.walk import DnsWalk
from penstock.objects.gke import BackendConfig, FrontendConfig, ManagedCertificate
from penstock.objects.known_fields import METADATA
from penstock.objects.meta import Object, Resource
from penstock.objects.problem import Harm, Problem
from penstock.objects.schema import FAILED, Walk
from penstock.objects.yaml.locate import ItemLocator, written

_OPEN_KINDS = frozenset({"Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Node"})
_OF_GKE = frozenset({BackendConfig, FrontendConfig, ManagedCertificate})
"""Kinds that nobody but GKE checks: what is wrong with one is its verdict."""
_UNKNOWN = frozenset({codes.UNKNOWN_FIELD, compute_codes.UNKNOWN_FIELD, dns_codes.UNKNOWN_FIELD})
_IGNORES = "It is ignored."
_IGNORED = _UNKNOWN | {codes.MISPLACED_FIELD, codes.OLD_FIELD}


@dataclass(frozen=True, slots=True)
class Decoded:
    """What became of one object."""

    object: Object[Any] | None
    findings: tuple[Finding, ...] = ()
    whole: bool = True
    """Whether the object is there and nothing of it was left out."""


def decode(kind: type[Resource], value: dict[str, Any], ref: str, locator: ItemLocator) -> Decoded:
    """Type one object; `ref` names it in findings."""
    fast = _fast(kind, value)
    if fast is not None:
        return Decoded(Object(fast, locator))
    return _Slow(kind, value, ref, locator).run()


def _fast(kind: type[Resource], value: dict[str, Any]) -> Resource | None:
    if kind.KIND in _OPEN_KINDS and not _known_fields(kind, value):
        return None
    metadata = value.get("metadata")
    if issubclass(kind, ComputeResource):
        number = as_int(value.get("id", 0))
        if metadata is not None or number is None:
            return None
        if "id" in value:
            value = {**value, "id": number}
    elif issubclass(kind, DnsResource):
        if metadata is not None:
            return None
    elif isinstance(metadata, dict) and not METADATA.issuperset(metadata):
        return None
    try:
        resource = msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return None
    return resource if next(check(resource), None) is None else None


def _known_fields(kind: type[Resource], value: dict[str, Any]) -> bool:
    """Whether a pod or workload has no field name that needs a closer look."""
    walk = Walk(kind, lambda path: None)
    walk.run(value)
    return not walk.problems


class _Slow:
    """The long way for one object."""

    def __init__(
        self, kind: type[Resource], value: dict[str, Any], ref: str, locator: ItemLocator
    ) -> None:
        self.kind, self.value, self.ref, self.locator = kind, value, ref, locator

    def run(self) -> Decoded:
        problems = self._diagnose()
        dropped = self._decide(problems)
        resource, kept = self._build(dropped)
        locator = ItemLocator(self.locator.document, self.locator.base, kept)
        findings = tuple(self._finding(p, dropped, resource is not None) for p in problems)
        flaws = tuple(p.message.removesuffix(".") for p in problems if p.harm is Harm.LEAVES_OUT)
        built = Object(resource, locator, flaws) if resource is not None else None
        return Decoded(built, findings, whole=built is not None and not dropped)

    def _diagnose(self) -> list[Problem]:
        """Every problem, at the paths that were written."""
        walk = self._walk()
        cleaned = walk.run(self.value)
        problems = list(walk.problems)
        resource = None if cleaned is FAILED else self._convert(cleaned, problems)
        for problem in check(resource) if resource is not None else ():
            path = written(problem.path, walk.kept)
            also = tuple(written(place, walk.kept) for place in problem.also)
            problems.append(dataclasses.replace(problem, path=path, also=also))
        return _hush(problems)

    def _walk(self, dropped: Collection[FieldPath] = ()) -> Walk:
        if issubclass(self.kind, DnsResource):
            return DnsWalk(self.kind, self.locator.text_at, dropped)
        of = ComputeWalk if issubclass(self.kind, ComputeResource) else Walk
        return of(self.kind, self.locator.text_at, dropped)

    def _convert(self, cleaned: Any, problems: list[Problem]) -> Resource | None:
        try:
            return msgspec.convert(cleaned, self.kind)
        except msgspec.ValidationError:
            if not problems:
                message = "The object does not have the form that its kind asks for."
                problems.append(Problem(codes.WRONG_TYPE, (), message))
            return None

    def _decide(self, problems: list[Problem]) -> dict[FieldPath, Part] | None:
        harmful = [problem for problem in problems if problem.harm is Harm.LEAVES_OUT]
        paths = [path for problem in harmful for path in (problem.path, *problem.also)]
        return to_drop(self.kind.KIND, self.value, paths)

    def _build(
        self, dropped: dict[FieldPath, Part] | None
    ) -> tuple[Resource | None, dict[FieldPath, tuple[int, ...]]]:
        if dropped is None:
            return None, {}
        walk = self._walk(dropped)
        cleaned = walk.run(self.value)
        resource = None if cleaned is FAILED else self._convert(cleaned, [])
        if resource is None:
            return None, {}
        left = any(problem.harm is Harm.LEAVES_OUT for problem in check(resource))
        return (None, {}) if left else (resource, walk.kept)

    def _finding(
        self, problem: Problem, dropped: dict[FieldPath, Part] | None, live: bool
    ) -> Finding:
        consequence = self._consequence(problem, dropped or {}, live)
        origin = Origin(self.ref, problem.path, self.locator, at=self._at())
        message = f"{problem.message} {consequence}".rstrip()
        # A misspelt field is a warning, unless what it was to say is therefore missing.
        severity = Severity.ERROR if problem.harm is Harm.LEAVES_OUT else None
        finding = problem.code.at(origin, message, problem.hint, severity)
        about = GKE if self.kind in _OF_GKE else finding.about
        left_out = "" if consequence == _IGNORES else consequence
        return dataclasses.replace(finding, about=about, consequence=left_out)

    def _at(self) -> str:
        return f"{self.locator.file}:{self.locator.document.first_line}"

    def _consequence(self, problem: Problem, dropped: dict[FieldPath, Part], live: bool) -> str:
        kind = self.kind.KIND.rpartition("#")[2]
        if problem.harm is Harm.NOTHING and problem.code not in _IGNORED:
            return ""
        if problem.harm is Harm.NOTHING and (live or problem.code in _UNKNOWN):
            return _IGNORES
        if not live:
            return f"The {kind} is left out."
        for path, part in parts_around(self.kind.KIND, problem.path):
            if path in dropped and not any(path[:length] in dropped for length in range(len(path))):
                return f"Only this {part.name} is left out; the rest of the {kind} is live."
        return ""


def _hush(problems: list[Problem]) -> list[Problem]:
    """Without those that another one explains, whose harm passes on to that one."""
    result = list(problems)
    for absence in problems:
        culprit = next((i for i, p in enumerate(result) if p.explains(absence)), None)
        if culprit is None:
            continue
        result.remove(absence)
        culprit = next(i for i, p in enumerate(result) if p.explains(absence))
        if absence.harm is Harm.LEAVES_OUT:
            result[culprit] = dataclasses.replace(result[culprit], harm=Harm.LEAVES_OUT)
    return result
