"""Annotations of other products than the one whose Ingress it is: they have no effect."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

from penstock.dialects.kubernetes import codes
from penstock.dialects.kubernetes.spelling import listed
from penstock.model import Finding
from penstock.objects.gke.annotations import WRITTEN
from penstock.objects.meta import Object

NGINX: Final = "ingress-nginx"
NGINX_PREFIX: Final = "nginx.ingress.kubernetes.io/"
GKE: Final = "GKE"
OLDER: Final = "older controllers"

FAMILIES: Final = (
    (NGINX_PREFIX, NGINX),
    ("alb.ingress.kubernetes.io/", "AWS Load Balancer Controller"),
    ("service.beta.kubernetes.io/", "cloud load balancers"),
    ("cloud.google.com/", GKE),
    ("networking.gke.io/", GKE),
    ("ingress.gcp.kubernetes.io/", GKE),
    ("kubernetes.io/ingress.global-", GKE),
    ("kubernetes.io/ingress.regional-", GKE),
    ("kubernetes.io/ingress.allow-http", GKE),
    ("networking.gke.io.", GKE),
    ("appgw.ingress.kubernetes.io/", "Azure Application Gateway"),
    ("azure.application-gateway.kubernetes.io/", "Azure Application Gateway"),
    ("traefik.ingress.kubernetes.io/", "Traefik"),
    ("haproxy.org/", "HAProxy"),
    ("haproxy-ingress.github.io/", "HAProxy Ingress"),
    ("ingress.kubernetes.io/", OLDER),
    ("nginx.org/", "NGINX Ingress Controller"),
    ("nginx.com/", "NGINX Ingress Controller"),
    ("konghq.com/", "Kong"),
    ("projectcontour.io/", "Contour"),
    ("getambassador.io/", "Emissary"),
    ("k8s.apisix.apache.org/", "APISIX"),
    ("ingress.cilium.io/", "Cilium"),
    ("higress.io/", "Higress"),
)

_PREFIXES: Final = tuple(prefix for prefix, _ in FAMILIES)


def check_foreign(obj: Object[Any], own: Collection[str]) -> Iterator[Finding]:
    """One finding per family of a product that is not among `own`."""
    if not any(key.startswith(_PREFIXES) for key in obj.annotations):
        return
    for owner, keys in _by_family(obj.annotations):
        if keys and owner not in own:
            message = f"annotations of {owner} have no effect on this Ingress: {listed(keys)}"
            hint = "they count for Ingresses of that product's class"
            yield codes.OTHER_FAMILY.at(
                obj.origin("metadata", "annotations", keys[0]), message, hint
            )


def _by_family(names: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """What GKE's controller writes has the prefix of older controllers."""
    for prefix, owner in FAMILIES:
        yield owner, sorted(n for n in names if n.startswith(prefix) and n not in WRITTEN)
    yield GKE, sorted(n for n in names if n in WRITTEN)
