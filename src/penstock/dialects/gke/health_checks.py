"""Health checks of backend services: defaults, then the readiness probe, then BackendConfig."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from penstock.dialects.gke import codes, defaults
from penstock.dialects.gke.classes import GkeClass
from penstock.dialects.gke.probes import ProbeFacts
from penstock.model import (
    ROOT_PATH,
    BackendProtocol,
    Finding,
    HealthCheck,
    HealthCheckKind,
    HealthCheckName,
    Origin,
    Setting,
)
from penstock.objects.gke.backend_config import BackendConfig
from penstock.objects.gke.fields import MOST_CHECK_SECONDS
from penstock.objects.meta import Object

_KINDS: Final = {
    BackendProtocol.HTTP: HealthCheckKind.HTTP,
    BackendProtocol.HTTPS: HealthCheckKind.HTTPS,
    BackendProtocol.HTTP2: HealthCheckKind.HTTP2,
}
_DEFAULT: Final = "Default kubernetes L7 Loadbalancing health check{}."
_OF_CLASS: Final = {
    GkeClass.EXTERNAL: " for NEG",
    GkeClass.INTERNAL: " for ILB",
    GkeClass.REGIONAL_EXTERNAL: " for Regional XLB",
}
"""How the controller's descriptions of health checks of groups end, by class."""


def default_check(
    name: HealthCheckName,
    protocol: BackendProtocol,
    origin: Origin,
    *,
    of_class: GkeClass,
    of_nodes: bool,
    path: str = defaults.CHECK_PATH,
) -> HealthCheck:
    """What holds where nobody says anything."""
    times = defaults.NODE_CHECK if of_nodes else defaults.GROUP_CHECK
    return HealthCheck(
        name=name,
        kind=Setting(_KINDS[protocol], defaults.ORIGIN),
        interval=Setting(times.interval, defaults.ORIGIN),
        timeout=Setting(times.timeout, defaults.ORIGIN),
        healthy_threshold=Setting(times.healthy, defaults.ORIGIN),
        unhealthy_threshold=Setting(times.unhealthy, defaults.ORIGIN),
        origin=origin,
        path=ROOT_PATH if path == ROOT_PATH.value else Setting(path, defaults.ORIGIN),
        description=_DEFAULT.format("" if of_nodes else _OF_CLASS[of_class]),
    )


def with_probe(check: HealthCheck, probe: ProbeFacts, *, of_nodes: bool) -> HealthCheck:
    """Path, host, timeout and interval are the probe's; thresholds are not taken."""
    added = defaults.NODE_PERIOD_ADDED if of_nodes else 0.0
    return msgspec.structs.replace(
        check,
        description=defaults.PROBE_CHECK,
        path=Setting(probe.path, probe.origin.child("httpGet", "path")),
        host=Setting(probe.host, probe.origin) if probe.host else None,
        timeout=Setting(probe.timeout, probe.origin.child("timeoutSeconds")),
        interval=Setting(probe.period + added, probe.origin.child("periodSeconds")),
    )


def with_config(check: HealthCheck, config: Object[BackendConfig]) -> HealthCheck:
    """What a BackendConfig says wins, field by field."""
    block = config.resource.spec.health_check
    if block is None:
        return check
    origin = config.origin("spec", "healthCheck")
    if block.type is not None:
        kind = Setting(HealthCheckKind(block.type), origin.child("type"))
        check = msgspec.structs.replace(check, kind=kind)
    times = (
        ("interval", block.check_interval_sec, "checkIntervalSec"),
        ("timeout", block.timeout_sec, "timeoutSec"),
    )
    for field, seconds, name in times:
        if seconds is not None:
            setting = Setting(float(seconds), origin.child(name))
            check = msgspec.structs.replace(check, **{field: setting})
    counts = (
        ("healthy_threshold", block.healthy_threshold, "healthyThreshold"),
        ("unhealthy_threshold", block.unhealthy_threshold, "unhealthyThreshold"),
        ("port", block.port, "port"),
    )
    for field, number, name in counts:
        if number is not None:
            check = msgspec.structs.replace(check, **{field: Setting(number, origin.child(name))})
    if block.request_path is not None:
        path = Setting(block.request_path, origin.child("requestPath"))
        check = msgspec.structs.replace(check, path=path)
    return check


class Unsound(NamedTuple):
    """What the API refuses of a health check."""

    finding: Finding
    text: str
    """The API's."""


def sound(check: HealthCheck, refused: list[Unsound]) -> HealthCheck:
    """With an interval that the API takes, and a timeout of at most the interval."""
    check = _short_enough(check, refused)
    interval, timeout = check.interval, check.timeout
    if timeout.value <= interval.value:
        return check
    message = (
        f"the health check's timeout ({timeout.value:g} s, {timeout.origin.describe()}) is longer "
        f"than its interval ({interval.value:g} s, {interval.origin.describe()}), which the API "
        "refuses; the interval holds for both"
    )
    hint = f"write timeoutSec: {interval.value:g}, or a longer checkIntervalSec"
    written = interval.origin if interval.origin.default_of is None else timeout.origin
    text = (
        f"Invalid value for field 'resource.timeoutSec': '{timeout.value:g}'. TimeoutSec should "
        "be less than checkIntervalSec."
    )
    refused.append(Unsound(codes.HEALTH_CHECK.at(written, message, hint), text))
    return msgspec.structs.replace(check, timeout=interval)


def _short_enough(check: HealthCheck, refused: list[Unsound]) -> HealthCheck:
    """A readiness probe may have a longer period than a health check."""
    interval = check.interval
    if interval.value <= MOST_CHECK_SECONDS:
        return check
    message = (
        f"the health check's interval ({interval.value:g} s, {interval.origin.describe()}) is "
        f"longer than {MOST_CHECK_SECONDS} s, which the API refuses; {MOST_CHECK_SECONDS} s holds"
    )
    hint = "write checkIntervalSec in healthCheck of a BackendConfig"
    text = (
        f"Invalid value for field 'resource.checkIntervalSec': '{interval.value:g}'. Must be less "
        f"than or equal to {MOST_CHECK_SECONDS}."
    )
    refused.append(Unsound(codes.HEALTH_CHECK.at(interval.origin, message, hint), text))
    shorter = Setting(float(MOST_CHECK_SECONDS), interval.origin)
    timeout = check.timeout if check.timeout.value <= MOST_CHECK_SECONDS else shorter
    return msgspec.structs.replace(check, interval=shorter, timeout=timeout)
