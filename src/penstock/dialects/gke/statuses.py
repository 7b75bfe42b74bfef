"""What GKE's controllers write onto Ingresses and Services, with their names of resources.

Rules: ingress-gce, pkg/loadbalancers (annotations of an Ingress) and pkg/neg (of a Service).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Final

from penstock.dialects.gke.annotations import BACKENDS, NEG_STATUS, WRITTEN_PREFIX
from penstock.dialects.gke.backends import Target
from penstock.dialects.gke.classes import GkeClass
from penstock.dialects.gke.front import Front
from penstock.dialects.gke.names import front_end_names, neg_name
from penstock.dialects.gke.plan import IngressPlan
from penstock.dialects.gke.routes import Resolved
from penstock.model import BackendServiceName, ObjectStatus
from penstock.objects.meta import Object
from penstock.objects.service import Service

READINESS_GATE: Final = "cloud.google.com/load-balancer-neg-ready"
"""GKE adds it to every pod behind a network endpoint group."""


def ingress_status(plan: IngressPlan, front: Front, resolved: Resolved) -> ObjectStatus:
    """Of an Ingress that is served."""
    return ObjectStatus(
        object=plan.ingress.ref,
        annotations=dict(sorted(_annotations(plan, front))),
        backends=_backends(resolved.used),
        health_annotation=BACKENDS,
    )


def _annotations(plan: IngressPlan, front: Front) -> Iterator[tuple[str, str]]:
    names = front_end_names(plan.ingress.namespace, plan.ingress.name)
    yield f"{WRITTEN_PREFIX}url-map", names.url_map
    if front.http:
        yield f"{WRITTEN_PREFIX}forwarding-rule", names.forwarding_rule(https=False)
        yield f"{WRITTEN_PREFIX}target-proxy", names.target_proxy(https=False)
    if front.redirect is not None:
        yield f"{WRITTEN_PREFIX}redirect-url-map", names.redirect_url_map
    if not front.https:
        return
    yield f"{WRITTEN_PREFIX}https-forwarding-rule", names.forwarding_rule(https=True)
    yield f"{WRITTEN_PREFIX}https-target-proxy", names.target_proxy(https=True)
    yield f"{WRITTEN_PREFIX}ssl-cert", ",".join(front.certificate_names)
    if front.http and front.static is None and plan.of_class is GkeClass.EXTERNAL:
        # The address that both ports share is reserved by the controller, under this name.
        yield f"{WRITTEN_PREFIX}static-ip", names.forwarding_rule(https=False)


def service_statuses(targets: Iterable[Target]) -> Iterator[ObjectStatus]:
    """Of the Services whose pods are in groups, by the ports that Ingresses lead to."""
    by_service: dict[str, list[Target]] = {}
    for target in targets:
        if target.in_negs:
            by_service.setdefault(target.use.service.ref, []).append(target)
    for _, found in sorted(by_service.items()):
        yield _service_status(found[0].use.service, found)


def _service_status(service: Object[Service], targets: list[Target]) -> ObjectStatus:
    ports = sorted({target.use.port.port for target in targets})
    negs = {str(port): neg_name(service.namespace, service.name, port) for port in ports}
    zones = sorted({zone for target in targets for zone in target.use.zones})
    value = json.dumps({"network_endpoint_groups": negs, "zones": zones}, separators=(",", ":"))
    return ObjectStatus(
        object=service.ref,
        annotations={NEG_STATUS: value},
        backends=_backends(targets),
        readiness_gate=READINESS_GATE,
    )


def _backends(targets: Iterable[Target]) -> dict[str, tuple[BackendServiceName, ...]]:
    found: dict[str, set[BackendServiceName]] = {}
    for target in targets:
        found.setdefault(target.cloud_name, set()).add(target.backend.name)
    return {name: tuple(sorted(services)) for name, services in sorted(found.items())}
