"""Secret, ConfigMap, Namespace and Node (v1)."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from penstock.objects.meta import OpenFields, Resource


class Secret(Resource, frozen=True):
    """Confidential data; `repr` never shows it."""

    KIND: ClassVar[str] = "Secret"
    API_VERSIONS: ClassVar[tuple[str, ...]] = ("v1",)

    type: str = "Opaque"
    data: dict[str, str | None] | None = None
    """Base64."""
    string_data: dict[str, str | None] | None = None
    """Plain text; wins over `data`."""
    immutable: bool | None = None

    def __repr__(self) -> str:
        return f"Secret({self.metadata.namespace}/{self.metadata.name}, type={self.type})"


class ConfigMap(Resource, frozen=True):
    """Plain data."""

    KIND: ClassVar[str] = "ConfigMap"
    API_VERSIONS: ClassVar[tuple[str, ...]] = ("v1",)

    data: dict[str, str] | None = None
    binary_data: dict[str, str] | None = None
    immutable: bool | None = None


class Namespace(Resource, frozen=True):
    """A namespace; cluster-wide."""

    KIND: ClassVar[str] = "Namespace"
    API_VERSIONS: ClassVar[tuple[str, ...]] = ("v1",)
    NAMESPACED: ClassVar[bool] = False

    spec: dict[str, Any] | None = None
    status: dict[str, Any] | None = None


class NodeAddress(OpenFields, frozen=True):
    """One of a Node's addresses."""

    type: str
    address: str


class NodeCondition(OpenFields, frozen=True):
    """One of a Node's conditions."""

    type: str
    status: str = ""


class NodeStatus(OpenFields, frozen=True):
    """The part of a Node's status that concerns load balancing."""

    addresses: tuple[NodeAddress, ...] | None = None
    conditions: tuple[NodeCondition, ...] | None = None


class Node(Resource, frozen=True):
    """A machine that runs pods; cluster-wide."""

    KIND: ClassVar[str] = "Node"
    API_VERSIONS: ClassVar[tuple[str, ...]] = ("v1",)
    NAMESPACED: ClassVar[bool] = False

    spec: dict[str, Any] | None = None
    status: NodeStatus = msgspec.field(default_factory=NodeStatus)
