"""Durations of the Compute API in seconds."""

from __future__ import annotations

from penstock.objects.compute.route_action import Duration


def seconds(duration: Duration | None) -> float | None:
    """Seconds, or None if nothing is written."""
    if duration is None:
        return None
    return (duration.seconds or 0) + (duration.nanos or 0) / 1e9
