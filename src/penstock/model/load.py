"""Load: what proxies report of each group of a backend service."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from penstock.model.names import BackendServiceName, NegName


class GroupLoad(msgspec.Struct, frozen=True, omit_defaults=True):
    """Of one group, summed up over the proxies of one region."""

    rate: float
    """Requests per second that were sent to it."""
    in_flight: float = 0.0
    """Requests at once."""
    connections: float = 0.0
    metrics: Mapping[str, float] = {}
    """What endpoints report, as a mean over their answers: name → 0 to 1."""


LoadView = Mapping[tuple[str, BackendServiceName, NegName], GroupLoad]
"""Region of the proxies, backend service, group → load."""
