"""Service load balancing policies (of the Network Services API)."""

from __future__ import annotations

from typing import ClassVar

from penstock.objects.compute.base import ComputeFields, ComputeResource


class AutoCapacityDrain(ComputeFields, frozen=True):
    """Whether groups with hardly a healthy endpoint get nothing."""

    enable: bool | None = None


class FailoverConfig(ComputeFields, frozen=True):
    """When other groups take over."""

    failover_health_threshold: int | None = None


class IsolationConfig(ComputeFields, frozen=True):
    """Whether requests may leave a region."""

    isolation_granularity: str | None = None
    isolation_mode: str | None = None


class ServiceLbPolicy(ComputeResource, frozen=True):
    """How a backend service shares requests out over its groups."""

    KIND: ClassVar[str] = "compute#serviceLbPolicy"

    auto_capacity_drain: AutoCapacityDrain | None = None
    create_time: str | None = None
    failover_config: FailoverConfig | None = None
    isolation_config: IsolationConfig | None = None
    labels: dict[str, str] | None = None
    load_balancing_algorithm: str | None = None
    update_time: str | None = None
