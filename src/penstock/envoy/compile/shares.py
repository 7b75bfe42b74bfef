"""What a cluster reports so that the groups of its load assignment get their shares."""

from __future__ import annotations

from typing import Any, Final

from penstock.model import BackendService, BalancingMode

_METRICS: Final = {
    BalancingMode.UTILIZATION: ("cpu_utilization",),
    BalancingMode.CUSTOM_METRICS: (),
}


def report_metrics(cluster: Any, service: BackendService) -> None:
    """Let load reports have what endpoints say of themselves, if a capacity is written in it."""
    cluster.lrs_report_endpoint_metrics[:] = _reported(service)


def _reported(service: BackendService) -> list[str]:
    """Names of the metrics (ORCA load reports in answers) that capacities are written in."""
    names: set[str] = set()
    for capacity in service.capacities:
        names.update(_METRICS.get(capacity.mode.value, ()))
        names.update(f"named_metrics.{metric.name}" for metric in capacity.metrics)
    return sorted(names)
