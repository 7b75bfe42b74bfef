"""Health checks: from the resource that a backend service names to how endpoints are probed.

https://docs.cloud.google.com/load-balancing/docs/health-check-concepts
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, TypeAlias, TypeVar

from msgspec import structs

from penstock.dialects.compute import codes, defaults
from penstock.dialects.compute.groups import INSTANCES, PROBED_BY_PROXIES, GroupFacts
from penstock.dialects.compute.index import Located
from penstock.dialects.compute.references import resource_field
from penstock.model import (
    LONGEST_PROXY_PROBE,
    ROOT_PATH,
    Finding,
    HealthCheckKind,
    HealthCheckName,
    Origin,
    Setting,
    Severity,
)
from penstock.model import HealthCheck as ModelCheck
from penstock.objects.compute.backend_service import BackendService
from penstock.objects.compute.health_check import (
    GrpcHealthCheck,
    GrpcTlsHealthCheck,
    HealthCheck,
    Http2HealthCheck,
    HttpHealthCheck,
    HttpsHealthCheck,
    SslHealthCheck,
    TcpHealthCheck,
)
from penstock.objects.compute.managed import OF_SERVICES
from penstock.objects.meta import Object

T = TypeVar("T")
_Http: TypeAlias = HttpHealthCheck | HttpsHealthCheck | Http2HealthCheck
_Text: TypeAlias = TcpHealthCheck | SslHealthCheck
_Grpc: TypeAlias = GrpcHealthCheck | GrpcTlsHealthCheck
_Probe: TypeAlias = _Http | _Text | _Grpc

_SERVING_PORT: Final = "USE_SERVING_PORT"
_PROXY: Final = "PROXY_V1"
_USUAL_PORTS: Final = {
    HealthCheckKind.TCP: 80,
    HealthCheckKind.HTTP: 80,
    HealthCheckKind.SSL: 443,
    HealthCheckKind.HTTPS: 443,
    HealthCheckKind.HTTP2: 443,
}
"""Where a check says no port; those by gRPC have to."""
_DEMANDING: Final = frozenset({"GCE_VM_IP_PORT", INSTANCES})


class HealthCheckReading(NamedTuple):
    """A health check as read."""

    at: Located
    object: Object[HealthCheck]
    check: ModelCheck


def read_health_check(at: Located, obj: Object[HealthCheck]) -> HealthCheckReading | None:
    """Read a health check; None if it is of no kind, which was said when it was parsed."""
    found = _probe(obj.resource)
    if found is None:
        return None
    kind, field, probe = found
    resource = obj.resource
    interval = _setting(obj, resource.check_interval_sec, "checkIntervalSec", defaults.INTERVAL)
    timeout = _setting(obj, resource.timeout_sec, "timeoutSec", defaults.PROBE_TIMEOUT)
    check = ModelCheck(
        name=HealthCheckName(f"compute/{at}"),
        kind=Setting(kind, obj.origin("type") if resource.type else obj.origin(field)),
        interval=_seconds(interval),
        timeout=_seconds(timeout),
        healthy_threshold=_setting(
            obj, resource.healthy_threshold, "healthyThreshold", defaults.HEALTHY_THRESHOLD
        ),
        unhealthy_threshold=_setting(
            obj, resource.unhealthy_threshold, "unhealthyThreshold", defaults.UNHEALTHY_THRESHOLD
        ),
        origin=obj.origin(),
        port=_port(obj, kind, field, probe),
        log=resource.log_config is not None and bool(resource.log_config.enable),
    )
    return HealthCheckReading(at, obj, _with_content(check, obj, field, probe))


def _with_content(
    check: ModelCheck, obj: Object[HealthCheck], field: str, probe: _Probe
) -> ModelCheck:
    """With what is sent and expected."""
    match probe:
        case HttpHealthCheck() | HttpsHealthCheck() | Http2HealthCheck():
            return structs.replace(
                check,
                host=Setting(probe.host, obj.origin(field, "host")) if probe.host else None,
                path=_path(obj, field, probe.request_path),
                response=_bytes(probe.response),
                proxy_header=probe.proxy_header == _PROXY,
            )
        case TcpHealthCheck() | SslHealthCheck():
            return structs.replace(
                check,
                request=_bytes(probe.request),
                response=_bytes(probe.response),
                proxy_header=probe.proxy_header == _PROXY,
            )
        case _:
            return structs.replace(check, grpc_service=probe.grpc_service_name or "")


def _path(obj: Object[HealthCheck], field: str, written: str | None) -> Setting[str]:
    return Setting(written, obj.origin(field, "requestPath")) if written else ROOT_PATH


def _probe(check: HealthCheck) -> tuple[HealthCheckKind, str, _Probe] | None:
    """The kind, and its part of the resource with its name."""
    parts: Mapping[HealthCheckKind, tuple[str, _Probe | None]] = {
        HealthCheckKind.TCP: ("tcpHealthCheck", check.tcp_health_check),
        HealthCheckKind.SSL: ("sslHealthCheck", check.ssl_health_check),
        HealthCheckKind.HTTP: ("httpHealthCheck", check.http_health_check),
        HealthCheckKind.HTTPS: ("httpsHealthCheck", check.https_health_check),
        HealthCheckKind.HTTP2: ("http2HealthCheck", check.http2_health_check),
        HealthCheckKind.GRPC: ("grpcHealthCheck", check.grpc_health_check),
        HealthCheckKind.GRPC_WITH_TLS: ("grpcTlsHealthCheck", check.grpc_tls_health_check),
    }
    for kind, (field, part) in parts.items():
        if part is not None and check.type in (None, kind.value):
            return kind, field, part
    return None


def _port(
    obj: Object[HealthCheck], kind: HealthCheckKind, field: str, probe: _Probe
) -> Setting[int] | None:
    if probe.port_specification == _SERVING_PORT:
        return None
    if probe.port is not None:
        return Setting(probe.port, obj.origin(field, "port"))
    usual = _USUAL_PORTS.get(kind)
    return Setting(usual, defaults.ORIGIN) if usual is not None else None


def _setting(
    obj: Object[HealthCheck], written: T | None, field: str, usual: Setting[T]
) -> Setting[T]:
    return usual if written is None else Setting(written, obj.origin(field))


def _seconds(setting: Setting[int]) -> Setting[float]:
    return Setting(float(setting.value), setting.origin)


def _bytes(text: str | None) -> bytes:
    return (text or "").encode("ascii", "replace")


def health_findings(
    obj: Object[BackendService],
    reading: HealthCheckReading | None,
    groups: Iterable[GroupFacts],
) -> list[Finding]:
    """What is wrong with the health check of a backend service with these groups."""
    origin = obj.origin("healthChecks", 0)
    types = [facts.type for facts in groups]
    if reading is None:
        return [] if obj.resource.health_checks else _missing(obj, types)
    found: list[Finding] = []
    if any(kind in OF_SERVICES for kind in types):
        reason = (
            "A backend service with serverless or Private Service Connect groups cannot have one"
        )
        found.append(_refused(obj, origin, f"{reason}; it has no effect"))
    if reading.object.resource.source_regions:
        reason = "A health check with sourceRegions cannot be used by a backend service"
        found.append(_refused(obj, origin, f"{reason}; it is probed from here as any other"))
    is_grpc = reading.check.kind.value in (HealthCheckKind.GRPC, HealthCheckKind.GRPC_WITH_TLS)
    if is_grpc and any(kind in PROBED_BY_PROXIES for kind in types):
        reason = "Hybrid and internet groups are probed by the proxies, which cannot do so by gRPC"
        found.append(_refused(obj, origin, f"{reason}; their endpoints are taken for healthy"))
    timeout = reading.check.timeout
    if timeout.value > LONGEST_PROXY_PROBE and any(kind in PROBED_BY_PROXIES for kind in types):
        message = (
            f"proxies, which probe hybrid and internet groups of {obj.ref} themselves, wait "
            f"{LONGEST_PROXY_PROBE:g} s at most for an answer, not {timeout.value:g} s"
        )
        found.append(codes.HEALTH_CHECK.at(timeout.origin, message, severity=Severity.INFO))
    return found


def _missing(obj: Object[BackendService], types: Iterable[str]) -> list[Finding]:
    demanding = sorted(_DEMANDING.intersection(types))
    if not demanding:
        return []
    message = (
        f"{obj.ref} has no health check, which Google demands for its groups "
        f"({', '.join(demanding)}); every endpoint is taken for healthy"
    )
    return [codes.NO_HEALTH_CHECK.at(obj.origin(), message, "name one in healthChecks")]


def _refused(obj: Object[BackendService], origin: Origin, reason: str) -> Finding:
    written = (obj.resource.health_checks or ("",))[0]
    message = f"Invalid value for field '{resource_field(origin)}': '{written}'. {reason}"
    return codes.HEALTH_CHECK.at(origin, message)


def is_probed(reading: HealthCheckReading | None, groups: Iterable[GroupFacts]) -> bool:
    """Whether a backend service of these groups uses the health check at all."""
    return reading is not None and not any(facts.type in OF_SERVICES for facts in groups)
