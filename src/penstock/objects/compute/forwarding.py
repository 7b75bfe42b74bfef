"""Forwarding rules and target proxies: the front end of a load balancer."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from penstock.objects.compute.base import ComputeResource


class ForwardingRule(ComputeResource, frozen=True):
    """One address, protocol and port, and where it leads."""

    KIND: ClassVar[str] = "compute#forwardingRule"

    ip_address: str | None = msgspec.field(name="IPAddress", default=None)
    ip_addresses: tuple[str, ...] | None = msgspec.field(name="IPAddresses", default=None)
    ip_protocol: str | None = msgspec.field(name="IPProtocol", default=None)
    all_ports: bool | None = None
    allow_global_access: bool | None = None
    allow_psc_global_access: bool | None = None
    attached_extensions: tuple[Any, ...] | None = None
    availability_group: str | None = None
    backend_service: str | None = None
    base_forwarding_rule: str | None = None
    child_forwarding_rules: tuple[str, ...] | None = None
    external_managed_backend_bucket_migration_state: str | None = None
    external_managed_backend_bucket_migration_testing_percentage: float | None = None
    ip_collection: str | None = None
    ip_version: str | None = None
    is_mirroring_collector: bool | None = None
    label_fingerprint: str | None = None
    labels: dict[str, str] | None = None
    load_balancing_scheme: str | None = None
    metadata_filters: tuple[Any, ...] | None = None
    network: str | None = None
    network_tier: str | None = None
    no_automate_dns_zone: bool | None = None
    parent_forwarding_rule: str | None = None
    port_range: str | None = None
    ports: tuple[str, ...] | None = None
    psc_connection_id: int | None = None
    psc_connection_status: str | None = None
    service_directory_registrations: tuple[Any, ...] | None = None
    service_label: str | None = None
    service_name: str | None = None
    source_ip_ranges: tuple[str, ...] | None = None
    subnetwork: str | None = None
    target: str | None = None


class TargetHttpProxy(ComputeResource, frozen=True):
    """Terminates HTTP."""

    KIND: ClassVar[str] = "compute#targetHttpProxy"

    http_keep_alive_timeout_sec: int | None = None
    proxy_bind: bool | None = None
    url_map: str | None = None


class TargetHttpsProxy(ComputeResource, frozen=True):
    """Terminates TLS."""

    KIND: ClassVar[str] = "compute#targetHttpsProxy"

    authorization_policy: str | None = None
    certificate_map: str | None = None
    http_keep_alive_timeout_sec: int | None = None
    proxy_bind: bool | None = None
    quic_override: str | None = None
    server_tls_policy: str | None = None
    ssl_certificates: tuple[str, ...] | None = None
    ssl_policy: str | None = None
    tls_early_data: str | None = None
    url_map: str | None = None
