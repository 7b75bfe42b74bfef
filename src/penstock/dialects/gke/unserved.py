"""Routes that answer by themselves because what they were to lead to cannot be had."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from penstock.dialects.gke import codes, defaults
from penstock.dialects.gke.failure import Failure
from penstock.dialects.gke.plan import BackendRef
from penstock.dialects.gke.targets import Target
from penstock.dialects.kubernetes.unserved import no_backend, no_port
from penstock.model import Finding, FixedResponse, Origin, Unserved

_REASONS: Final = {
    codes.SERVICE_MISSING: "there is no such Service",
    codes.PORT_MISSING: "the Service has no such port",
    codes.SERVICE_TYPE: "the Service is of a type that GKE cannot reach",
    codes.NEG_ANNOTATION: "the Service's annotation cloud.google.com/neg is wrong",
    codes.NEG_IPV6: "the Service has IPv6 addresses only",
    codes.APP_PROTOCOLS: "the Service's annotation for app-protocols is wrong",
    codes.BACKEND_CONFIG: "the Service's annotation for its BackendConfig is wrong",
}
"""The controller's words are too long for a table; the finding has them."""
_GUARDS: Final = frozenset(
    finding.name for finding in (codes.NOT_GUARDED, codes.POLICY_MISSING, codes.SECURITY_POLICY)
)


def unavailable(ref: BackendRef, failure: Failure | None) -> FixedResponse:
    """503; without `failure` the reference names no Service's port."""
    if ref.port is None or failure is None:
        return replace(defaults.UNAVAILABLE, unserved=no_port(ref.origin))
    reason = failure.brief or _REASONS.get(failure.code, failure.text)
    origin = failure.origin or ref.origin.child("service")
    return replace(defaults.UNAVAILABLE, unserved=no_backend(ref.port, reason, origin))


def broken(path: Origin) -> FixedResponse:
    """500, for a path that GKE does not take."""
    unserved = Unserved("", "GKE does not take the path", path.child("path"))
    return replace(defaults.BROKEN, unserved=unserved)


def forbidden(target: Target) -> FixedResponse:
    """403, for a backend whose guard cannot be had."""
    name = target.backend.name.split("/", 2)[2]
    reason, origin = "its guard cannot be had", target.backend.origin
    for guard in target.settings.findings:
        if guard.code in _GUARDS:
            reason, origin = _reason(guard), guard.origin
            break
    service = target.backend
    unserved = Unserved(name, reason, origin, service.origin, service.name)
    return replace(defaults.FORBIDDEN, unserved=unserved)


def _reason(guard: Finding) -> str:
    """What a finding says before it comes to the consequence, if that is not too long."""
    if guard.code == codes.SECURITY_POLICY.name:
        return "GKE has security policies for class gce only"
    said = guard.message.partition(";")[0]
    return said[0].lower() + said[1:] if said[:2].istitle() else said
