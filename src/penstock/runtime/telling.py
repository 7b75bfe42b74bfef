"""Who hears what is live: the observer, each thing once and in order, and whoever asks for names.

Until the first revision is live nothing is told but that there is none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from penstock.runtime.health import EndpointChange
from penstock.runtime.news import news
from penstock.runtime.observer import Observer
from penstock.runtime.revision import Revision
from penstock.runtime.untold import Untold


class Telling:
    """Remembers what was told last, and what is still on its way to proxies."""

    def __init__(self, observer: Observer, show_names: Callable[[Revision], None]) -> None:
        """`show_names` lets names be answered by a revision."""
        self._observer = observer
        self._show_names = show_names
        self._live: Revision | None = None
        """The latest that the observer was told to be live."""
        self._untold = Untold()
        self._early: list[EndpointChange] = []
        """What was found out before anything was live."""

    @property
    def is_live(self) -> bool:
        """Whether proxies have ever had a revision."""
        return self._live is not None

    def ready(self, revision: Revision, seconds: float) -> None:
        """The first revision is live, `seconds` after the start."""
        self._live = revision
        self._show_names(revision)
        self._observer.ready(revision, seconds)
        for change in self._early:
            self._observer.health_changed(change)

    def health_changed(self, change: EndpointChange) -> None:
        """An endpoint turned."""
        if self._live is not None:
            self._observer.health_changed(change)
        else:
            self._early.append(change)

    def built(self, revision: Revision, previous: Revision) -> None:
        """There is a revision after `previous`, on its way or not: what is new to say of it."""
        told = news(previous.findings, revision.findings, previous.world, revision.world)
        if any(told):
            self._observer.told(told)

    def unchanged(
        self, revision: Revision, previous: Revision, changes: Sequence[str], since: float
    ) -> None:
        """Proxies run all of the revision already, or soon will: `previous` is the same to them."""
        self._show_names(revision)
        differs = changes or revision.findings != previous.findings
        if differs and not self._untold.join(changes):
            self._applied(revision, changes, since)

    def rolling_out(self, changes: Sequence[str], since: float) -> int:
        """Changes are on their way; the number of their rollout."""
        return self._untold.add(changes, since)

    def rolled_out(self, number: int, revision: Revision, latest: Revision) -> None:
        """A rollout has ended; `latest` is what was built since, or the same."""
        told = self._untold.take(number)
        if told is not None:
            live = latest if latest.id == revision.id else revision
            self._show_names(live)
            self._applied(live, *told)

    def _applied(self, revision: Revision, changes: Sequence[str], since: float) -> None:
        """Rollouts may be overtaken, so what was live before is not the revision before."""
        previous, self._live = self._live, revision
        assert previous is not None
        self._observer.applied(revision, previous, changes, time.perf_counter() - since)
