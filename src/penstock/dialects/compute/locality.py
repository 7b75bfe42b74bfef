"""``localityLbPolicy``, and ``customMetrics`` by which endpoints are weighed.

Without one, requests take turns; with a session affinity, Maglev hashing keeps
sessions where they are.
https://docs.cloud.google.com/load-balancing/docs/backend-service#locality-lb-policy
"""

from __future__ import annotations

from typing import Final

from penstock.dialects.compute import codes, defaults
from penstock.dialects.compute.references import resource_field
from penstock.model import Finding, LocalityPolicy, LocalityPolicyKind, Setting
from penstock.objects.compute.backend_service import BackendService
from penstock.objects.meta import Object

HASHING: Final = frozenset({LocalityPolicyKind.RING_HASH, LocalityPolicyKind.MAGLEV})
"""Policies under which what is hashed decides."""
_UNSET: Final = (None, "INVALID_LB_POLICY")
_MAGLEV: Final = LocalityPolicy(LocalityPolicyKind.MAGLEV)


def read_locality(
    obj: Object[BackendService], has_affinity: bool, findings: list[Finding]
) -> Setting[LocalityPolicy] | None:
    """The policy; None takes turns."""
    written = obj.resource.locality_lb_policy
    kind = None if written in _UNSET else _kind(obj, findings)
    if kind is not LocalityPolicyKind.WEIGHTED_ROUND_ROBIN and obj.resource.custom_metrics:
        message = "customMetrics weigh endpoints under WEIGHTED_ROUND_ROBIN only"
        findings.append(codes.NO_AFFINITY_EFFECT.at(obj.origin("customMetrics"), message))
    if kind is None:
        return Setting(_MAGLEV, defaults.ORIGIN) if has_affinity else None
    return Setting(
        LocalityPolicy(
            kind, minimum_ring_size=_ring_size(obj, kind, findings), metrics=_metrics(obj, kind)
        ),
        obj.origin("localityLbPolicy"),
    )


def _kind(obj: Object[BackendService], findings: list[Finding]) -> LocalityPolicyKind | None:
    written = obj.resource.locality_lb_policy
    try:
        return LocalityPolicyKind(written or "")
    except ValueError:
        origin = obj.origin("localityLbPolicy")
        message = (
            f"Invalid value for field '{resource_field(origin)}': '{written}'. "
            f"It is not supported with the load balancing scheme INTERNAL_MANAGED; "
            "the default is used instead"
        )
        hint = f"use one of {', '.join(LocalityPolicyKind)}"
        findings.append(codes.LOCALITY_POLICY.at(origin, message, hint))
        return None


def _ring_size(
    obj: Object[BackendService], kind: LocalityPolicyKind, findings: list[Finding]
) -> int | None:
    settings = obj.resource.consistent_hash
    size = settings.minimum_ring_size if settings else None
    if size is None or kind is LocalityPolicyKind.RING_HASH:
        return size
    origin = obj.origin("consistentHash", "minimumRingSize")
    message = "minimumRingSize belongs to RING_HASH and has no effect"
    findings.append(codes.NO_AFFINITY_EFFECT.at(origin, message))
    return None


def _metrics(obj: Object[BackendService], kind: LocalityPolicyKind) -> tuple[str, ...]:
    if kind is not LocalityPolicyKind.WEIGHTED_ROUND_ROBIN:
        return ()
    metrics = obj.resource.custom_metrics or ()
    return tuple(sorted({m.name for m in metrics if m.name and not m.dry_run}))
