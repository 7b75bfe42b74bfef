"""Policies of route actions that are little more than their fields: CORS, faults."""

from __future__ import annotations

from penstock.dialects.compute.durations import seconds
from penstock.model import CorsPolicy as ModelCors
from penstock.model import FaultInjection, Origin, Setting
from penstock.objects.compute.route_action import CorsPolicy, HttpFaultInjection


def read_cors(policy: CorsPolicy | None, origin: Origin) -> Setting[ModelCors] | None:
    """A policy that is not disabled."""
    if policy is None or policy.disabled:
        return None
    return Setting(
        ModelCors(
            allow_origins=policy.allow_origins or (),
            allow_origin_regexes=policy.allow_origin_regexes or (),
            allow_methods=policy.allow_methods or (),
            allow_headers=policy.allow_headers or (),
            expose_headers=policy.expose_headers or (),
            max_age=policy.max_age,
            allow_credentials=bool(policy.allow_credentials),
        ),
        origin,
    )


def read_faults(
    written: HttpFaultInjection | None, origin: Origin
) -> Setting[FaultInjection] | None:
    """Answers and delays that are made up; without a percentage for no request."""
    if written is None or (written.abort is None and written.delay is None):
        return None
    abort, delay = written.abort, written.delay
    return Setting(
        FaultInjection(
            abort_status=abort.http_status if abort else None,
            abort_percent=(abort.percentage or 0.0) if abort else 0.0,
            # A delay of nothing is none.
            delay=(seconds(delay.fixed_delay) or None) if delay else None,
            delay_percent=(delay.percentage or 0.0) if delay else 0.0,
        ),
        origin,
    )
