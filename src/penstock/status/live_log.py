"""Lines of the change log that `penstock up` writes, from the values of `events`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from penstock.model import GKE, Severity
from penstock.sources.codes import KEPT_LAST_GOOD
from penstock.status.render import folded, others, summary
from penstock.status.report import Json

_MOST_CHANGES = 4
_HEALTH = "~health of "
_SHARES = "~shares of "


def worth_telling(changes: Sequence[str], turned: Collection[str]) -> list[str] | None:
    """Changes without the first results of new endpoints; None if it is only about such.

    `turned` are objects of which the log has told that an endpoint's health turned.
    """
    health = [change for change in changes if change.startswith(_HEALTH)]
    first = {change for change in health if change.removeprefix(_HEALTH) not in turned}
    told = [change for change in changes if change not in first]
    return None if first and all(change.startswith(_SHARES) for change in told) else told


def applied_line(event: Json, changes: Sequence[str]) -> str:
    """``applied in 3 ms: ~Ingress default/web``."""
    return f"applied in {event['durationMs']:.0f} ms: {_some(changes) or 'no object changed'}"


def gone_lines(findings: Sequence[Json]) -> Iterator[str]:
    """A line for each finding that is no longer there."""
    for same in folded(_without_kept(findings)):
        finding = same[0]
        whose = "on GKE: " if finding["about"] == GKE else ""
        also = f" (also: {others(same)})" if len(same) > 1 else ""
        parts = ("no longer", _place(finding), f"{whose}{finding['message']}{also}")
        yield ": ".join(part for part in parts if part)


def removed_line(findings: Sequence[Json]) -> str | None:
    """One line for all findings that went with their objects; None if there are none."""
    told = list(_without_kept(findings))
    if not told:
        return None
    objects = list(dict.fromkeys(finding["object"] for finding in told))
    counted = Counter(finding["severity"] for finding in told)
    counts = summary({severity.value: counted[severity.value] for severity in Severity})
    return f"no longer: {counts}, gone with {_some(objects)}"


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_CHANGES
    return ", ".join(names[:_MOST_CHANGES]) + (f" and {more} more" if more > 0 else "")


def _without_kept(findings: Sequence[Json]) -> Iterator[Json]:
    """Without those of what stayed live for an error that is gone, too."""
    errors = {(f["file"], f["object"]) for f in findings if f["code"] != KEPT_LAST_GOOD.name}
    for finding in findings:
        is_kept = finding["code"] == KEPT_LAST_GOOD.name
        if not is_kept or (finding["file"], finding["object"]) not in errors:
            yield finding


def _place(finding: Json) -> str:
    line = f":{finding['line']}" if finding["line"] else ""
    file = f"{finding['file']}{line}" if finding["file"] else ""
    return " ".join(part for part in (file, finding["object"], finding["field"]) if part)
