"""Findings parted by whose verdict they are: would GKE say so, too, or does it hold of Penstock?

A team that moves manifests to or from GKE asks two questions of `penstock check`, and
each section answers one. Without any verdict of GKE's there are no sections.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from penstock.model import GKE, Severity
from penstock.status import render
from penstock.status.report import Json

_ON_GKE: Final = "On GKE, which would reject or warn about this itself:"
_HERE: Final = "Here:"


def print_findings(console: Console, findings: Sequence[Json]) -> None:
    """Findings one after the other, GKE's own verdicts first."""
    theirs, ours = _parted(findings)
    if not theirs:
        render.print_findings(console, ours)
        return
    _section(console, _ON_GKE, theirs)
    if ours:
        console.print()
        _section(console, _HERE, ours)


def summary(findings: Sequence[Json]) -> str:
    """``2 errors, 1 warning; on GKE: 1 error``."""
    theirs, _ = _parted(findings)
    everything = render.summary(_counts(findings))
    return f"{everything}; on GKE: {render.summary(_counts(theirs))}" if theirs else everything


def _section(console: Console, title: str, findings: Sequence[Json]) -> None:
    console.print(Text(title, style="bold"), soft_wrap=True)
    render.print_findings(console, findings)


def _parted(findings: Sequence[Json]) -> tuple[list[Json], list[Json]]:
    theirs = [finding for finding in findings if finding["about"] == GKE]
    return theirs, [finding for finding in findings if finding["about"] != GKE]


def _counts(findings: Sequence[Json]) -> Json:
    counted = Counter(finding["severity"] for finding in findings)
    return {severity.value: counted[severity.value] for severity in Severity}
