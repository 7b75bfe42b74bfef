"""What an instance tells whoever runs it; the CLI prints it, tests record it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from penstock.model import Finding
from penstock.runtime.health import EndpointChange
from penstock.runtime.news import News
from penstock.runtime.revision import Revision


class StartRefusedError(Exception):
    """Strict mode, and the input has errors."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(f"{len(findings)} findings")
        self.findings = tuple(findings)


class Observer(Protocol):
    """Callbacks on the event loop; they must not block for long."""

    def ready(self, revision: Revision, seconds: float) -> None:
        """The first revision is live on every connected proxy, `seconds` after the start."""

    def refused(self, findings: Sequence[Finding]) -> None:
        """Strict mode: the instance does not start on these."""

    def applied(
        self, revision: Revision, previous: Revision, changes: Sequence[str], seconds: float
    ) -> None:
        """A change is live, `seconds` after it was noticed; `previous` is what was told before."""

    def health_changed(self, change: EndpointChange) -> None:
        """An endpoint became healthy or unhealthy, or is unhealthy from the start."""

    def told(self, news: News) -> None:
        """Findings are not those of the previous revision."""
