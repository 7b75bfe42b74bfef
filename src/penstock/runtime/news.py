"""What is new among findings: those that came, that say the same otherwise, and that went.

Two findings are the same one if code, object and field are: a name in its words may have
changed because of another object, and its line because of text above it.  Words that
differ only in such lines (``web.yaml:12``) say the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Hashable, Iterable, Sequence
from typing import Final, NamedTuple

from penstock.model import Finding
from penstock.objects.world import World

_PLACE: Final = re.compile(r"(?P<file>[^\s:(`]+):[0-9]+(?::[0-9]+)?")
"""A place in a file, if `file` is (the last word of) a file's name."""


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
    if here and there:
        here, there = _elsewhere(here, there, _files((before, after), (here, there)))
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


def _elsewhere(
    old: Sequence[Finding], new: Sequence[Finding], files: Container[str]
) -> tuple[list[Finding], list[Finding]]:
    """Those that only one side has, whatever the places are that their words name."""

    def same(match: re.Match[str]) -> str:
        return match["file"] if match["file"] in files else match[0]

    def said(finding: Finding) -> Hashable:
        return (_place(finding), finding.severity, _PLACE.sub(same, finding.message))

    return _without(old, map(said, new), said), _without(new, map(said, old), said)


def _files(worlds: Iterable[World], findings: Iterable[Iterable[Finding]]) -> frozenset[str]:
    """The last words of the names of all files: what `_PLACE` finds of them."""
    locators = {obj.locator for world in worlds for obj in world}
    names = {locator.file for locator in locators if locator is not None}
    names |= {f.origin.file for group in findings for f in group if f.origin.file}
    return frozenset(name.split()[-1] for name in names if name.strip())


def _said(finding: Finding) -> Hashable:
    """What it says, wherever in the text it is; other objects that come and go change hints."""
    return (_place(finding), finding.severity, finding.message)


def _place(finding: Finding) -> Hashable:
    origin = finding.origin
    return (finding.code, origin.object, origin.path, None if origin.object else origin.file)


def _without(
    findings: Iterable[Finding],
    others: Iterable[Hashable],
    said: Callable[[Finding], Hashable] = _said,
) -> list[Finding]:
    """Those that have no twin among the others; one twin is one finding's."""
    twins = Counter(others)
    return [finding for finding in findings if not _take(twins, said(finding))]


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
