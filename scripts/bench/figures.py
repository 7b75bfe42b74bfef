"""Medians, percentiles and how they are written."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of the values do not exceed.

    No interpolation: what is reported has been observed.
    """
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 1000) // 1000) - 1)]


def milliseconds(seconds: float) -> str:
    """Three significant digits or so."""
    value = seconds * 1000
    if value < 1:
        return f"{value:.3f} ms"
    return f"{value:.1f} ms" if value < 100 else f"{value:.0f} ms"


def spread(values: Sequence[float]) -> str:
    """How far the rounds were apart: half the range in percent of the median."""
    middle = statistics.median(values)
    if not middle:
        return "–"
    return f"±{(max(values) - min(values)) / 2 / middle * 100:.0f} %"


def judged(value: float, limit: float, shown: str, *, least: bool = False) -> str:
    """The figure, marked if it misses its target (an upper limit unless `least`)."""
    met = value >= limit if least else value <= limit
    return shown if met else f"{shown} (missed)"
