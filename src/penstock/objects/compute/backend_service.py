"""Backend services."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from penstock.objects.compute.base import ComputeFields, ComputeResource
from penstock.objects.compute.route_action import Duration


class BackendCustomMetric(ComputeFields, frozen=True):
    """A metric that endpoints report, and its limit."""

    dry_run: bool | None = None
    max_utilization: float | None = None
    name: str | None = None


class Backend(ComputeFields, frozen=True):
    """One group and its capacity."""

    balancing_mode: str | None = None
    capacity_scaler: float | None = None
    custom_metrics: tuple[BackendCustomMetric, ...] | None = None
    description: str | None = None
    failover: bool | None = None
    group: str | None = None
    max_connections: int | None = None
    max_connections_per_endpoint: int | None = None
    max_connections_per_instance: int | None = None
    max_in_flight_requests: int | None = None
    max_in_flight_requests_per_endpoint: int | None = None
    max_in_flight_requests_per_instance: int | None = None
    max_rate: int | None = None
    max_rate_per_endpoint: float | None = None
    max_rate_per_instance: float | None = None
    max_utilization: float | None = None
    orchestration_info: Any = None
    preference: str | None = None
    traffic_duration: str | None = None


class CircuitBreakers(ComputeFields, frozen=True):
    """Upper limits of what is in flight."""

    max_connections: int | None = None
    max_pending_requests: int | None = None
    max_requests: int | None = None
    max_requests_per_connection: int | None = None
    max_retries: int | None = None


class ConnectionDraining(ComputeFields, frozen=True):
    """How long old connections may go on."""

    draining_timeout_sec: int | None = None


class ConsistentHashCookie(ComputeFields, frozen=True):
    """The cookie that is hashed."""

    name: str | None = None
    path: str | None = None
    ttl: Duration | None = None


class ConsistentHash(ComputeFields, frozen=True):
    """What is hashed for consistent hashing."""

    http_cookie: ConsistentHashCookie | None = None
    http_header_name: str | None = None
    minimum_ring_size: int | None = None


class CustomMetric(ComputeFields, frozen=True):
    """A metric that endpoints report."""

    dry_run: bool | None = None
    name: str | None = None


class CustomLocalityPolicy(ComputeFields, frozen=True):
    """A policy of the client's own."""

    data: str | None = None
    name: str | None = None


class LocalityPolicy(ComputeFields, frozen=True):
    """A policy by name."""

    name: str | None = None


class LocalityPolicyConfig(ComputeFields, frozen=True):
    """One of several policies, in order of preference."""

    custom_policy: CustomLocalityPolicy | None = None
    policy: LocalityPolicy | None = None


class LoggedHeader(ComputeFields, frozen=True):
    """A header that the log shows."""

    header_name: str | None = None


class LogConfig(ComputeFields, frozen=True):
    """Which requests are logged."""

    enable: bool | None = None
    logging_http_request_headers: tuple[LoggedHeader, ...] | None = None
    logging_http_response_headers: tuple[LoggedHeader, ...] | None = None
    optional_fields: tuple[str, ...] | None = None
    optional_mode: str | None = None
    sample_rate: float | None = None


class OutlierDetection(ComputeFields, frozen=True):
    """When endpoints are ejected."""

    base_ejection_time: Duration | None = None
    consecutive_errors: int | None = None
    consecutive_gateway_failure: int | None = None
    enforcing_consecutive_errors: int | None = None
    enforcing_consecutive_gateway_failure: int | None = None
    enforcing_success_rate: int | None = None
    interval: Duration | None = None
    max_ejection_percent: int | None = None
    success_rate_minimum_hosts: int | None = None
    success_rate_request_volume: int | None = None
    success_rate_stdev_factor: int | None = None


class HttpCookie(ComputeFields, frozen=True):
    """A cookie of session affinity."""

    name: str | None = None
    path: str | None = None
    ttl: Duration | None = None


class Subsetting(ComputeFields, frozen=True):
    """Whether each proxy uses a part of the endpoints."""

    policy: str | None = None


class SubjectAltName(ComputeFields, frozen=True):
    """A name that an endpoint's certificate must have."""

    dns_name: str | None = None
    uniform_resource_identifier: str | None = None


class TlsSettings(ComputeFields, frozen=True):
    """How endpoints' certificates are checked."""

    authentication_config: str | None = None
    identity: str | None = None
    sni: str | None = None
    subject_alt_names: tuple[SubjectAltName, ...] | None = None


class BackendService(ComputeResource, frozen=True):
    """Groups of endpoints, and how they are spoken to."""

    KIND: ClassVar[str] = "compute#backendService"

    affinity_cookie_ttl_sec: int | None = None
    backends: tuple[Backend, ...] | None = None
    cdn_policy: Any = None
    circuit_breakers: CircuitBreakers | None = None
    compression_mode: str | None = None
    connection_draining: ConnectionDraining | None = None
    connection_tracking_policy: Any = None
    consistent_hash: ConsistentHash | None = None
    custom_metrics: tuple[CustomMetric, ...] | None = None
    custom_request_headers: tuple[str, ...] | None = None
    custom_response_headers: tuple[str, ...] | None = None
    dynamic_forwarding: Any = None
    edge_security_policy: str | None = None
    enable_cdn: bool | None = msgspec.field(name="enableCDN", default=None)
    external_managed_migration_state: str | None = None
    external_managed_migration_testing_percentage: float | None = None
    failover_policy: Any = None
    ha_policy: Any = None
    health_checks: tuple[str, ...] | None = None
    iap: Any = None
    ip_address_selection_policy: str | None = None
    load_balancing_scheme: str | None = None
    locality_lb_policies: tuple[LocalityPolicyConfig, ...] | None = None
    locality_lb_policy: str | None = None
    log_config: LogConfig | None = None
    max_stream_duration: Duration | None = None
    metadatas: dict[str, str] | None = None
    network: str | None = None
    network_pass_through_lb_traffic_policy: Any = None
    orchestration_info: Any = None
    outlier_detection: OutlierDetection | None = None
    params: Any = None
    port: int | None = None
    port_name: str | None = None
    protocol: str | None = None
    security_policy: str | None = None
    security_settings: Any = None
    service_bindings: tuple[str, ...] | None = None
    service_lb_policy: str | None = None
    session_affinity: str | None = None
    strong_session_affinity_cookie: HttpCookie | None = None
    subsetting: Subsetting | None = None
    timeout_sec: int | None = None
    tls_settings: TlsSettings | None = None
    used_by: tuple[Any, ...] | None = None
