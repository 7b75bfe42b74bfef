"""From results of probes to health: counted thresholds, as a pure function.

The first result about an endpoint decides at once; only after it the thresholds
count.  Google's probers take an endpoint for unhealthy until ``healthyThreshold``
probes have succeeded, which after a start would keep a whole load balancer down
for an interval or more.
"""

from __future__ import annotations

from typing import NamedTuple

from penstock.model import EndpointHealth


class Result(NamedTuple):
    """What one probe found out."""

    ok: bool
    reason: str
    """For people: ``HTTP 200``, ``connection refused``."""


class Thresholds(NamedTuple):
    """How many results in a row turn health over; both at least 1."""

    healthy: int
    unhealthy: int


class State(NamedTuple):
    """What is known of an endpoint."""

    healthy: bool
    reason: str
    """Of the last probe."""
    since: float
    """When it became healthy or unhealthy, in seconds since 1970."""
    against: int = 0
    """Last results in a row that speak against `healthy`."""

    @property
    def health(self) -> EndpointHealth:
        """For everybody else."""
        return EndpointHealth(self.healthy, self.reason, self.since)


def after(state: State | None, result: Result, now: float, thresholds: Thresholds) -> State:
    """The state after one more result; `state` is None before the first."""
    if state is None:
        return State(result.ok, result.reason, now)
    if result.ok is state.healthy:
        return State(state.healthy, result.reason, state.since)
    against = state.against + 1
    needed = thresholds.healthy if result.ok else thresholds.unhealthy
    if against >= needed:
        return State(result.ok, result.reason, now)
    return State(state.healthy, result.reason, state.since, against)
