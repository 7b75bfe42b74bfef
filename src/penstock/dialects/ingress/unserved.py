"""What a route says that answers 503 because its backend cannot be had."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from penstock.dialects.ingress import defaults
from penstock.dialects.ingress.plan import BackendRef
from penstock.dialects.kubernetes import codes
from penstock.dialects.kubernetes.services import Problem
from penstock.dialects.kubernetes.unserved import no_backend, no_port
from penstock.model import FixedResponse

_REASONS: Final = {
    codes.SERVICE_MISSING: "there is no such Service",
    codes.SERVICE_PORT: "the Service has no such port",
    codes.SERVICE_NOT_TCP: "the Service's port is not TCP",
    codes.EXTERNAL_NAME: "Services of type ExternalName are not served",
    codes.EXTERNAL_TARGET: "the Service's external name is refused",
}
"""Short enough for a table; the findings say more."""


def unavailable(ref: BackendRef, problem: Problem | None) -> FixedResponse:
    """503; without `problem` the reference names no Service's port."""
    if ref.port is None or problem is None:
        return replace(defaults.UNAVAILABLE, unserved=no_port(ref.origin))
    reason = _REASONS.get(problem.code, problem.message)
    unserved = no_backend(ref.port, reason, ref.origin.child("service"))
    return replace(defaults.UNAVAILABLE, unserved=unserved)
