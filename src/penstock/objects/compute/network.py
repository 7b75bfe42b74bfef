"""Addresses and subnetworks."""

from __future__ import annotations

from typing import Any, ClassVar

from penstock.objects.compute.base import ComputeResource


class Address(ComputeResource, frozen=True):
    """A reserved address."""

    KIND: ClassVar[str] = "compute#address"

    address: str | None = None
    address_type: str | None = None
    ip_collection: str | None = None
    ip_version: str | None = None
    ipv6_endpoint_type: str | None = None
    label_fingerprint: str | None = None
    labels: dict[str, str] | None = None
    network: str | None = None
    network_attachment: str | None = None
    network_tier: str | None = None
    prefix_length: int | None = None
    purpose: str | None = None
    service_class_id: str | None = None
    status: str | None = None
    subnetwork: str | None = None
    users: tuple[str, ...] | None = None


class Subnetwork(ComputeResource, frozen=True):
    """A range of addresses of one region."""

    KIND: ClassVar[str] = "compute#subnetwork"

    allow_subnet_cidr_routes_overlap: bool | None = None
    enable_flow_logs: bool | None = None
    external_ipv6_prefix: str | None = None
    gateway_address: str | None = None
    internal_ipv6_prefix: str | None = None
    ip_cidr_range: str | None = None
    ip_collection: str | None = None
    ipv6_access_type: str | None = None
    ipv6_cidr_range: str | None = None
    ipv6_gce_endpoint: str | None = None
    log_config: Any = None
    network: str | None = None
    params: Any = None
    private_ip_google_access: bool | None = None
    private_ipv6_google_access: str | None = None
    purpose: str | None = None
    reserved_internal_range: str | None = None
    resolve_subnet_mask: str | None = None
    role: str | None = None
    secondary_ip_ranges: tuple[Any, ...] | None = None
    stack_type: str | None = None
    state: str | None = None
    system_reserved_external_ipv6_ranges: tuple[str, ...] | None = None
    system_reserved_internal_ipv6_ranges: tuple[str, ...] | None = None
    utilization_details: Any = None
