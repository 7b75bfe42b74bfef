"""What is new among findings: those that came, that say the same otherwise, and that went.

Two findings are the same one if code, object and field are: a name in its words may have
changed because of another object, and its line because of text above it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

from penstock.model import Finding
from penstock.objects.world import World


class News(NamedTuple):
    """Findings of a revision beside those of the one before."""

    found: tuple[Finding, ...] = ()
    reworded: tuple[Finding, ...] = ()
    """As they are now."""
    gone: tuple[Finding, ...] = ()
    removed: tuple[Finding, ...] = ()
    """Gone together with their objects."""


def news(old: Sequence[Finding], new: Sequence[Finding], before: World, after: World) -> News:
    """What changed from `old` to `new`; each in the order that it has there."""
    here, there = _apart(old, new)
    if not here and not there:
        return News()
    was, now = Counter(map(_place, here)), Counter(map(_place, there))
    found, reworded = _parted(there, was)
    went, _ = _parted(here, now)
    lost = _refs(before) - _refs(after) if went else frozenset()
    return News(
        tuple(found),
        tuple(reworded),
        tuple(finding for finding in went if finding.origin.object not in lost),
        tuple(finding for finding in went if finding.origin.object in lost),
    )


def _apart(old: Sequence[Finding], new: Sequence[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Those that only one side has, wherever in the text they are."""
    before, after = set(old), set(new)
    here = [finding for finding in old if finding not in after]
    there = [finding for finding in new if finding not in before]
    return _without(here, map(_said, there)), _without(there, map(_said, here))


def _said(finding: Finding) -> Hashable:
    """What it says, wherever in the text it is; other objects that come and go change hints."""
    return (_place(finding), finding.severity, finding.message)


def _place(finding: Finding) -> Hashable:
    origin = finding.origin
    return (finding.code, origin.object, origin.path, None if origin.object else origin.file)


def _without(findings: Iterable[Finding], others: Iterable[Hashable]) -> list[Finding]:
    """Those that have no twin among the others; one twin is one finding's."""
    twins = Counter(others)
    return [finding for finding in findings if not _take(twins, _said(finding))]


def _parted(
    findings: Iterable[Finding], places: Counter[Hashable]
) -> tuple[list[Finding], list[Finding]]:
    """Findings at none of the places, and one for each of the others."""
    none: list[Finding] = []
    some: list[Finding] = []
    for finding in findings:
        (some if _take(places, _place(finding)) else none).append(finding)
    return none, some


def _take(counted: Counter[Hashable], key: Hashable) -> bool:
    if counted[key] < 1:
        return False
    counted[key] -= 1
    return True


def _refs(world: World) -> frozenset[str]:
    return frozenset(obj.ref for obj in world)
