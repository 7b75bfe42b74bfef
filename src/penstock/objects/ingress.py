"""Ingress and IngressClass (networking.k8s.io/v1)."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from penstock.objects.meta import Fields, Resource


class ServiceBackendPort(Fields, frozen=True):
    """A Service's port by name or by number, never both."""

    name: str = ""
    number: int | None = None


class IngressServiceBackend(Fields, frozen=True):
    """A Service of the Ingress's own namespace."""

    name: str
    port: ServiceBackendPort = msgspec.field(default_factory=ServiceBackendPort)


class TypedLocalObjectReference(Fields, frozen=True):
    """A resource of any kind in the same namespace."""

    kind: str
    name: str
    api_group: str | None = None


class IngressBackend(Fields, frozen=True):
    """A Service or a resource, never both."""

    service: IngressServiceBackend | None = None
    resource: TypedLocalObjectReference | None = None


class HTTPIngressPath(Fields, frozen=True):
    """A path and where it leads."""

    backend: IngressBackend
    path: str = ""
    path_type: str | None = None


class HTTPIngressRuleValue(Fields, frozen=True):
    """The paths of a rule."""

    paths: tuple[HTTPIngressPath, ...]


class IngressRule(Fields, frozen=True):
    """A host, or every host, and its paths."""

    host: str = ""
    http: HTTPIngressRuleValue | None = None


class IngressTLS(Fields, frozen=True):
    """Names and the Secret with their certificate."""

    hosts: tuple[str, ...] | None = None
    secret_name: str = ""


class IngressSpec(Fields, frozen=True):
    """What the user wants."""

    ingress_class_name: str | None = None
    default_backend: IngressBackend | None = None
    tls: tuple[IngressTLS, ...] | None = None
    rules: tuple[IngressRule, ...] | None = None


class Ingress(Resource, frozen=True):
    """HTTP routes from outside to Services."""

    KIND: ClassVar[str] = "Ingress"
    API_VERSIONS: ClassVar[tuple[str, ...]] = ("networking.k8s.io/v1",)

    spec: IngressSpec = msgspec.field(default_factory=IngressSpec)
    status: dict[str, Any] | None = None


class IngressClassParameters(Fields, frozen=True):
    """An object with the class's own settings."""

    kind: str
    name: str
    api_group: str | None = None
    scope: str | None = None
    namespace: str | None = None


class IngressClassSpec(Fields, frozen=True):
    """Which controller handles the class."""

    controller: str = ""
    parameters: IngressClassParameters | None = None


class IngressClass(Resource, frozen=True):
    """A class of Ingresses; cluster-wide."""

    KIND: ClassVar[str] = "IngressClass"
    API_VERSIONS: ClassVar[tuple[str, ...]] = ("networking.k8s.io/v1",)
    NAMESPACED: ClassVar[bool] = False

    spec: IngressClassSpec = msgspec.field(default_factory=IngressClassSpec)
