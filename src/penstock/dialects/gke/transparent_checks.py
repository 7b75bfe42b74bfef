"""Transparent health checks: asked for on a Service, answered by an agent on every node.

GKE has them behind a flag that is off, and no agent is here either, so the annotation has
no effect; what is said about it are the reasons and texts of GKE's own events
(ingress-gce, pkg/healthchecks).  With the flag on, the check would be HTTP on port 7877,
path ``/api/podhealth``, every 5 s with 5 s time, healthy after 1 and unhealthy after 10.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from penstock.dialects.gke import codes
from penstock.dialects.gke.annotations import annotation_origin
from penstock.model import Finding, ObjectEvent
from penstock.objects.gke import BackendConfig
from penstock.objects.gke.annotations import TRANSPARENT_CHECK, json_fields
from penstock.objects.meta import Object
from penstock.objects.service import Service

INVALID: Final = "THC annotation is invalid"
_WITHOUT_FLAG: Final = (
    "THCAnnotationWithoutFlag",
    "THC annotation present, but the Transparent Health Checks feature is not enabled.",
)
_WITHOUT_NEG: Final = (
    "THCAnnotationWithoutNEG",
    "THC annotation present, but NEG is disabled. Will not enable Transparent Health Checks.",
)
_OVERRIDDEN: Final = (
    "BackendConfigOverridesTHC",
    "Both THC and BackendConfig annotations present and the BackendConfig has spec.healthCheck. "
    "The THC annotation will be ignored.",
)


class Said(NamedTuple):
    """What there is to say about the annotation of one Service."""

    finding: Finding
    event: ObjectEvent | None


def transparent_check(
    service: Object[Service], config: Object[BackendConfig] | None, *, in_negs: bool
) -> Said | None:
    """None if the annotation asks for nothing."""
    written = service.annotations.get(TRANSPARENT_CHECK)
    if written is None:
        return None
    value, origin = json_fields(written), annotation_origin(service, TRANSPARENT_CHECK)
    enabled = (value.get("enabled") or False) if value is not None else None
    if not isinstance(enabled, bool):
        hint = 'write {"enabled": false}, or leave it out'
        return Said(codes.TRANSPARENT_CHECK.at(origin, INVALID, hint), None)
    if not enabled:
        return None
    reason, text = _why_not(config, in_negs=in_negs)
    message = f"{reason}: {text} Endpoints are probed as without the annotation"
    finding = codes.TRANSPARENT_CHECK.at(origin, message, "leave it out")
    return Said(finding, ObjectEvent("Warning", reason, text))


def _why_not(config: Object[BackendConfig] | None, *, in_negs: bool) -> tuple[str, str]:
    """What would be in the way with the flag on comes first."""
    if not in_negs:
        return _WITHOUT_NEG
    if config is not None and config.resource.spec.health_check is not None:
        return _OVERRIDDEN
    return _WITHOUT_FLAG
