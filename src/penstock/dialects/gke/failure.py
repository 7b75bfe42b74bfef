"""Why GKE would not make what an Ingress asks for, in the controller's own words.

GKE stops the whole Ingress for one failure, and so does ``--strict``; without it only
the rule that fails answers with an error.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

from penstock.model import FieldPath, Finding, FindingCode, Origin

TRANSLATE: Final = "Translation failed: invalid ingress spec"
"""How the controller begins its event of reason ``Translate``."""
SYNC: Final = "Error syncing to GCP"
"""How it begins its event of reason ``Sync``, for what the Compute API refuses."""
PROCESS: Final = "ProcessServiceFailed"
"""The reason of the event that the controller of network endpoint groups writes onto a Service;
without the group the Ingress cannot be synced."""


class Failure(NamedTuple):
    """One failure."""

    code: FindingCode
    text: str
    """The controller's."""
    hint: str = ""
    origin: Origin | None = None
    """Where it is written; None where the backend is named."""
    event: str = TRANSLATE
    """How the controller's event begins."""
    service: str = ""
    """``namespace/name`` of the Service whose groups fail, if any do."""
    brief: str = ""
    """The same in words that are few enough for a table, where the code does not say it."""
    aside: tuple[Finding, ...] = ()
    """What may be behind it: annotations of the Service that nobody reads."""
    place: FieldPath = ()
    """Where the Ingress names what fails."""

    @property
    def service_text(self) -> str:
        """What the event says that is written onto the Service."""
        return f'error processing service "{self.service}": {self.text}'

    def finding(self, where: Origin, consequence: str) -> Finding:
        """The finding; `where` is the backend that fails for it."""
        text = self.service_text if self.event == PROCESS else self.text
        message = f"{self.event}: {text.removesuffix('.')}; {consequence}"
        made = self.code.at(self.origin or where, message, self.hint)
        return replace(made, consequence=f"; {consequence}.")


def place_order(place: FieldPath) -> tuple[bool, tuple[int, ...]]:
    """The controller translates rule after rule, and what no path takes at the end."""
    numbers = tuple(step for step in place if isinstance(step, int))
    return (not numbers, numbers)
