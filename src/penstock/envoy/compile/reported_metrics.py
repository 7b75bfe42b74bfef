"""Which of what endpoints say of themselves proxies hand on in their load reports."""

from __future__ import annotations

from penstock.model import BackendService, BalancingMode


def reported_metrics(service: BackendService) -> list[str]:
    """Names of the metrics (ORCA load reports in answers) that capacities are written in."""
    names: set[str] = set()
    for capacity in service.capacities:
        if capacity.mode.value is BalancingMode.UTILIZATION:
            names.add("cpu_utilization")
        names.update(f"named_metrics.{metric.name}" for metric in capacity.metrics)
    return sorted(names)
