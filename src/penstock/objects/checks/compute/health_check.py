"""Health checks: one protocol, its object, and the times."""

from __future__ import annotations

from collections.abc import Iterator

from penstock.model import FieldPath
from penstock.objects.checks.compute.common import between, port
from penstock.objects.compute.base import GLOBAL
from penstock.objects.compute.health_check import HealthCheck
from penstock.objects.compute.wording import invalid, required
from penstock.objects.problem import Problem

_OBJECTS = {
    "HTTP": ("httpHealthCheck", "http_health_check"),
    "HTTPS": ("httpsHealthCheck", "https_health_check"),
    "HTTP2": ("http2HealthCheck", "http2_health_check"),
    "TCP": ("tcpHealthCheck", "tcp_health_check"),
    "SSL": ("sslHealthCheck", "ssl_health_check"),
    "GRPC": ("grpcHealthCheck", "grpc_health_check"),
    "GRPC_WITH_TLS": ("grpcTlsHealthCheck", "grpc_tls_health_check"),
}
_LONGEST_TEXT = 1024
_GRPC = ("grpcHealthCheck", "grpcTlsHealthCheck")
_SOURCE_REGIONS = 3
_FROM_REGIONS_INTERVAL = 30
"""Seconds between probes that come from regions of choice, at least."""


def check_health_check(check: HealthCheck) -> Iterator[Problem]:
    """Problems of a health check."""
    yield from between(("checkIntervalSec",), check.check_interval_sec, 1, 300)
    yield from between(("timeoutSec",), check.timeout_sec, 1, 300)
    yield from between(("healthyThreshold",), check.healthy_threshold, 1, 10)
    yield from between(("unhealthyThreshold",), check.unhealthy_threshold, 1, 10)
    interval, timeout = check.check_interval_sec or 5, check.timeout_sec or 5
    if timeout > interval:
        reason = f"Must be less than or equal to checkIntervalSec ({interval})."
        yield invalid(("timeoutSec",), timeout, reason)
    yield from _objects(check)
    if check.source_regions:
        yield from _from_regions(check)


def _from_regions(check: HealthCheck) -> Iterator[Problem]:
    """What probes from regions of choice cannot do (Compute API, ``sourceRegions``)."""
    if len(check.source_regions or ()) != _SOURCE_REGIONS:
        reason = f"Exactly {_SOURCE_REGIONS} regions have to be specified."
        yield invalid(("sourceRegions",), "", reason)
    if check.place.location != GLOBAL:
        yield invalid(("sourceRegions",), "", "Only global health checks can have source regions.")
    if check.type in ("SSL", "HTTP2", "GRPC", "GRPC_WITH_TLS"):
        reason = "Health checks with sourceRegions have to be of type TCP, HTTP or HTTPS."
        yield invalid(("type",), check.type, reason)
    interval = check.check_interval_sec or 5
    if interval < _FROM_REGIONS_INTERVAL:
        reason = f"Must be at least {_FROM_REGIONS_INTERVAL} with sourceRegions."
        yield invalid(("checkIntervalSec",), interval, reason)
    probe = check.tcp_health_check or check.http_health_check or check.https_health_check
    if probe is not None and probe.proxy_header == "PROXY_V1":
        yield invalid(("sourceRegions",), "", "Cannot be set with proxyHeader.")
    if check.tcp_health_check is not None and check.tcp_health_check.request:
        yield invalid(("sourceRegions",), "", "Cannot be set with tcpHealthCheck.request.")


def _objects(check: HealthCheck) -> Iterator[Problem]:
    given = {
        kind: name
        for kind, (name, attribute) in _OBJECTS.items()
        if getattr(check, attribute) is not None
    }
    if check.type is None and not given:
        yield required((), "type", "For example type: HTTP, with httpHealthCheck.")
    wanted = check.type or next(iter(given), "")
    if wanted not in _OBJECTS:
        return
    name, _ = _OBJECTS[wanted]
    for other in given.values():
        if other != name:
            reason = f"Only {name} can be set for a health check of type {wanted}."
            yield invalid((other,), "", reason)
    if wanted not in given:
        yield required((), name, f"Write {name}: {{}} for the usual values.")
        return
    yield from _probe((name,), getattr(check, _OBJECTS[wanted][1]))


def _probe(path: FieldPath, probe: object) -> Iterator[Problem]:
    number = getattr(probe, "port", None)
    specification = getattr(probe, "port_specification", None)
    yield from port((*path, "port"), number)
    if path[0] in _GRPC and not number and specification != "USE_SERVING_PORT":
        yield required(path, "port", "Or write portSpecification: USE_SERVING_PORT.")
    if specification == "USE_SERVING_PORT" and number:
        reason = "Cannot be set if portSpecification is USE_SERVING_PORT."
        yield invalid((*path, "port"), number, reason)
    if specification == "USE_NAMED_PORT":
        reason = "Load balancers do not support named ports in health checks."
        yield invalid((*path, "portSpecification"), specification, reason)
    request_path = getattr(probe, "request_path", None)
    if request_path and not request_path.startswith("/"):
        reason = "Must start with a slash."
        yield invalid((*path, "requestPath"), request_path, reason)
    for name in ("request", "response"):
        text = getattr(probe, name, None)
        if text and (len(text) > _LONGEST_TEXT or not text.isascii()):
            reason = f"Must be ASCII, and at most {_LONGEST_TEXT} characters."
            yield invalid((*path, name), text, reason)
