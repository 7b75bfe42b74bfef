"""Health checks."""

from __future__ import annotations

from typing import ClassVar

from penstock.objects.compute.base import ComputeFields, ComputeResource


class GrpcHealthCheck(ComputeFields, frozen=True):
    """By gRPC."""

    grpc_service_name: str | None = None
    port: int | None = None
    port_name: str | None = None
    port_specification: str | None = None


class GrpcTlsHealthCheck(ComputeFields, frozen=True):
    """By gRPC over TLS."""

    grpc_service_name: str | None = None
    port: int | None = None
    port_specification: str | None = None


class Http2HealthCheck(ComputeFields, frozen=True):
    """By HTTP/2."""

    host: str | None = None
    port: int | None = None
    port_name: str | None = None
    port_specification: str | None = None
    proxy_header: str | None = None
    request_path: str | None = None
    response: str | None = None


class HttpHealthCheck(ComputeFields, frozen=True):
    """By HTTP."""

    host: str | None = None
    port: int | None = None
    port_name: str | None = None
    port_specification: str | None = None
    proxy_header: str | None = None
    request_path: str | None = None
    response: str | None = None


class HttpsHealthCheck(ComputeFields, frozen=True):
    """By HTTPS."""

    host: str | None = None
    port: int | None = None
    port_name: str | None = None
    port_specification: str | None = None
    proxy_header: str | None = None
    request_path: str | None = None
    response: str | None = None


class HealthCheckLogConfig(ComputeFields, frozen=True):
    """Whether changes of health are logged."""

    enable: bool | None = None


class SslHealthCheck(ComputeFields, frozen=True):
    """By TLS."""

    port: int | None = None
    port_name: str | None = None
    port_specification: str | None = None
    proxy_header: str | None = None
    request: str | None = None
    response: str | None = None


class TcpHealthCheck(ComputeFields, frozen=True):
    """By TCP."""

    port: int | None = None
    port_name: str | None = None
    port_specification: str | None = None
    proxy_header: str | None = None
    request: str | None = None
    response: str | None = None


class HealthCheck(ComputeResource, frozen=True):
    """How endpoints are probed."""

    KIND: ClassVar[str] = "compute#healthCheck"

    check_interval_sec: int | None = None
    grpc_health_check: GrpcHealthCheck | None = None
    grpc_tls_health_check: GrpcTlsHealthCheck | None = None
    healthy_threshold: int | None = None
    http2_health_check: Http2HealthCheck | None = None
    http_health_check: HttpHealthCheck | None = None
    https_health_check: HttpsHealthCheck | None = None
    log_config: HealthCheckLogConfig | None = None
    source_regions: tuple[str, ...] | None = None
    ssl_health_check: SslHealthCheck | None = None
    tcp_health_check: TcpHealthCheck | None = None
    timeout_sec: int | None = None
    type: str | None = None
    unhealthy_threshold: int | None = None
