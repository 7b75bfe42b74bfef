"""Managed zones: subtrees of names, and who sees them."""

from __future__ import annotations

from typing import Any, ClassVar

from penstock.objects.dns.base import DnsFields, DnsResource


class DnsSecConfig(DnsFields, frozen=True):
    """Signing of a zone."""

    default_key_specs: tuple[Any, ...] | None = None
    kind: str | None = None
    non_existence: str | None = None
    state: str | None = None


class CloudLoggingConfig(DnsFields, frozen=True):
    """Logging of queries."""

    enable_logging: bool | None = None
    kind: str | None = None


class VisibilityNetwork(DnsFields, frozen=True):
    """A network that sees a private zone."""

    kind: str | None = None
    network_url: str | None = None


class VisibilityConfig(DnsFields, frozen=True):
    """Who sees a private zone."""

    gke_clusters: tuple[Any, ...] | None = None
    kind: str | None = None
    networks: tuple[VisibilityNetwork, ...] | None = None


class ManagedZone(DnsResource, frozen=True):
    """A subtree of names under one authority."""

    KIND: ClassVar[str] = "dns#managedZone"
    ENTITY: ClassVar[str] = "entity.managedZone"

    cloud_logging_config: CloudLoggingConfig | None = None
    creation_time: str | None = None
    description: str | None = None
    dns_name: str | None = None
    dnssec_config: DnsSecConfig | None = None
    forwarding_config: Any = None
    id: str | int | None = None
    labels: dict[str, str] | None = None
    name_server_set: str | None = None
    name_servers: tuple[str, ...] | None = None
    peering_config: Any = None
    private_visibility_config: VisibilityConfig | None = None
    reverse_lookup_config: Any = None
    service_directory_config: Any = None
    visibility: str | None = None
