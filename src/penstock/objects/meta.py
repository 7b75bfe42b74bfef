"""What every Kubernetes object has: `ObjectMeta`, the base of all kinds, and `Object`.

Kinds are `msgspec` structs that mirror the API's JSON (camel case, optional
fields as None or empty), so decoding is strict and fast.  `Object` pairs one
with the place it was written.
"""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

import msgspec

from penstock.model import FieldPath, Locator, Origin


class Fields(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """A part of an object: unknown fields are errors, as in the API server's strict mode."""


class OpenFields(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A part of which Penstock types only what it needs (pod specs have hundreds of fields)."""


class OwnerReference(Fields, frozen=True):
    """Who made an object; dependents go with their owner."""

    api_version: str
    kind: str
    name: str
    uid: str = ""
    controller: bool | None = None
    block_owner_deletion: bool | None = None


class ObjectMeta(OpenFields, frozen=True):
    """Identity, labels and annotations."""

    name: str = ""
    namespace: str = ""
    generate_name: str = ""
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    owner_references: tuple[OwnerReference, ...] = ()
    finalizers: tuple[str, ...] | None = None


class LabelSelectorRequirement(Fields, frozen=True):
    """One condition of a label selector."""

    key: str
    operator: str
    values: tuple[str, ...] | None = None


class LabelSelector(Fields, frozen=True):
    """Which labels are meant: all of `match_labels` and all of `match_expressions`."""

    match_labels: dict[str, str] | None = None
    match_expressions: tuple[LabelSelectorRequirement, ...] | None = None


class Resource(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, kw_only=True
):
    """Base of every kind; subclasses set `KIND`, `API_VERSIONS` and `NAMESPACED`."""

    KIND: ClassVar[str]
    API_VERSIONS: ClassVar[tuple[str, ...]]
    NAMESPACED: ClassVar[bool] = True
    NAME_PATH: ClassVar[FieldPath] = ("metadata", "name")
    """Where the name is written."""

    api_version: str
    kind: str
    metadata: ObjectMeta = msgspec.field(default_factory=ObjectMeta)

    @property
    def identity(self) -> tuple[str, str]:
        """Namespace (empty for cluster-wide kinds) and name."""
        namespace = (self.metadata.namespace or "default") if self.NAMESPACED else ""
        return (namespace, self.metadata.name)

    @classmethod
    def reference(cls, namespace: str, name: str) -> str:
        """The object as people write it: ``Ingress default/web``, ``IngressClass nginx``."""
        return f"{cls.KIND} {namespace}/{name}" if namespace else f"{cls.KIND} {name}"


R_co = TypeVar("R_co", bound=Resource, covariant=True)


class Object(Generic[R_co]):
    """One object with the place it was written; identity is (kind, namespace, name)."""

    __slots__ = ("flaws", "key", "kind", "locator", "name", "namespace", "ref", "resource")

    def __init__(
        self, resource: R_co, locator: Locator | None = None, flaws: tuple[str, ...] = ()
    ) -> None:
        self.resource = resource
        self.locator = locator
        self.flaws = flaws
        """What is wrong with the object as it is written, in words without a full stop: it was
        left out, or this is the last version that was right."""
        self.namespace, self.name = resource.identity
        self.kind: str = resource.KIND
        """The kind, e.g. ``Ingress``."""
        self.key = (self.namespace, self.name)
        """Namespace (empty for cluster-wide kinds) and name."""
        self.ref = resource.reference(self.namespace, self.name)
        """The object as people write it: ``Ingress default/web``, ``IngressClass nginx``."""

    def flawed(self, flaws: tuple[str, ...]) -> Object[R_co]:
        """The same object, which is written wrongly now."""
        return Object(self.resource, self.locator, flaws)

    @property
    def labels(self) -> dict[str, str]:
        """Labels; empty if there are none."""
        return self.resource.metadata.labels or {}

    @property
    def annotations(self) -> dict[str, str]:
        """Annotations; empty if there are none."""
        return self.resource.metadata.annotations or {}

    def origin(self, *path: str | int) -> Origin:
        """The origin of one of the object's fields, by its JSON names."""
        fields: FieldPath = path
        return Origin(self.ref, fields, self.locator)

    def __repr__(self) -> str:
        return f"<{self.ref}>"
