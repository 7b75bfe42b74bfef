"""``outlierDetection``: when one proxy leaves an endpoint out; off where nothing is written."""

from __future__ import annotations

from typing import TypeVar

from penstock.dialects.compute.durations import seconds
from penstock.model import OutlierDetection, Setting
from penstock.objects.compute.backend_service import BackendService
from penstock.objects.meta import Object

T = TypeVar("T")


def read_outliers(obj: Object[BackendService]) -> Setting[OutlierDetection] | None:
    """Every field, with the API's defaults: gateway errors eject, other errors do not."""
    written = obj.resource.outlier_detection
    if written is None:
        return None
    return Setting(
        OutlierDetection(
            consecutive_errors=_or(written.consecutive_errors, 5),
            interval=_or(seconds(written.interval), 1.0),
            base_ejection_time=_or(seconds(written.base_ejection_time), 30.0),
            max_ejection_percent=_or(written.max_ejection_percent, 50),
            enforcing_consecutive_errors=_or(written.enforcing_consecutive_errors, 0),
            consecutive_gateway_failure=_or(written.consecutive_gateway_failure, 3),
            enforcing_consecutive_gateway_failure=_or(
                written.enforcing_consecutive_gateway_failure, 100
            ),
            enforcing_success_rate=_or(written.enforcing_success_rate, 100),
            success_rate_minimum_hosts=_or(written.success_rate_minimum_hosts, 5),
            success_rate_request_volume=_or(written.success_rate_request_volume, 100),
            success_rate_stdev_factor=_or(written.success_rate_stdev_factor, 1900),
        ),
        obj.origin("outlierDetection"),
    )


def _or(value: T | None, default: T) -> T:
    return default if value is None else value
