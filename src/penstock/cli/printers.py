"""What `penstock up` prints: JSON lines for programs, tables and a log for people."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence

from rich.console import Console

from penstock.model import Finding
from penstock.runtime.authority import Authority
from penstock.runtime.health import EndpointChange
from penstock.runtime.news import News
from penstock.runtime.observer import Observer
from penstock.runtime.revision import Revision
from penstock.runtime.settings import Settings
from penstock.runtime.state import StateDir
from penstock.status import (
    events,
    live_log,
    names,
    names_view,
    portability,
    render,
    report,
    trying,
)
from penstock.status.front_changes import front_lines
from penstock.status.words import visible


class JsonPrinter(Observer):
    """One JSON object a line; docs/json-output.md documents the keys."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def ready(self, revision: Revision, seconds: float) -> None:
        """The first line."""
        _emit(events.ready(revision, self._settings.dns))

    def applied(
        self, revision: Revision, previous: Revision, changes: Sequence[str], seconds: float
    ) -> None:
        """A change is live."""
        _emit(events.applied(revision, changes, seconds, previous))

    def health_changed(self, change: EndpointChange) -> None:
        """An endpoint's health turned."""
        _emit(events.health(change))

    def told(self, news: News) -> None:
        """Each finding that is new, another one or gone."""
        for event in events.told(news):
            _emit(event)

    def refused(self, findings: Sequence[Finding]) -> None:
        """Each finding; there will be no `ready`."""
        self.told(News(found=tuple(findings)))

    def stopping(self) -> None:
        """Nothing: `stopped` will say it."""

    def stopped(self) -> None:
        """The last line."""
        _emit(events.stopped())


def _emit(event: report.Json) -> None:
    sys.stdout.write(json.dumps(event, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def _count(lbs: Sequence[report.Json]) -> str:
    """How many load balancers there are, and whether some cannot be reached."""
    if not lbs:
        return render.NO_LOAD_BALANCER
    count = f"{len(lbs)} load balancer{'' if len(lbs) == 1 else 's'}"
    unreachable = sum(1 for lb in lbs if not lb["listeners"])
    return f"{count}, {unreachable} without an address" if unreachable else count


class TextPrinter(Observer):
    """Tables at the start, one line per change after it."""

    def __init__(self, settings: Settings, state: StateDir) -> None:
        self._console = Console(highlight=False)
        self._settings = settings
        self._state = state
        self._turned: set[str] = set()
        """Objects with endpoints whose health turned since the last change was told."""

    def ready(self, revision: Revision, seconds: float) -> None:
        """The table of everything, findings below it, lines to try."""
        lbs = report.load_balancers(revision)
        self._console.print(f"[bold]Ready[/bold]: {_count(lbs)} in {seconds:.1f} s\n")
        for lb in lbs:
            render.print_block(self._console, render.load_balancer_block(lb))
            self._console.print()
        if revision.findings:
            self._print(revision.findings)
        self._footer(revision, lbs)

    def _footer(self, revision: Revision, lbs: Sequence[report.Json]) -> None:
        authority = None
        if revision.model.certificate_requests:
            authority = str(Authority(self._state).certificate_path)
            self._console.print(
                f"Generated certificates are signed by {authority}\n", soft_wrap=True
            )
        lines = [*trying.try_lines(lbs, authority), *self._dig_lines(revision)]
        if lines:
            self._console.print("Try:", style="bold")
            for line in lines:
                self._console.print(f"  {line}", markup=False, soft_wrap=True)
            self._console.print()
        watching = "Watching for changes; " if self._settings.watch else ""
        self._console.print(
            f"[dim]{watching}Ctrl-C stops. In another terminal: penstock status[/dim]"
        )

    def _dig_lines(self, revision: Revision) -> list[str]:
        server = names.place(self._settings.dns)
        known = names.served_names(revision)
        return [names_view.dig_line(server, name) for name in known[:1]] if server else []

    def applied(
        self, revision: Revision, previous: Revision, changes: Sequence[str], seconds: float
    ) -> None:
        """One line, and one for each load balancer that listens elsewhere now."""
        told = live_log.worth_telling(changes, self._turned)
        self._turned.clear()
        event = events.applied(revision, changes, seconds, previous)
        now = event.get("loadBalancers")
        moved = [] if now is None else list(front_lines(report.summaries(previous), now))
        if told is None and not moved:
            return
        for line in (live_log.applied_line(event, told or []), *moved):
            self._line(line)

    def health_changed(self, change: EndpointChange) -> None:
        """One line."""
        self._turned.update(change.services)
        self._line(render.health_line(events.health(change)))

    def told(self, news: News) -> None:
        """What is gone on one line each, what went with its object on one for all; what is new in
        full."""
        for line in live_log.gone_lines(report.findings(news.gone)):
            self._line(line)
        if removed := live_log.removed_line(report.findings(news.removed)):
            self._line(removed)
        for findings, begin in ((news.reworded, "still: "), (news.found, "")):
            shown = report.findings(findings)
            render.print_findings(self._console, shown, begin, marked=True)

    def refused(self, findings: Sequence[Finding]) -> None:
        """Why nothing was started."""
        self._print(findings)
        self._console.print("Nothing was started: with --strict the input must have no errors.")

    def _print(self, findings: Sequence[Finding]) -> None:
        shown = report.findings(findings)
        portability.print_findings(self._console, shown)
        self._console.print(f"{portability.summary(shown)}\n")

    def stopping(self) -> None:
        """Why it may take a moment."""
        patience = f"{self._settings.drain_seconds:g} s"
        self._line(f"draining open requests, at most {patience}; Ctrl-C again does not wait")

    def stopped(self) -> None:
        """The last line."""
        self._line("stopped")

    def _line(self, text: str) -> None:
        now = time.strftime("%H:%M:%S")
        self._console.print(f"{now} {visible(text)}", markup=False, soft_wrap=True)
