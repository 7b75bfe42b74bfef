"""Retry policies of routes.

Without one a request without a body is tried once more on 502, 503, 504 and on
lost connections; a POST never.
https://docs.cloud.google.com/load-balancing/docs/l7-internal/traffic-management
"""

from __future__ import annotations

from typing import Final

from penstock.dialects.compute import codes, defaults
from penstock.dialects.compute.durations import seconds
from penstock.model import Finding, Origin, RetryPolicy, Setting
from penstock.objects.compute.route_action import HttpRetryPolicy

_DAY: Final = 86_400.0
"""The longest a try may take, in seconds."""


def read_retry(
    policy: HttpRetryPolicy | None, origin: Origin, findings: list[Finding]
) -> Setting[RetryPolicy | None]:
    """The policy at `origin`, or the default."""
    if policy is None:
        return defaults.RETRY
    conditions = tuple(sorted(set(policy.retry_conditions or ())))
    methods: tuple[str, ...] = ()
    if not conditions:
        conditions, methods = defaults.RETRY_CONDITIONS, defaults.BODILESS_METHODS
        message = (
            "the retry policy names no retryConditions; those that hold without a policy hold: "
            "requests without a body, on 502, 503, 504 and lost connections"
        )
        findings.append(codes.RETRY_CONDITIONS.at(origin, message))
    attempts = defaults.RETRIES if policy.num_retries is None else policy.num_retries
    timeout = _per_try(policy, origin.child("perTryTimeout"), findings)
    return Setting(RetryPolicy(conditions, attempts, timeout, methods), origin)


def _per_try(policy: HttpRetryPolicy, origin: Origin, findings: list[Finding]) -> float | None:
    written = seconds(policy.per_try_timeout)
    if written is not None and written > _DAY:
        message = f"a try may take 24 hours at most, not {written:g} seconds; it may take 24 hours"
        findings.append(codes.PER_TRY_TIMEOUT.at(origin, message))
        return _DAY
    return written or None
