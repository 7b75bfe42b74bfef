"""Circuit breakers and outlier detection → what a cluster bears, and whom it leaves out."""

from __future__ import annotations

from typing import Any, Final

from envoy.config.cluster.v3 import circuit_breaker_pb2, outlier_detection_pb2
from envoy.type.v3 import percent_pb2
from google.protobuf.wrappers_pb2 import UInt32Value

from penstock.envoy.compile.messages import seconds
from penstock.model import CircuitBreakers, OutlierDetection, Setting

_NO_LIMIT: Final = 1 << 20
"""In place of Envoy's 1,024 connections, pending and active requests per cluster, which
surprise whoever meets them under load; memory is guarded by the overload manager."""
_RETRY_SHARE: Final = 20.0
_RETRIES_AT_LEAST: Final = 20
"""Retries at once: a share of the active requests (percent), but never less than this.

Envoy counts those that wait to be sent (up to 25 ms), so that its own 3 would leave a fifth of
200 requests a second without a second try when an endpoint dies."""

_NOTHING_WRITTEN: Final = CircuitBreakers()


def circuit_breakers(breakers: CircuitBreakers = _NOTHING_WRITTEN) -> Any:
    """What one proxy may have in flight to the endpoints of a cluster."""
    thresholds = circuit_breaker_pb2.CircuitBreakers.Thresholds(
        max_connections=_limit(breakers.max_connections),
        max_pending_requests=_limit(breakers.max_pending_requests),
        max_requests=_limit(breakers.max_requests),
    )
    if breakers.max_retries is not None:
        thresholds.max_retries.CopyFrom(UInt32Value(value=breakers.max_retries.value))
    else:
        thresholds.retry_budget.CopyFrom(_retry_budget())
    return circuit_breaker_pb2.CircuitBreakers(thresholds=[thresholds])


def _limit(setting: Setting[int] | None) -> Any:
    return UInt32Value(value=_NO_LIMIT if setting is None else setting.value)


def _retry_budget() -> Any:
    return circuit_breaker_pb2.CircuitBreakers.Thresholds.RetryBudget(
        budget_percent=percent_pb2.Percent(value=_RETRY_SHARE),
        min_retry_concurrency=UInt32Value(value=_RETRIES_AT_LEAST),
    )


def outlier_detection(detection: OutlierDetection) -> Any:
    """Every field is set: Envoy's defaults are others than those of dialects."""
    message = outlier_detection_pb2.OutlierDetection(
        interval=seconds(detection.interval),
        base_ejection_time=seconds(detection.base_ejection_time),
    )
    for field, value in (
        ("consecutive_5xx", detection.consecutive_errors),
        ("enforcing_consecutive_5xx", detection.enforcing_consecutive_errors),
        ("consecutive_gateway_failure", detection.consecutive_gateway_failure),
        (
            "enforcing_consecutive_gateway_failure",
            detection.enforcing_consecutive_gateway_failure,
        ),
        ("max_ejection_percent", detection.max_ejection_percent),
        ("enforcing_success_rate", detection.enforcing_success_rate),
        ("success_rate_minimum_hosts", detection.success_rate_minimum_hosts),
        ("success_rate_request_volume", detection.success_rate_request_volume),
        ("success_rate_stdev_factor", detection.success_rate_stdev_factor),
    ):
        getattr(message, field).CopyFrom(UInt32Value(value=value))
    return message
