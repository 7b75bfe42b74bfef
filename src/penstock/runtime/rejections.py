"""What proxies refused, as findings on the objects that caused it.

Penstock checks all it can before it sends; what only Envoy can refuse ends
here, in Envoy's words, so that a rejected configuration never goes unseen.
"""

from __future__ import annotations

from collections.abc import Sequence

from penstock.envoy.compile import Owners
from penstock.envoy.xds import Nack
from penstock.model import Finding, Origin, Severity, code

REJECTED = code(
    "envoy/rejected",
    Severity.ERROR,
    "Envoy refused a part of the configuration; its last accepted version stays in force",
)


def rejected(nacks: Sequence[Nack], owners: Owners) -> tuple[Finding, ...]:
    """One finding for each refused resource, however many proxies refuse it."""
    unique = {(nack.type_url, nack.name, nack.message) for nack in nacks}
    return tuple(_finding(*item, owners) for item in sorted(unique))


def _finding(type_url: str, name: str, message: str, owners: Owners) -> Finding:
    origin = owners.blame(type_url, name, message) or Origin("")
    kind = type_url.rsplit(".", 1)[-1]
    return REJECTED.at(
        origin,
        f"Envoy refuses the {kind} {name}: {message}",
        "What served before goes on serving. Everything else of this change is live.",
    )
