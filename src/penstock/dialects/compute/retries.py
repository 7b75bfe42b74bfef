"""Retry policies of routes.

Without one a request without a body is tried once more on 502, 503, 504 and on
lost connections; a POST never.
https://docs.cloud.google.com/load-balancing/docs/l7-internal/traffic-management
"""

from __future__ import annotations

from penstock.dialects.compute import codes, defaults
from penstock.dialects.compute.durations import seconds
from penstock.model import Finding, Origin, RetryPolicy, Setting
from penstock.objects.compute.route_action import HttpRetryPolicy


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
    return Setting(
        RetryPolicy(conditions, attempts, seconds(policy.per_try_timeout) or None, methods), origin
    )
