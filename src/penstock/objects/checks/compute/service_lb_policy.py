"""Service load balancing policies."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.objects.checks.compute.common import between
from penstock.objects.compute.service_lb_policy import ServiceLbPolicy
from penstock.objects.problem import Problem


def check_service_lb_policy(policy: ServiceLbPolicy) -> Iterator[Problem]:
    """Problems of a service load balancing policy."""
    config = policy.failover_config
    if config is not None:
        path = ("failoverConfig", "failoverHealthThreshold")
        yield from between(path, config.failover_health_threshold, 1, 99)
