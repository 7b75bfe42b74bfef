"""What a proxy reports, typed: counts by cluster and group over one interval.

The group's name is the locality's sub-zone, see `envoy.compile.endpoints`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_UTILIZATIONS: Final = {"cpu_utilization": "cpu"}
"""Envoy's name for what endpoints report of themselves → the model's."""
_NAMED: Final = "named_metrics."
_SHORTEST: Final = 1e-3


@dataclass(frozen=True, slots=True)
class GroupReport:
    """Of one group; over all localities with its name."""

    issued: int = 0
    """Requests sent to it in the interval."""
    in_progress: int = 0
    """Requests that were under way at its end."""
    connections: int = 0
    """Connections that were open at its end."""
    metrics: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    """Name → in how many answers it was, and the sum of what they said."""

    def __add__(self, other: GroupReport) -> GroupReport:
        metrics = dict(self.metrics)
        for name, (count, value) in other.metrics.items():
            known = metrics.get(name, (0, 0.0))
            metrics[name] = (known[0] + count, known[1] + value)
        return GroupReport(
            self.issued + other.issued,
            self.in_progress + other.in_progress,
            self.connections + other.connections,
            metrics,
        )


@dataclass(frozen=True, slots=True)
class ClusterReport:
    """Of one cluster; a group that is not in it had nothing to do."""

    cluster: str
    seconds: float
    """The interval's length, as the proxy measured it."""
    groups: Mapping[str, GroupReport]


def reports_of(request: Any) -> Iterator[ClusterReport]:
    """The reports in a `LoadStatsRequest`; an interval without length says nothing."""
    for stats in request.cluster_stats:
        seconds = stats.load_report_interval.ToNanoseconds() / 1e9
        if seconds >= _SHORTEST:
            yield ClusterReport(stats.cluster_name, seconds, _groups(stats.upstream_locality_stats))


def _groups(localities: Iterable[Any]) -> dict[str, GroupReport]:
    groups: dict[str, GroupReport] = {}
    for stats in localities:
        name = stats.locality.sub_zone
        report = GroupReport(
            stats.total_issued_requests,
            stats.total_requests_in_progress,
            stats.total_active_connections,
            dict(_metrics(stats)),
        )
        groups[name] = groups.get(name, GroupReport()) + report
    return groups


def _metrics(stats: Any) -> Iterator[tuple[str, tuple[int, float]]]:
    if stats.HasField("cpu_utilization"):
        used = stats.cpu_utilization
        yield "cpu", (used.num_requests_finished_with_metric, used.total_metric_value)
    for metric in stats.load_metric_stats:
        name = _UTILIZATIONS.get(metric.metric_name, metric.metric_name.removeprefix(_NAMED))
        yield name, (metric.num_requests_finished_with_metric, metric.total_metric_value)
