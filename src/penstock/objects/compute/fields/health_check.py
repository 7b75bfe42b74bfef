"""Health checks."""

from __future__ import annotations

from penstock.objects.compute.fields.row import NOT_YET, Table, row
from penstock.objects.compute.health_check import (
    GrpcHealthCheck,
    GrpcTlsHealthCheck,
    HealthCheck,
    HealthCheckLogConfig,
    Http2HealthCheck,
    HttpHealthCheck,
    HttpsHealthCheck,
    SslHealthCheck,
    TcpHealthCheck,
)

TABLE: Table = {
    HealthCheck: (
        row("checkIntervalSec", NOT_YET, "balancing and health come later"),
        row("grpcHealthCheck", NOT_YET, "balancing and health come later"),
        row("grpcTlsHealthCheck", NOT_YET, "balancing and health come later"),
        row("healthyThreshold", NOT_YET, "balancing and health come later"),
        row("http2HealthCheck", NOT_YET, "balancing and health come later"),
        row("httpHealthCheck", NOT_YET, "balancing and health come later"),
        row("httpsHealthCheck", NOT_YET, "balancing and health come later"),
        row("logConfig", NOT_YET, "balancing and health come later"),
        row("sourceRegions", NOT_YET, "balancing and health come later"),
        row("sslHealthCheck", NOT_YET, "balancing and health come later"),
        row("tcpHealthCheck", NOT_YET, "balancing and health come later"),
        row("timeoutSec", NOT_YET, "balancing and health come later"),
        row(
            "type",
            NOT_YET,
            "balancing and health come later",
            values="GRPC GRPC_WITH_TLS HTTP HTTP2 HTTPS INVALID SSL TCP",
        ),
        row("unhealthyThreshold", NOT_YET, "balancing and health come later"),
    ),
    HttpHealthCheck: (
        row("host", NOT_YET, "balancing and health come later"),
        row("port", NOT_YET, "balancing and health come later"),
        row("portName", NOT_YET, "balancing and health come later"),
        row(
            "portSpecification",
            NOT_YET,
            "balancing and health come later",
            values="USE_FIXED_PORT USE_NAMED_PORT USE_SERVING_PORT",
        ),
        row("proxyHeader", NOT_YET, "balancing and health come later", values="NONE PROXY_V1"),
        row("requestPath", NOT_YET, "balancing and health come later"),
        row("response", NOT_YET, "balancing and health come later"),
    ),
    HttpsHealthCheck: (
        row("host", NOT_YET, "balancing and health come later"),
        row("port", NOT_YET, "balancing and health come later"),
        row("portName", NOT_YET, "balancing and health come later"),
        row(
            "portSpecification",
            NOT_YET,
            "balancing and health come later",
            values="USE_FIXED_PORT USE_NAMED_PORT USE_SERVING_PORT",
        ),
        row("proxyHeader", NOT_YET, "balancing and health come later", values="NONE PROXY_V1"),
        row("requestPath", NOT_YET, "balancing and health come later"),
        row("response", NOT_YET, "balancing and health come later"),
    ),
    Http2HealthCheck: (
        row("host", NOT_YET, "balancing and health come later"),
        row("port", NOT_YET, "balancing and health come later"),
        row("portName", NOT_YET, "balancing and health come later"),
        row(
            "portSpecification",
            NOT_YET,
            "balancing and health come later",
            values="USE_FIXED_PORT USE_NAMED_PORT USE_SERVING_PORT",
        ),
        row("proxyHeader", NOT_YET, "balancing and health come later", values="NONE PROXY_V1"),
        row("requestPath", NOT_YET, "balancing and health come later"),
        row("response", NOT_YET, "balancing and health come later"),
    ),
    GrpcHealthCheck: (
        row("grpcServiceName", NOT_YET, "balancing and health come later"),
        row("port", NOT_YET, "balancing and health come later"),
        row("portName", NOT_YET, "balancing and health come later"),
        row(
            "portSpecification",
            NOT_YET,
            "balancing and health come later",
            values="USE_FIXED_PORT USE_NAMED_PORT USE_SERVING_PORT",
        ),
    ),
    GrpcTlsHealthCheck: (
        row("grpcServiceName", NOT_YET, "balancing and health come later"),
        row("port", NOT_YET, "balancing and health come later"),
        row(
            "portSpecification",
            NOT_YET,
            "balancing and health come later",
            values="USE_FIXED_PORT USE_NAMED_PORT USE_SERVING_PORT",
        ),
    ),
    TcpHealthCheck: (
        row("port", NOT_YET, "balancing and health come later"),
        row("portName", NOT_YET, "balancing and health come later"),
        row(
            "portSpecification",
            NOT_YET,
            "balancing and health come later",
            values="USE_FIXED_PORT USE_NAMED_PORT USE_SERVING_PORT",
        ),
        row("proxyHeader", NOT_YET, "balancing and health come later", values="NONE PROXY_V1"),
        row("request", NOT_YET, "balancing and health come later"),
        row("response", NOT_YET, "balancing and health come later"),
    ),
    SslHealthCheck: (
        row("port", NOT_YET, "balancing and health come later"),
        row("portName", NOT_YET, "balancing and health come later"),
        row(
            "portSpecification",
            NOT_YET,
            "balancing and health come later",
            values="USE_FIXED_PORT USE_NAMED_PORT USE_SERVING_PORT",
        ),
        row("proxyHeader", NOT_YET, "balancing and health come later", values="NONE PROXY_V1"),
        row("request", NOT_YET, "balancing and health come later"),
        row("response", NOT_YET, "balancing and health come later"),
    ),
    HealthCheckLogConfig: (row("enable", NOT_YET, "balancing and health come later"),),
}
