"""Which Ingresses are this dialect's, and which of them share a load balancer.

An Ingress belongs to a class by its annotation ``kubernetes.io/ingress.class``,
else by ``spec.ingressClassName``, else by the default class.  A class belongs
to Penstock by its controller.  In local mode two things more are served: an
Ingress without any class, and ingress-nginx's classes, because trying such
manifests is what local mode is for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, NamedTuple

from penstock.dialects.ingress import codes
from penstock.dialects.kubernetes.age import precedence
from penstock.dialects.kubernetes.ownership import (
    CLASS_ANNOTATION,
    CONTROLLER,
    DEFAULT_ANNOTATION,
    GKE_CLASSES,
    Ownership,
)
from penstock.dialects.kubernetes.spelling import listed
from penstock.model import Finding, FindingCode, Origin
from penstock.objects.ingress import Ingress, IngressClass
from penstock.objects.meta import Object
from penstock.objects.naming import bad_subdomain
from penstock.objects.suggest import nearest
from penstock.objects.world import World

_YAML_WORDS: Final = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})
"""What is no text without quotes."""
_DOMAIN: Final = "penstock.dev/"
NGINX_CONTROLLER: Final = "k8s.io/ingress-nginx"
OWN_NAME: Final = "penstock"
NGINX_NAME: Final = "nginx"
NO_CLASS: Final = "default"
"""The load balancer of Ingresses without a class."""

OTHERS: Final = {
    "alb": "the AWS Load Balancer Controller",
}
"""Classes that mean another product even where no IngressClass says so."""


class Claim(NamedTuple):
    """Whether an Ingress is served; `group` names its load balancer, None leaves it alone."""

    group: str | None
    findings: tuple[Finding, ...] = ()


class Classes:
    """The classes of one world."""

    def __init__(self, world: World, local: bool, ownership: Ownership) -> None:
        """`ownership` has seen the same world."""
        self._local = local
        self._ownership = ownership
        self._controllers = {c.name: c.resource.spec.controller for c in world.all(IngressClass)}
        self._names = tuple(self._controllers)
        defaults = [c for c in world.all(IngressClass) if _is_default(c)]
        defaults.sort(key=_newest_first)
        self._default = defaults[0].name if defaults else None
        self.findings = (*_several_defaults(defaults), *_nobodys(world))
        self._nginx_told: set[str] = set()

    def claim(self, ingress: Object[Ingress]) -> Claim:
        """Decide about one Ingress; ask for all of a world in order of precedence."""
        if self._ownership.claim(ingress) or self._ownership.is_misplaced(ingress):
            return Claim(None)  # the dialect `gke` serves it, or says why not
        annotation = ingress.annotations.get(CLASS_ANNOTATION)
        field = ingress.resource.spec.ingress_class_name
        twice = _twice(ingress, annotation, field)
        if annotation:
            claim = self._by_annotation(ingress, annotation)
        elif field:
            claim = self._by_name(ingress, field, ingress.origin("spec", "ingressClassName"))
        else:
            claim = self._without(ingress)
        return Claim(claim.group, (*twice, *claim.findings))

    def _by_annotation(self, ingress: Object[Ingress], name: str) -> Claim:
        origin = ingress.origin("metadata", "annotations", CLASS_ANNOTATION)
        if name == OWN_NAME and name not in self._controllers:
            return Claim(name)
        return self._by_name(ingress, name, origin)

    def _by_name(self, ingress: Object[Ingress], name: str, origin: Origin) -> Claim:
        controller = self._controllers.get(name)
        if controller == CONTROLLER:
            return Claim(name)
        if self._local and _is_nginx(name, controller):
            return Claim(name, self._tell_nginx(name, origin))
        if self._local and controller is None and name == OWN_NAME:
            return Claim(name)
        if controller is not None:
            return _left(origin, f"class {name} belongs to the controller {controller}")
        if name in OTHERS:
            return _left(origin, f"class {name} belongs to {OTHERS[name]}")
        return self._unknown(name, origin)

    def _tell_nginx(self, name: str, origin: Origin) -> tuple[Finding, ...]:
        if name in self._nginx_told:
            return ()
        self._nginx_told.add(name)
        message = (
            f"Ingresses of class {name} are served here as plain Ingress with ingress-nginx's "
            "annotations rewrite-target, use-regex and backend-protocol, because this is local mode"
        )
        hint = f"in a cluster, an IngressClass with controller {CONTROLLER} makes them Penstock's"
        return (codes.CLASS_NGINX.at(origin, message, hint),)

    def _unknown(self, name: str, origin: Origin) -> Claim:
        message = f"there is no IngressClass {name}, so nobody serves this Ingress"
        near = nearest(name, (*self._names, *GKE_CLASSES))
        if near in GKE_CLASSES and near not in self._names:
            near = f"GKE's class {near}"
        hint = f"did you mean {near}?" if near else ""
        if reason := bad_subdomain(name):
            hint = hint or f"no IngressClass can have this name: {reason}"
        else:
            lead = f"{hint} Otherwise add" if near else "to have it served here, add"
            hint = f"{lead}:\n{class_yaml(name)}"
        return Claim(None, (codes.CLASS_UNKNOWN.at(origin, message, hint),))

    def _without(self, ingress: Object[Ingress]) -> Claim:
        if self._default is not None:
            return Claim(self._default)
        if self._local:
            return Claim(NO_CLASS)
        message = "this Ingress has no class and no IngressClass is the default; it is left alone"
        hint = f"set spec.ingressClassName to a class with controller {CONTROLLER}"
        return Claim(None, (codes.CLASS_NONE.at(ingress.origin("spec"), message, hint),))


def same_class(old: Object[Ingress], new: Object[Ingress]) -> bool:
    """Whether both versions of an Ingress say the same about their class."""
    return (
        old.annotations.get(CLASS_ANNOTATION) == new.annotations.get(CLASS_ANNOTATION)
        and old.resource.spec.ingress_class_name == new.resource.spec.ingress_class_name
    )


def class_yaml(name: str) -> str:
    """The IngressClass that makes Penstock serve a class."""
    is_text = name[:1].isalpha() and name not in _YAML_WORDS
    return (
        "apiVersion: networking.k8s.io/v1\n"
        "kind: IngressClass\n"
        f"metadata: {{name: {name if is_text else json.dumps(name)}}}\n"
        f"spec: {{controller: {CONTROLLER}}}"
    )


def _left(origin: Origin, message: str) -> Claim:
    code: FindingCode = codes.CLASS_OTHER
    hint = "nothing to mend if that controller is meant"
    return Claim(None, (code.at(origin, f"{message}; this Ingress is left alone", hint),))


def _is_nginx(name: str, controller: str | None) -> bool:
    return controller == NGINX_CONTROLLER or (controller is None and name == NGINX_NAME)


def _nobodys(world: World) -> Iterator[Finding]:
    """Classes whose controller is in our domain but not ours: nobody serves them."""
    for item in world.all(IngressClass):
        controller = item.resource.spec.controller
        if controller != CONTROLLER and controller.lower().startswith(_DOMAIN):
            message = f"there is no controller {controller}, so nobody serves this class"
            origin = item.origin("spec", "controller")
            yield codes.CLASS_CONTROLLER.at(origin, message, f"write {CONTROLLER}")


def _is_default(item: Object[IngressClass]) -> bool:
    is_ours = item.resource.spec.controller == CONTROLLER
    return is_ours and item.annotations.get(DEFAULT_ANNOTATION) == "true"


def _newest_first(item: Object[IngressClass]) -> tuple[str, str]:
    """Kubernetes' admission takes the newest default class, then the first by name."""
    stamp = precedence(item)[0]
    return ("".join(chr(0x10FFFF - ord(c)) for c in stamp), item.name)


def _several_defaults(defaults: list[Object[IngressClass]]) -> tuple[Finding, ...]:
    if len(defaults) < 2:
        return ()
    winner, *others = defaults
    message = f"{listed(c.ref for c in defaults)} are all the default; {winner.ref} is used"
    hint = f"keep {DEFAULT_ANNOTATION} on one of them"
    return tuple(
        codes.CLASS_DEFAULTS.at(
            c.origin("metadata", "annotations", DEFAULT_ANNOTATION), message, hint
        )
        for c in others
    )


def _twice(
    ingress: Object[Ingress], annotation: str | None, field: str | None
) -> tuple[Finding, ...]:
    if not annotation or not field:
        return ()
    message = (
        f"the class is given by annotation ({annotation}) and by spec.ingressClassName ({field}); "
        f"the annotation wins, and {annotation} is the class"
    )
    hint = f"keep spec.ingressClassName and drop {CLASS_ANNOTATION}"
    if field in GKE_CLASSES:
        hint = f"drop spec.ingressClassName; GKE reads {CLASS_ANNOTATION} only"
    origin = ingress.origin("metadata", "annotations", CLASS_ANNOTATION)
    return (codes.CLASS_TWICE.at(origin, message, hint),)
