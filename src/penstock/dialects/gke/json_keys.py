"""Keys in JSON annotations that GKE passes over, for want of a field of that name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from penstock.dialects.gke import codes
from penstock.model import Finding, Origin
from penstock.objects.suggest import did_you_mean


def unknown_keys(
    annotation: str, value: Mapping[str, Any], known: tuple[str, ...], origin: Origin
) -> Iterator[Finding]:
    """One finding for each key in lower case that is none of `known`; `annotation` is how the
    finding calls where it is."""
    for key in sorted(value.keys() - set(known)):
        message = f"{annotation} has no key {key[:80]!r}; GKE passes over it"
        hint = did_you_mean(key, known) or f"it has {', '.join(known)}"
        yield codes.UNKNOWN_ANNOTATION.at(origin, message, hint)
