"""Network endpoint groups and instance groups."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from penstock.objects.compute.base import ComputeFields, ComputeResource

READY_ANNOTATION: Final = "penstock.dev/ready"
"""On an endpoint: ``"false"`` keeps new requests away from it."""


class CloudRun(ComputeFields, frozen=True):
    """The Cloud Run service behind a serverless group."""

    service: str | None = None
    tag: str | None = None
    url_mask: str | None = None


class PscData(ComputeFields, frozen=True):
    """How a Private Service Connect group is connected."""

    consumer_psc_address: str | None = None
    producer_port: int | None = None
    psc_connection_id: int | None = None
    psc_connection_status: str | None = None


class NetworkEndpoint(ComputeFields, frozen=True):
    """One endpoint."""

    annotations: dict[str, str] | None = None
    client_destination_port: int | None = None
    fqdn: str | None = None
    instance: str | None = None
    ip_address: str | None = None
    ipv6_address: str | None = None
    port: int | None = None


class NetworkEndpointGroup(ComputeResource, frozen=True):
    """Endpoints of one kind."""

    KIND: ClassVar[str] = "compute#networkEndpointGroup"

    annotations: dict[str, str] | None = None
    app_engine: Any = None
    cloud_function: Any = None
    cloud_run: CloudRun | None = None
    default_port: int | None = None
    network: str | None = None
    network_endpoint_type: str | None = None
    psc_data: PscData | None = None
    psc_target_service: str | None = None
    size: int | None = None
    subnetwork: str | None = None
    network_endpoints: tuple[NetworkEndpoint, ...] | None = None
    """Not a field of the API: the endpoints, as in the body of ``attachNetworkEndpoints``."""


class InstanceReference(ComputeFields, frozen=True):
    """A virtual machine by URL or name."""

    instance: str


class NamedPort(ComputeFields, frozen=True):
    """A port by name."""

    name: str | None = None
    port: int | None = None


class InstanceGroup(ComputeResource, frozen=True):
    """Virtual machines, and names for their ports."""

    KIND: ClassVar[str] = "compute#instanceGroup"

    named_ports: tuple[NamedPort, ...] | None = None
    network: str | None = None
    size: int | None = None
    subnetwork: str | None = None
    instances: tuple[str | InstanceReference, ...] | None = None
    """Not a field of the API: the members, as in the body of ``addInstances``, or by name."""
