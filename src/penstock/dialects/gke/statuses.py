"""What GKE's controllers write onto Ingresses and Services, with their names of resources.

Rules: ingress-gce, pkg/loadbalancers (annotations of an Ingress) and pkg/neg (of a Service).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Final

from penstock.dialects.compute.groups import names_of
from penstock.dialects.gke.annotations import BACKENDS, NEG_STATUS, WRITTEN_PREFIX
from penstock.dialects.gke.classes import GkeClass
from penstock.dialects.gke.events import ADDRESS, ingress_events, service_events
from penstock.dialects.gke.exposed import Exposed, ExposedGroup
from penstock.dialects.gke.failure import Failure
from penstock.dialects.gke.front import Front
from penstock.dialects.gke.names import ingress_names, neg_name
from penstock.dialects.gke.plan import IngressPlan
from penstock.dialects.gke.routes import Resolved
from penstock.dialects.gke.targets import Target
from penstock.model import BackendServiceName, GroupStatus, ObjectEvent, ObjectStatus

READINESS_GATE: Final = "cloud.google.com/load-balancer-neg-ready"
"""GKE adds it to every pod behind a network endpoint group."""


def ingress_status(plan: IngressPlan, front: Front, resolved: Resolved) -> ObjectStatus:
    """Of an Ingress that is served."""
    return ObjectStatus(
        object=plan.ingress.ref,
        annotations=dict(sorted(_annotations(plan, front))),
        backends=_backends(resolved.used),
        health_annotation=BACKENDS,
        events=ingress_events(plan, front, resolved),
        address_reason=ADDRESS,
    )


def refused_status(plan: IngressPlan, front: Front, resolved: Resolved) -> Iterator[ObjectStatus]:
    """Of an Ingress that is not served: only why, if GKE says it."""
    events = ingress_events(plan, front, resolved)
    if events:
        yield ObjectStatus(object=plan.ingress.ref, annotations={}, backends={}, events=events)


def _annotations(plan: IngressPlan, front: Front) -> Iterator[tuple[str, str]]:
    names = ingress_names(plan.ingress)
    yield f"{WRITTEN_PREFIX}url-map", names.url_map
    if front.http:
        yield f"{WRITTEN_PREFIX}forwarding-rule", names.forwarding_rule(https=False)
        yield f"{WRITTEN_PREFIX}target-proxy", names.target_proxy(https=False)
    if front.redirect is not None and names.redirect_url_map:
        yield f"{WRITTEN_PREFIX}redirect-url-map", names.redirect_url_map
    if not front.https:
        return
    yield f"{WRITTEN_PREFIX}https-forwarding-rule", names.forwarding_rule(https=True)
    yield f"{WRITTEN_PREFIX}https-target-proxy", names.target_proxy(https=True)
    yield f"{WRITTEN_PREFIX}ssl-cert", ",".join(front.certificate_names)
    if front.http and front.static is None and plan.of_class is GkeClass.EXTERNAL:
        # The address that both ports share is reserved by the controller, under this name.
        yield f"{WRITTEN_PREFIX}static-ip", names.forwarding_rule(https=False)


def service_statuses(
    targets: Iterable[Target], failures: Iterable[Failure], exposed: Exposed
) -> Iterator[ObjectStatus]:
    """Of the Services whose pods are in groups: of the ports that Ingresses lead to, and of those
    that have groups of their own; and of Services that get none, why."""
    by_service: dict[str, list[Target]] = {}
    for target in targets:
        by_service.setdefault(target.use.service.ref, []).append(target)
    standalone: dict[str, list[ExposedGroup]] = {}
    for group in (*exposed.groups, *exposed.refused):
        standalone.setdefault(group.port.service.ref, []).append(group)
    refused = frozenset(exposed.refused)
    failed = service_events((*failures, *exposed.failures), exposed.refused)
    for ref in sorted({*by_service, *standalone, *failed}):
        used = by_service.get(ref, [])
        told = [event for target in used for event in target.events]
        events = tuple(dict.fromkeys((*failed.get(ref, ()), *told)))
        in_negs = [target for target in used if target.in_negs]
        status = _service_status(ref, in_negs, standalone.get(ref, []), refused, events)
        if status.annotations or status.events:
            yield status


def _service_status(
    ref: str,
    targets: list[Target],
    own: list[ExposedGroup],
    refused: frozenset[ExposedGroup],
    events: tuple[ObjectEvent, ...],
) -> ObjectStatus:
    """The annotation names groups before they are made: those that cannot be are in it, too."""
    groups = (*_groups(targets), *(_own_group(group) for group in own if group not in refused))
    names = {target.use.port.port: _neg_name(target) for target in targets}
    names |= {group.port.port.port: group.at.name for group in own}
    zones = {g.zone for g in groups} | {g.at.location for g in own}
    zones.update(zone for target in targets for zone in target.empty_zones)
    value = {
        "network_endpoint_groups": {str(port): name for port, name in sorted(names.items())},
        "zones": sorted(zones),
    }
    return ObjectStatus(
        object=ref,
        annotations={NEG_STATUS: json.dumps(value, separators=(",", ":"))} if names else {},
        backends=_backends(targets),
        readiness_gate=READINESS_GATE if names else "",
        groups=tuple(dict.fromkeys(sorted(groups, key=lambda g: (g.name, g.zone, g.negs)))),
        events=events,
    )


def _groups(targets: Iterable[Target]) -> Iterator[GroupStatus]:
    for target in targets:
        for zone, neg in zip(target.use.zones, target.use.names, strict=True):
            yield GroupStatus(_neg_name(target), zone, (neg,))


def _neg_name(target: Target) -> str:
    service = target.use.service
    return neg_name(service.namespace, service.name, target.use.port.port)


def _own_group(group: ExposedGroup) -> GroupStatus:
    return GroupStatus(group.at.name, group.at.location, names_of(group.at), group.pods)


def _backends(targets: Iterable[Target]) -> dict[str, tuple[BackendServiceName, ...]]:
    found: dict[str, set[BackendServiceName]] = {}
    for target in targets:
        found.setdefault(target.cloud_name, set()).add(target.backend.name)
    return {name: tuple(sorted(services)) for name, services in sorted(found.items())}
