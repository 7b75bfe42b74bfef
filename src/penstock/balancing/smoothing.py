"""From reports that jump to loads that stand still while nothing much happens.

Two steps, both pure arithmetic: an exponential mean takes off the noise of single
seconds, and a published load stays as it is until the mean has left it by more than
`TOLERANCE`.  That is the hysteresis that keeps weights from following every second.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from penstock.model import GroupLoad

TIME_CONSTANT: Final = 2.0
"""Seconds after which a step shows by 63 %."""
TOLERANCE: Final = 0.05
"""How far, relative to the published load, the mean may go before it is published."""
_SMALL: Final = GroupLoad(0.2, 0.2, 0.5)
"""Differences that are none, whatever they are relative to."""
_NOTHING: Final = 0.01


@dataclass(frozen=True, slots=True)
class Sample:
    """What one proxy counted of one group in one interval."""

    seconds: float
    load: GroupLoad
    """Metrics that no answer named are missing."""


def follow(before: GroupLoad | None, sample: Sample) -> GroupLoad:
    """The mean after one more sample; the first one counts as it is."""
    new = sample.load
    if before is None:
        return new
    part = 1.0 - math.exp(-sample.seconds / TIME_CONSTANT)
    names = sorted(before.metrics.keys() | new.metrics.keys())
    return GroupLoad(
        _toward(before.rate, new.rate, part),
        _toward(before.in_flight, new.in_flight, part),
        _toward(before.connections, new.connections, part),
        {name: _metric(before.metrics.get(name), new.metrics.get(name), part) for name in names},
    )


def moved(published: Mapping[str, GroupLoad], now: Mapping[str, GroupLoad]) -> bool:
    """Whether the loads of a service's groups have left what was published of them."""
    nothing = GroupLoad(0.0)
    return any(
        _differ(published.get(name, nothing), now.get(name, nothing))
        for name in published.keys() | now.keys()
    )


def _toward(before: float, new: float, part: float) -> float:
    value = before + (new - before) * part
    return value if value > _NOTHING or new > 0 else 0.0


def _metric(before: float | None, new: float | None, part: float) -> float:
    if before is None or new is None:
        return new if new is not None else before if before is not None else 0.0
    return before + (new - before) * part


def _differ(old: GroupLoad, new: GroupLoad) -> bool:
    if (
        _far(old.rate, new.rate, _SMALL.rate)
        or _far(old.in_flight, new.in_flight, _SMALL.in_flight)
        or _far(old.connections, new.connections, _SMALL.connections)
    ):
        return True
    names = old.metrics.keys() | new.metrics.keys()
    return any(
        _far(old.metrics.get(name, 0.0), new.metrics.get(name, 0.0), TOLERANCE / 5)
        for name in names
    )


def _far(old: float, new: float, small: float) -> bool:
    return abs(new - old) > max(small, TOLERANCE * max(old, new))
