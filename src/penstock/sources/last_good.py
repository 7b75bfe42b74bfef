"""Keeps what was good: a half-written or broken file must not take live objects down.

As with an API server, an object that is written wrongly is refused and its
last version stays.  Where nobody can tell which objects a broken document
holds, whatever the file has lost stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from penstock.model import Finding, Origin, Position
from penstock.objects.meta import Object
from penstock.objects.parse import Parsed
from penstock.objects.read import Identity
from penstock.objects.yaml.locate import Point
from penstock.sources import codes

_MOST_NAMED = 5

FORGET_HINT = "If it is meant to be gone, stop Penstock and start it with `penstock up --forget`."


class Memory(Protocol):
    """What files gave before this process started."""

    def recall(self, name: str) -> View | None:
        """What the file gave when it was last good."""

    def names(self) -> Iterable[str]:
        """Files of which something is remembered."""


class NoMemory:
    """Nothing is remembered."""

    def recall(self, name: str) -> View | None:
        """Nothing."""

    def names(self) -> Iterable[str]:
        """None."""
        return ()


@dataclass(frozen=True, slots=True)
class View:
    """What a file gives to the world."""

    fresh: tuple[Object[Any], ...] = ()
    """Objects as they are written now."""
    kept: tuple[Object[Any], ...] = ()
    """Last good versions of objects that are now written wrongly, or hidden by what is broken."""
    findings: tuple[Finding, ...] = ()
    whole: frozenset[Identity] = field(default=frozenset())
    """Objects of which nothing is left out."""

    @property
    def objects(self) -> dict[Identity, Object[Any]]:
        """All of them by identity."""
        return {identity_of(obj): obj for obj in (*self.fresh, *self.kept)}


def identity_of(obj: Object[Any]) -> Identity:
    """Kind, namespace and name."""
    return (obj.kind, obj.namespace, obj.name)


def merge(before: View, parsed: Parsed, file: str) -> View:
    """What a file gives after it was read again."""
    now = {identity_of(obj): obj for obj in parsed.objects}
    old = before.objects
    refused = {
        identity: _still(old[identity], now.get(identity))
        for identity in sorted(parsed.left_out & old.keys())
        if identity in before.whole or identity not in now
    }
    hidden = {
        identity: obj
        for identity, obj in old.items()
        if (parsed.broken or refused) and identity not in now and identity not in refused
    }
    kept = {**refused, **hidden}
    findings = (
        *_as_kept(parsed.findings, refused, hidden),
        *_refused(refused, parsed, file),
        *_hidden(hidden, parsed, file),
    )
    return View(
        tuple(obj for identity, obj in now.items() if identity not in kept),
        tuple(kept.values()),
        findings,
        frozenset(now.keys() - parsed.left_out) | (before.whole & kept.keys()),
    )


def _still(old: Object[Any], now: Object[Any] | None) -> Object[Any]:
    """An object that stays; `now` is what is left of it as it is written."""
    flaws = now.flaws if now is not None else ()
    return old if flaws == old.flaws else old.flawed(flaws)


def _as_kept(
    findings: Iterable[Finding],
    refused: Mapping[Identity, Object[Any]],
    hidden: Mapping[Identity, Object[Any]],
) -> Iterator[Finding]:
    """Without saying that something is left out of what stays live as a whole."""
    kept = {obj.ref for obj in refused.values()} | ({""} if hidden else set())
    for finding in findings:
        is_kept = finding.consequence and finding.origin.object in kept
        yield finding.without_consequence() if is_kept else finding


def keep_all(before: View, finding: Finding | None, file: str, hint: str = "") -> View:
    """What a file gives when it cannot be read at all."""
    old = before.objects
    place = Point(file, Position(1, 1))
    findings = [finding] if finding is not None else []
    if old:
        message = f"{_named(old)} {'stays' if len(old) == 1 else 'stay'} live as last read."
        findings.append(codes.KEPT_LAST_GOOD.at(Origin("", (), place, at=file), message, hint))
    return View((), tuple(old.values()), tuple(findings), before.whole)


def _refused(
    refused: Mapping[Identity, Object[Any]], parsed: Parsed, file: str
) -> Iterator[Finding]:
    for obj in refused.values():
        culprit = next((f.origin for f in parsed.findings if f.origin.object == obj.ref), None)
        locator = culprit.locator if culprit else Point(file, parsed.broken or Position(1, 1))
        path = culprit.path if culprit else ()
        message = f"{obj.ref} is not valid as it is written now; its last good version stays live."
        yield codes.KEPT_LAST_GOOD.at(
            Origin(obj.ref, path, locator, at=file), message, "Mend the object to replace it."
        )


def _hidden(hidden: Mapping[Identity, Object[Any]], parsed: Parsed, file: str) -> Iterator[Finding]:
    """A file that is cut in the middle of an object loses all that comes after it, too."""
    if not hidden:
        return
    stay = "stays" if len(hidden) == 1 else "stay"
    what = "cannot be read" if parsed.broken else "is not valid"
    message = f"A part of the file {what}, so {_named(hidden)} {stay} live as last read."
    origin = Origin("", (), Point(file, parsed.broken or Position(1, 1)), at=file)
    yield codes.KEPT_LAST_GOOD.at(origin, message, "Mend the file to replace it.")


def _named(objects: Mapping[Identity, Object[Any]]) -> str:
    refs = [obj.ref for obj in objects.values()]
    more = f" and {len(refs) - _MOST_NAMED} more" if len(refs) > _MOST_NAMED else ""
    return ", ".join(refs[:_MOST_NAMED]) + more
