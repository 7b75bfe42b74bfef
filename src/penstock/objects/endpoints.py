"""EndpointSlice (discovery.k8s.io/v1) and Endpoints (v1)."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from penstock.objects.meta import Fields, Resource


class ObjectReference(Fields, frozen=True):
    """Which object an address belongs to."""

    kind: str = ""
    name: str = ""
    namespace: str = ""
    uid: str = ""
    api_version: str = ""
    resource_version: str = ""
    field_path: str = ""


class EndpointConditions(Fields, frozen=True):
    """State of an endpoint; None means unknown, to be read as ready."""

    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


class SliceEndpoint(Fields, frozen=True):
    """One pod (or other target) of a slice."""

    addresses: tuple[str, ...]
    conditions: EndpointConditions = msgspec.field(default_factory=EndpointConditions)
    hostname: str | None = None
    target_ref: ObjectReference | None = None
    node_name: str | None = None
    zone: str | None = None
    hints: dict[str, Any] | None = None
    deprecated_topology: dict[str, str] | None = None


class SlicePort(Fields, frozen=True):
    """A port of all endpoints of a slice; its name is the Service port's name."""

    name: str | None = None
    protocol: str | None = None
    port: int | None = None
    app_protocol: str | None = None


class EndpointSlice(Resource, frozen=True):
    """Some of a Service's endpoints."""

    KIND: ClassVar[str] = "EndpointSlice"
    API_VERSIONS: ClassVar[tuple[str, ...]] = ("discovery.k8s.io/v1",)
    SERVICE_LABEL: ClassVar[str] = "kubernetes.io/service-name"

    address_type: str
    endpoints: tuple[SliceEndpoint, ...] | None = ()
    ports: tuple[SlicePort, ...] | None = ()


class EndpointAddress(Fields, frozen=True):
    """One address of a subset."""

    ip: str
    hostname: str = ""
    node_name: str | None = None
    target_ref: ObjectReference | None = None


class EndpointPort(Fields, frozen=True):
    """One port of a subset."""

    port: int
    name: str = ""
    protocol: str = "TCP"
    app_protocol: str | None = None


class EndpointSubset(Fields, frozen=True):
    """Addresses that share ports."""

    addresses: tuple[EndpointAddress, ...] | None = None
    not_ready_addresses: tuple[EndpointAddress, ...] | None = None
    ports: tuple[EndpointPort, ...] | None = None


class Endpoints(Resource, frozen=True):
    """All endpoints of the Service of the same name (the older form)."""

    KIND: ClassVar[str] = "Endpoints"
    API_VERSIONS: ClassVar[tuple[str, ...]] = ("v1",)

    subsets: tuple[EndpointSubset, ...] | None = ()
