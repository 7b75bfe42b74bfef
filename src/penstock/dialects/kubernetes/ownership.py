"""Which Ingresses are GKE's: the one decision that the dialects `gke` and `ingress` share.

GKE reads its classes from the annotation only, and takes an Ingress that says no
class at all for its own (ingress-gce, pkg/annotations).  Such an Ingress could as well be
meant for plain Ingress; it is GKE's only if something about it is: one of GKE's
annotations on the Ingress itself or on a Service that it names, or a path in the manner
of its URL maps (``/foo/*``), which for plain Ingress has no meaning.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from penstock.model import Origin
from penstock.objects.gke.annotations import TRANSPARENT_CHECK, WRITTEN
from penstock.objects.ingress import Ingress, IngressBackend, IngressClass
from penstock.objects.meta import Object
from penstock.objects.service import Service
from penstock.objects.world import Table, World

CONTROLLER: Final = "penstock.dev/ingress"
CLASS_ANNOTATION: Final = "kubernetes.io/ingress.class"
DEFAULT_ANNOTATION: Final = "ingressclass.kubernetes.io/is-default-class"

EXTERNAL: Final = "gce"
GKE_CLASSES: Final = (EXTERNAL, "gce-internal", "gce-regional-external", "gce-multi-cluster")

INGRESS_PREFIXES: Final = ("networking.gke.io/", "ingress.gcp.kubernetes.io/")
INGRESS_MARKS: Final = frozenset(
    {
        "kubernetes.io/ingress.allow-http",
        "kubernetes.io/ingress.global-static-ip-name",
        "kubernetes.io/ingress.regional-static-ip-name",
        *WRITTEN,  # in a dump of a cluster
    }
)
SERVICE_MARKS: Final = frozenset(
    {
        "cloud.google.com/neg",
        "cloud.google.com/app-protocols",
        "service.alpha.kubernetes.io/app-protocols",
        "cloud.google.com/backend-config",
        "beta.cloud.google.com/backend-config",
        "networking.gke.io/max-rate-per-endpoint",
        "networking.gke.io/capacity-scaler",
        TRANSPARENT_CHECK,
    }
)
"""What only a Service behind a GKE Ingress says; those of type LoadBalancer have others."""


class GkeClaim(NamedTuple):
    """GKE's class of an Ingress; `evidence` is what makes one without class GKE's."""

    name: str
    evidence: Origin | None = None


class Ownership:
    """Decides about the Ingresses of one world after the other."""

    def __init__(self) -> None:
        self._tables: tuple[Table, Table] = ({}, {})
        self._marked: dict[tuple[str, str], str] = {}
        self._controllers: dict[str, str] = {}
        self._has_default = False
        self.version = 0
        """Changes when another decision than before is possible for the same Ingress."""

    def update(self, world: World) -> int:
        """Look at the next world; its version."""
        tables = (world.table(IngressClass), world.table(Service))
        if all(new is old for new, old in zip(tables, self._tables, strict=True)):
            return self.version
        classes = world.all(IngressClass)
        controllers = {c.name: c.resource.spec.controller for c in classes}
        has_default = any(map(_is_default, classes))
        marked = {key: mark for key, service in tables[1].items() if (mark := _mark_of(service))}
        before = (self._controllers, self._has_default, self._marked)
        if before != (controllers, has_default, marked):
            self.version += 1
        self._tables = tables
        self._controllers, self._has_default, self._marked = controllers, has_default, marked
        return self.version

    def claim(self, ingress: Object[Ingress]) -> GkeClaim | None:
        """GKE's class of an Ingress, or None if it is not GKE's."""
        written = ingress.annotations.get(CLASS_ANNOTATION)
        if written:
            is_gke = written in GKE_CLASSES and self._controllers.get(written) != CONTROLLER
            return GkeClaim(written) if is_gke else None
        evidence = self._evidence(ingress) if self.is_classless(ingress) else None
        return GkeClaim(EXTERNAL, evidence) if evidence else None

    def is_misplaced(self, ingress: Object[Ingress]) -> bool:
        """Whether GKE's class is named where GKE does not look, and means nobody else."""
        name = ingress.resource.spec.ingress_class_name
        no_annotation = not ingress.annotations.get(CLASS_ANNOTATION)
        return no_annotation and name in GKE_CLASSES and name not in self._controllers

    def is_classless(self, ingress: Object[Ingress]) -> bool:
        """Whether nothing says a class, also no default: GKE would take it for its own."""
        written = ingress.annotations.get(CLASS_ANNOTATION)
        return not (written or ingress.resource.spec.ingress_class_name or self._has_default)

    def _evidence(self, ingress: Object[Ingress]) -> Origin | None:
        for key in sorted(ingress.annotations):
            if key in INGRESS_MARKS or key.startswith(INGRESS_PREFIXES):
                return ingress.origin("metadata", "annotations", key)
        wildcard = _wildcard_path(ingress)
        if wildcard is not None:
            return wildcard
        if not self._marked:
            return None
        for name in services_of(ingress):
            place = (ingress.namespace, name)
            if place in self._marked:
                service: Object[Any] = self._tables[1][place]
                return service.origin("metadata", "annotations", self._marked[place])
        return None


def services_of(ingress: Object[Ingress]) -> Iterator[str]:
    """Names of the Services that an Ingress leads to, in the order of writing."""
    spec = ingress.resource.spec
    backends: list[IngressBackend] = [spec.default_backend] if spec.default_backend else []
    for rule in spec.rules or ():
        backends += [path.backend for path in rule.http.paths] if rule.http else []
    for backend in backends:
        if backend.service is not None:
            yield backend.service.name


def _wildcard_path(ingress: Object[Ingress]) -> Origin | None:
    for number, rule in enumerate(ingress.resource.spec.rules or ()):
        for place, path in enumerate(rule.http.paths if rule.http else ()):
            if path.path.endswith("/*") and path.path_type in (None, "ImplementationSpecific"):
                where = ("spec", "rules", number, "http", "paths", place, "path")
                return ingress.origin(*where)
    return None


def _mark_of(service: Object[Service]) -> str:
    return next((key for key in sorted(service.annotations) if key in SERVICE_MARKS), "")


def _is_default(item: Object[IngressClass]) -> bool:
    is_ours = item.resource.spec.controller == CONTROLLER
    return is_ours and item.annotations.get(DEFAULT_ANNOTATION) == "true"
