"""GKE's annotations: one row each, for validation, "did you mean" and documentation.

Names, types and defaults are those of ingress-gce (pkg/annotations, pkg/negannotation)
and of GoogleCloudPlatform/gke-managed-certs.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from penstock.dialects.gke import codes
from penstock.dialects.kubernetes.foreign_annotations import GKE, OLDER, check_foreign
from penstock.model import Finding, Origin
from penstock.objects.gke.annotations import (
    ALPHA_APP_PROTOCOLS,
    APP_PROTOCOLS,
    BACKEND_CONFIG,
    BETA_BACKEND_CONFIG,
    FRONTEND_CONFIG,
    NEG,
)
from penstock.objects.meta import Object
from penstock.objects.suggest import did_you_mean, nearest


class Place(enum.StrEnum):
    """Which object carries an annotation."""

    INGRESS = "Ingress"
    SERVICE = "Service"
    LOAD_BALANCER = "Service of type LoadBalancer"
    """Not about Ingresses; known only to be left alone."""


class Effect(enum.StrEnum):
    """What becomes of an annotation."""

    HONOURED = "honoured"
    NONE = "no effect"
    STATUS = "written by the controller"
    """Ignored where somebody writes it."""


class Row(NamedTuple):
    """One annotation."""

    name: str
    place: Place
    type: str
    effect: Effect
    default: str = ""
    note: str = ""


_INGRESS, _SERVICE, _L4 = Place.INGRESS, Place.SERVICE, Place.LOAD_BALANCER
_YES, _NONE, _STATUS = Effect.HONOURED, Effect.NONE, Effect.STATUS

CLASS: Final = "kubernetes.io/ingress.class"
ALLOW_HTTP: Final = "kubernetes.io/ingress.allow-http"
GLOBAL_IP: Final = "kubernetes.io/ingress.global-static-ip-name"
REGIONAL_IP: Final = "kubernetes.io/ingress.regional-static-ip-name"
PRE_SHARED: Final = "ingress.gcp.kubernetes.io/pre-shared-cert"
MANAGED: Final = "networking.gke.io/managed-certificates"
MAX_RATE: Final = "networking.gke.io/max-rate-per-endpoint"
CAPACITY_SCALER: Final = "networking.gke.io/capacity-scaler"
TRANSPARENT_CHECK: Final = "networking.gke.io/transparent-health-checker"

NEG_STATUS: Final = "cloud.google.com/neg-status"
WRITTEN_PREFIX: Final = "ingress.kubernetes.io/"
BACKENDS: Final = f"{WRITTEN_PREFIX}backends"

_WRITTEN: Final = (
    "url-map",
    "redirect-url-map",
    "forwarding-rule",
    "https-forwarding-rule",
    "target-proxy",
    "https-target-proxy",
    "ssl-cert",
    "static-ip",
    "backends",
)
_OF_LOAD_BALANCERS: Final = (
    "networking.gke.io/load-balancer-type",
    "cloud.google.com/load-balancer-type",
    "cloud.google.com/l4-rbs",
    "cloud.google.com/network-tier",
    "networking.gke.io/internal-load-balancer-allow-global-access",
    "networking.gke.io/load-balancer-subnet",
    "networking.gke.io/internal-load-balancer-subnet",
    "networking.gke.io/load-balancer-ip-addresses",
    "networking.gke.io/weighted-load-balancing",
    "networking.gke.io/l4-strong-session-affinity",
    "networking.gke.io/l4lb-config",
    "networking.gke.io/custom-forwarding-rule",
    "networking.gke.io/ip-collection-v6",
)

ROWS: Final = (
    Row(
        CLASS,
        _INGRESS,
        "word",
        _YES,
        "`gce`",
        "`gce`, `gce-internal`, `gce-regional-external`; `gce-multi-cluster` makes no load "
        "balancer; others are not GKE's",
    ),
    Row(ALLOW_HTTP, _INGRESS, "bool", _YES, "`true`", "port 80; unparsable is `true`"),
    Row(
        GLOBAL_IP,
        _INGRESS,
        "name",
        _YES,
        "",
        "a static address: for `gce` a global one, else one of the region",
    ),
    Row(REGIONAL_IP, _INGRESS, "name", _YES, "", "the same; not beside the other one"),
    Row(PRE_SHARED, _INGRESS, "names", _YES, "", "certificates, before those of Secrets"),
    Row(MANAGED, _INGRESS, "names", _YES, "", "ManagedCertificates; external Ingresses only"),
    Row(FRONTEND_CONFIG, _INGRESS, "name", _YES, "", "a FrontendConfig of the same namespace"),
    Row(
        "networking.gke.io/suppress-firewall-xpn-error",
        _INGRESS,
        "bool",
        _NONE,
        "`false`",
        "Penstock makes no firewall rules",
    ),
    *(Row(f"{WRITTEN_PREFIX}{name}", _INGRESS, "text", _STATUS) for name in _WRITTEN),
    Row(
        "ingress.gcp.kubernetes.io/instance-groups",
        _INGRESS,
        "JSON",
        _STATUS,
        "",
        "of class `gce-multi-cluster`",
    ),
    Row(
        NEG,
        _SERVICE,
        "JSON",
        _YES,
        "",
        '`{"ingress": true}` sends requests to pods; `exposed_ports` makes groups of their own',
    ),
    Row(APP_PROTOCOLS, _SERVICE, "JSON", _YES, "`HTTP`", "port name → `HTTP`, `HTTPS`, `HTTP2`"),
    Row(ALPHA_APP_PROTOCOLS, _SERVICE, "JSON", _YES, "", f"older name of `{APP_PROTOCOLS}`; wins"),
    Row(
        BACKEND_CONFIG,
        _SERVICE,
        "JSON",
        _YES,
        "",
        '`{"default": NAME, "ports": {PORT: NAME}}`; a port by name, then by number',
    ),
    Row(BETA_BACKEND_CONFIG, _SERVICE, "JSON", _YES, "", f"where `{BACKEND_CONFIG}` is not there"),
    Row(MAX_RATE, _SERVICE, "number", _YES, "1", "requests a second that an endpoint takes"),
    Row(CAPACITY_SCALER, _SERVICE, "0.0 to 1.0", _YES, "1.0", "share of the capacity in use"),
    Row(
        TRANSPARENT_CHECK,
        _SERVICE,
        "JSON",
        _NONE,
        "",
        "GKE's flag for it is off and no agent is here; endpoints are probed directly",
    ),
    Row(NEG_STATUS, _SERVICE, "JSON", _STATUS),
    *(Row(name, _L4, "", _NONE) for name in _OF_LOAD_BALANCERS),
)
"""Every annotation, in the order of the documentation."""

BY_NAME: Final = {row.name: row for row in ROWS}
_PREFIXES: Final = (
    "cloud.google.com/",
    "beta.cloud.google.com/",
    "networking.gke.io/",
    "ingress.gcp.kubernetes.io/",
    "kubernetes.io/ingress.",
    WRITTEN_PREFIX,
)


def annotation_origin(obj: Object[Any], name: str) -> Origin:
    """Where an annotation of an object is written."""
    return obj.origin("metadata", "annotations", name)


def check_annotations(obj: Object[Any], place: Place) -> Iterator[Finding]:
    """What is to be said about names of annotations; values are checked where they are read."""
    if place is Place.INGRESS:
        yield from check_foreign(obj, (GKE, OLDER))
    for name in sorted(obj.annotations):
        row = BY_NAME.get(name)
        origin = annotation_origin(obj, name)
        if row is None:
            if name.startswith(_PREFIXES):
                yield _unknown(name, place, origin)
        elif row.place is Place.LOAD_BALANCER and place is Place.SERVICE:
            continue
        elif row.place is not place:
            message = f"{name} is an annotation of a {row.place.value}; GKE does not read it here"
            hint = f"write it on the {row.place.value}"
            yield codes.MISPLACED_ANNOTATION.at(origin, message, hint)
        elif row.effect is Effect.NONE and name != TRANSPARENT_CHECK:  # says why by itself
            yield codes.NO_EFFECT.at(origin, f"{name} has no effect: {row.note}")


def unknown_keys(
    annotation: str, value: Iterable[str], known: Sequence[str], origin: Origin
) -> Iterator[Finding]:
    """Keys of an annotation's JSON that the controller passes over."""
    for key in sorted(set(value) - set(known)):
        message = f"{annotation} has no key {key[:80]!r}; GKE passes over it"
        hint = did_you_mean(key, known) or f"it has {', '.join(known)}"
        yield codes.UNKNOWN_ANNOTATION.at(origin, message, hint)


def _unknown(name: str, place: Place, origin: Origin) -> Finding:
    near = nearest(name, [row.name for row in ROWS if row.place is place])
    hint = f"did you mean {near}?" if near else ""
    return codes.UNKNOWN_ANNOTATION.at(origin, f"{name} is not a known annotation", hint)
