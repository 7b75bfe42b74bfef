"""Security policies of the Compute API: what the API asks, then what can be enforced."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Final

from penstock.model import FieldPath
from penstock.objects import codes
from penstock.objects.checks.security_policies import check_rules
from penstock.objects.compute import codes as compute_codes
from penstock.objects.compute.security_policy import SecurityPolicy, SecurityPolicyRule
from penstock.objects.compute.wording import invalid, required
from penstock.objects.problem import Problem

_TYPE: Final = "CLOUD_ARMOR"
_CODES: Final = {
    codes.INVALID_VALUE: compute_codes.INVALID_VALUE,
    codes.INVALID_ADDRESS: compute_codes.INVALID_VALUE,
    codes.MISSING_FIELD: compute_codes.MISSING_FIELD,
}


def check_compute_security_policy(policy: SecurityPolicy) -> Iterator[Problem]:
    """Problems of a policy; one in a rule costs all of it."""
    if policy.type not in (None, _TYPE):
        reason = f"Only a policy of type {_TYPE} is enforced for backend services."
        yield invalid(("type",), policy.type, reason)
    missing = [p for i, rule in enumerate(policy.rules or ()) for p in _missing(i, rule)]
    yield from missing
    if missing:
        return
    for problem in check_rules((), policy.as_config()):
        code = _CODES.get(problem.code, problem.code)
        yield dataclasses.replace(problem, code=code)
    for index, rule in enumerate(policy.rules or ()):
        options = rule.rate_limit_options
        if (
            options is not None
            and not rule.preview
            and len(options.enforce_on_key_configs or ()) > 1
        ):
            path: FieldPath = ("rules", index, "rateLimitOptions", "enforceOnKeyConfigs")
            yield invalid(path, "", "Requests are counted by one key here, ALL or IP.")


def _missing(index: int, rule: SecurityPolicyRule) -> Iterator[Problem]:
    path: FieldPath = ("rules", index)
    for name, value in (("priority", rule.priority), ("action", rule.action)):
        if value is None:
            yield required(path, name)
