"""How traffic is shared out: over groups and regions by capacity, within a group by policy."""

from __future__ import annotations

import enum

import msgspec

from penstock.model.names import NegName
from penstock.model.origin import Origin, Setting


class BalancingMode(enum.StrEnum):
    """By what a group's load is measured."""

    RATE = "RATE"
    """Requests per second."""
    CONNECTION = "CONNECTION"
    """Connections at once."""
    IN_FLIGHT = "IN_FLIGHT"
    """Requests at once."""
    UTILIZATION = "UTILIZATION"
    """What endpoints report of their processors, 0 to 1, and the rate if one is set."""
    CUSTOM_METRICS = "CUSTOM_METRICS"
    """What endpoints report of named metrics, 0 to 1."""


class MetricLimit(msgspec.Struct, frozen=True):
    """A metric that endpoints report, and the share of it that is full."""

    name: str
    max_utilization: float
    dry_run: bool = False
    """Reported, but decides nothing."""


class Capacity(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one group of a backend service can take."""

    neg: NegName
    mode: Setting[BalancingMode]
    origin: Origin
    """The backend (``backends[i]``)."""
    max_total: Setting[float] | None = None
    """For the whole group, in the mode's unit; None with `max_per_endpoint` None is no limit."""
    max_per_endpoint: Setting[float] | None = None
    """For each healthy endpoint, in the mode's unit."""
    max_utilization: Setting[float] | None = None
    """UTILIZATION: the share of the processors that is full, 0 to 1."""
    metrics: tuple[MetricLimit, ...] = ()
    scaler: Setting[float] | None = None
    """Multiplies all of the above; 0 sends nothing; None is 1."""
    preferred: Setting[bool] | None = None
    """Whether the group is filled before those that are not preferred; None is no."""


class BalancingAlgorithm(enum.StrEnum):
    """In which order regions and zones get traffic."""

    WATERFALL_BY_REGION = "WATERFALL_BY_REGION"
    """The nearest region up to its capacity, all its zones alike; then the next."""
    WATERFALL_BY_ZONE = "WATERFALL_BY_ZONE"
    """The nearest zone up to its capacity, then the region's others; then the next region."""
    SPRAY_TO_REGION = "SPRAY_TO_REGION"
    """As by region; within it every endpoint alike, whatever zone it is in."""
    SPRAY_TO_WORLD = "SPRAY_TO_WORLD"
    """Every endpoint of every region alike."""


class ServiceLbPolicy(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a backend service shares requests out over its groups."""

    algorithm: Setting[BalancingAlgorithm]
    auto_capacity_drain: Setting[bool] | None = None
    """Whether a group with less than a quarter of its endpoints healthy gets nothing."""
    failover_threshold: Setting[float] | None = None
    """Percent of a region's endpoints that have to be healthy, or others take over (0 to 100)."""
    isolation: Setting[bool] | None = None
    """Whether requests never leave the region."""


class LocalityPolicyKind(enum.StrEnum):
    """How one endpoint of a group is chosen."""

    ROUND_ROBIN = "ROUND_ROBIN"
    LEAST_REQUEST = "LEAST_REQUEST"
    """The less busy of two chosen at random."""
    RANDOM = "RANDOM"
    RING_HASH = "RING_HASH"
    MAGLEV = "MAGLEV"
    WEIGHTED_ROUND_ROBIN = "WEIGHTED_ROUND_ROBIN"
    """By weights that endpoints report in their answers."""


class LocalityPolicy(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one endpoint of a group is chosen, with its parameters."""

    kind: LocalityPolicyKind
    minimum_ring_size: int | None = None
    """RING_HASH only."""
    metrics: tuple[str, ...] = ()
    """WEIGHTED_ROUND_ROBIN: the metrics whose greatest utilization gives the weight;
    empty: the application's, else the processor's."""


class CircuitBreakers(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one proxy may have in flight to a backend service; None is no limit."""

    max_connections: Setting[int] | None = None
    max_pending_requests: Setting[int] | None = None
    max_requests: Setting[int] | None = None
    max_requests_per_connection: Setting[int] | None = None
    max_retries: Setting[int] | None = None


class OutlierDetection(msgspec.Struct, frozen=True):
    """When one proxy leaves an endpoint out because of its answers."""

    consecutive_errors: int
    interval: float
    """Seconds between two looks."""
    base_ejection_time: float
    """Seconds; multiplied by how often the endpoint was left out."""
    max_ejection_percent: int
    enforcing_consecutive_errors: int
    """Percent of detections that lead to ejection; so with all below."""
    consecutive_gateway_failure: int
    enforcing_consecutive_gateway_failure: int
    enforcing_success_rate: int
    success_rate_minimum_hosts: int
    success_rate_request_volume: int
    success_rate_stdev_factor: int
    """Thousandths."""
