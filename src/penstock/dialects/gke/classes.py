"""GKE's classes of Ingress, and the Ingresses of a world that are GKE's.

| class | load balancer |
|---|---|
| `gce`, or none | global, external |
| `gce-internal` | regional, INTERNAL_MANAGED; network endpoint groups only |
| `gce-regional-external` | regional, EXTERNAL_MANAGED; network endpoint groups only |
| `gce-multi-cluster` | none: only instance groups are kept |
"""

from __future__ import annotations

import enum
import itertools
from collections.abc import Iterator
from typing import NamedTuple

from penstock.dialects.gke import codes
from penstock.dialects.kubernetes.ownership import CLASS_ANNOTATION, Ownership
from penstock.model import Finding, Origin
from penstock.objects.ingress import Ingress
from penstock.objects.meta import Object
from penstock.objects.penstock_config import PenstockConfig
from penstock.objects.service import Service
from penstock.objects.world import Table, World, replacements


class GkeClass(enum.StrEnum):
    """A class that makes load balancers."""

    EXTERNAL = "gce"
    INTERNAL = "gce-internal"
    REGIONAL_EXTERNAL = "gce-regional-external"

    @property
    def is_internal(self) -> bool:
        """Whether only clients of the network reach it."""
        return self is GkeClass.INTERNAL

    @property
    def is_regional(self) -> bool:
        """Whether everything it is made of is in one region."""
        return self is not GkeClass.EXTERNAL

    @property
    def cookie(self) -> str:
        """The name of the cookie that GENERATED_COOKIE sets."""
        return "GCILB" if self.is_internal else "GCLB"


class Claimed(NamedTuple):
    """An Ingress that is served here."""

    ingress: Object[Ingress]
    of_class: GkeClass
    evidence: Origin | None = None
    """What makes one without class GKE's."""


class Claims(NamedTuple):
    """What is served, and what is to be said about classes."""

    claimed: tuple[Claimed, ...]
    findings: tuple[Finding, ...]


class ClaimReader:
    """Reads one world after another; Ingresses of others that change cost nothing."""

    def __init__(self) -> None:
        self._ownership = Ownership()
        self._table: Table = {}
        self._version = -1
        self._configs: Table = {}
        self._services: Table = {}
        self._claims = Claims((), ())

    def read(self, world: World) -> Claims:
        """The GKE Ingresses of a world; the same value as before if they are the same."""
        before, self._version = self._version, self._ownership.update(world)
        configs, self._configs = self._configs, world.table(PenstockConfig)
        services, self._services = self._services, world.table(Service)
        old, self._table = self._table, world.table(Ingress)
        # Lines of Services stand in what is said of Ingresses that are GKE's because of them.
        is_said = services is self._services or not any(map(_is_by_service, self._claims.claimed))
        if before == self._version and configs is self._configs and is_said:
            if old is self._table:
                return self._claims
            replaced = replacements(old.values(), self._table.values())
            if replaced is not None and not any(map(self._concerns, itertools.chain(*replaced))):
                return self._claims
        self._claims = _read_claims(world, self._ownership)
        return self._claims

    def _concerns(self, ingress: Object[Ingress]) -> bool:
        ownership = self._ownership
        if ownership.claim(ingress) is not None or ownership.is_misplaced(ingress):
            return True
        return bool(self._claims.claimed) and ownership.is_classless(ingress)


def _read_claims(world: World, ownership: Ownership) -> Claims:
    claimed: list[Claimed] = []
    unclear: list[Object[Ingress]] = []
    findings: list[Finding] = []
    served = _served(world)
    for ingress in world.all(Ingress):
        claim = ownership.claim(ingress)
        if claim is None:
            findings += _misplaced(ingress) if ownership.is_misplaced(ingress) else ()
            unclear += [ingress] if ownership.is_classless(ingress) else []
        elif claim.name == "gce-multi-cluster":
            findings.append(_multi_cluster(ingress))
        elif claim.name not in served:
            findings.append(_left(ingress, claim.name))
        else:
            claimed.append(Claimed(ingress, GkeClass(claim.name), claim.evidence))
            if claim.evidence is not None:
                message = (
                    "this Ingress has no class; it is taken for GKE's (class gce) because of "
                    f"{claim.evidence.describe()}"
                )
                hint = (
                    f"write {CLASS_ANNOTATION}: gce; or, for another class, spec.ingressClassName"
                )
                findings.append(codes.CLASS_ASSUMED.at(ingress.origin("metadata"), message, hint))
            findings += _both(ingress, claim.name)
    if claimed:
        findings += map(_unclear, unclear)
    return Claims(tuple(claimed), tuple(findings))


def _is_by_service(item: Claimed) -> bool:
    return item.evidence is not None and item.evidence.object != item.ingress.ref


def _served(world: World) -> frozenset[str]:
    """The classes that PenstockConfigs name, all of them together; all if none names any."""
    written = [config.resource.spec.gke_classes for config in world.all(PenstockConfig)]
    named = [classes for classes in written if classes is not None]
    return frozenset(itertools.chain(*named)) if named else frozenset(GkeClass)


def _unclear(ingress: Object[Ingress]) -> Finding:
    message = (
        "this Ingress has no class and is served as plain Ingress; GKE, whose Ingresses are here "
        "as well, would take it for class gce, with other path rules and health checks"
    )
    hint = f"write {CLASS_ANNOTATION}: gce, or spec.ingressClassName: penstock"
    return codes.CLASS_UNCLEAR.at(ingress.origin("metadata"), message, hint)


def _left(ingress: Object[Ingress], name: str) -> Finding:
    message = f"class {name} is left to GKE's own controller"
    hint = f"to have it served here, add {name} to spec.gkeClasses of the PenstockConfig"
    return codes.CLASS_LEFT.at(ingress.origin("metadata"), message, hint)


def _misplaced(ingress: Object[Ingress]) -> Iterator[Finding]:
    name = ingress.resource.spec.ingress_class_name
    message = (
        f"GKE reads its classes from the annotation {CLASS_ANNOTATION} only: with "
        f"spec.ingressClassName: {name} nobody serves this Ingress"
    )
    hint = f'write metadata.annotations: {{{CLASS_ANNOTATION}: "{name}"}}'
    yield codes.CLASS_IGNORED.at(ingress.origin("spec", "ingressClassName"), message, hint)


def _both(ingress: Object[Ingress], name: str) -> Iterator[Finding]:
    field = ingress.resource.spec.ingress_class_name
    if field and field != name:
        message = (
            f"spec.ingressClassName: {field} has no effect: the annotation {CLASS_ANNOTATION}: "
            f"{name} decides"
        )
        origin = ingress.origin("spec", "ingressClassName")
        yield codes.CLASS_IGNORED.at(origin, message, "keep one of them")


def _multi_cluster(ingress: Object[Ingress]) -> Finding:
    message = "class gce-multi-cluster makes no load balancer, only instance groups; none is served"
    origin = ingress.origin("metadata", "annotations", CLASS_ANNOTATION)
    return codes.CLASS_MULTI.at(origin, message)
