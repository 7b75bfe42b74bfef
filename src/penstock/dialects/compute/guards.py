"""``securityPolicy`` of backend services: who gets through to them.

https://docs.cloud.google.com/armor/docs/security-policy-overview
"""

from __future__ import annotations

from collections.abc import Mapping

from penstock.dialects.compute import codes
from penstock.dialects.compute.references import parse_reference
from penstock.model import (
    DEFAULT_PRIORITY,
    EVERYBODY,
    Finding,
    SecurityPolicy,
    SecurityRule,
    Setting,
)
from penstock.objects.compute.backend_service import BackendService
from penstock.objects.meta import Object


def named_policy(
    obj: Object[BackendService], policies: Mapping[str, Setting[SecurityPolicy]]
) -> Setting[SecurityPolicy] | None:
    """The policy that a backend service names, if a PenstockConfig has it."""
    written = obj.resource.security_policy
    return policies.get(parse_reference(written).name) if written else None


def read_guard(
    obj: Object[BackendService],
    found: Setting[SecurityPolicy] | None,
    findings: list[Finding],
) -> Setting[SecurityPolicy] | None:
    """Who gets through; nobody, if a policy is named that is not there."""
    written = obj.resource.security_policy
    if not written or found is not None:
        return found
    name, origin = parse_reference(written).name, obj.origin("securityPolicy")
    message = (
        f"there is no security policy {name}; requests for {obj.ref} are answered with 403 "
        "rather than let through"
    )
    hint = "add it to spec.securityPolicies of a PenstockConfig"
    findings.append(codes.POLICY_MISSING.at(origin, message, hint))
    everybody = SecurityRule(DEFAULT_PRIORITY, EVERYBODY, deny=403)
    return Setting(SecurityPolicy(name, (everybody,)), origin)
