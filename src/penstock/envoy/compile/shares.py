"""What a cluster needs so that the groups of its load assignment get their shares."""

from __future__ import annotations

from typing import Any, Final

from envoy.config.cluster.v3 import cluster_pb2
from envoy.config.core.v3 import health_check_pb2

from penstock.model import BackendService, BalancingMode

_Status = health_check_pb2.HealthStatus
_METRICS: Final = {
    BalancingMode.UTILIZATION: ("cpu_utilization",),
    BalancingMode.CUSTOM_METRICS: (),
}


def weigh_groups(cluster: Any, service: BackendService) -> None:
    """Let locality weights count, and report what endpoints say of themselves."""
    balancing = cluster.common_lb_config
    balancing.locality_weighted_lb_config.CopyFrom(
        cluster_pb2.Cluster.CommonLbConfig.LocalityWeightedLbConfig()
    )
    # Sessions that name a draining endpoint go on with it; an unhealthy one loses them.
    balancing.override_host_status.statuses[:] = [
        _Status.UNKNOWN,
        _Status.HEALTHY,
        _Status.DRAINING,
    ]
    cluster.lrs_report_endpoint_metrics[:] = _reported(service)


def _reported(service: BackendService) -> list[str]:
    """Names of the metrics (ORCA load reports in answers) that capacities are written in."""
    names: set[str] = set()
    for capacity in service.capacities:
        names.update(_METRICS.get(capacity.mode.value, ()))
        names.update(f"named_metrics.{metric.name}" for metric in capacity.metrics)
    return sorted(names)
