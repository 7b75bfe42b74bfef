"""``securityPolicy`` of backend services: who gets through to them.

https://docs.cloud.google.com/armor/docs/security-policy-overview
"""

from __future__ import annotations

from penstock.dialects.compute import codes
from penstock.dialects.compute.config import Config
from penstock.dialects.compute.index import Located
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
from penstock.objects.compute.base import Place
from penstock.objects.meta import Object


def named_policy(
    at: Located, obj: Object[BackendService], config: Config
) -> Setting[SecurityPolicy] | None:
    """The policy that a backend service names, if somebody has it."""
    written = obj.resource.security_policy
    if not written:
        return None
    ref = parse_reference(written)
    place = Place(ref.project or at.project, ref.location or at.location)
    return config.policy(place, ref.name)


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
    hint = (
        "add it (a compute#securityPolicy, or spec.securityPolicies of a PenstockConfig); one with "
        "a mistake counts as missing"
    )
    findings.append(codes.POLICY_MISSING.at(origin, message, hint))
    everybody = SecurityRule(DEFAULT_PRIORITY, EVERYBODY, deny=403)
    return Setting(SecurityPolicy(name, (everybody,)), origin)
