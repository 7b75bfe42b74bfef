"""Health checks."""

from __future__ import annotations

from penstock.objects.compute.fields.row import CHECKED, HONOURED, NO_EFFECT, Table, row
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
        row(
            "checkIntervalSec",
            HONOURED,
            "seconds from start to start",
        ),
        row("grpcHealthCheck", HONOURED),
        row("grpcTlsHealthCheck", HONOURED),
        row(
            "healthyThreshold",
            HONOURED,
            "after the first probe of an endpoint, which decides at once",
        ),
        row("http2HealthCheck", HONOURED, "over TLS"),
        row("httpHealthCheck", HONOURED),
        row("httpsHealthCheck", HONOURED, "the certificate is not checked"),
        row("logConfig", HONOURED),
        row("sourceRegions", CHECKED, "such a health check cannot be used by a backend service"),
        row("sslHealthCheck", HONOURED, "the certificate is not checked"),
        row("tcpHealthCheck", HONOURED),
        row("timeoutSec", HONOURED),
        row(
            "type",
            HONOURED,
            "",
            values="GRPC GRPC_WITH_TLS HTTP HTTP2 HTTPS INVALID SSL TCP",
        ),
        row(
            "unhealthyThreshold",
            HONOURED,
            "after the first probe of an endpoint, which decides at once",
        ),
    ),
    HttpHealthCheck: (
        row("host", HONOURED, "without it the address of the endpoint"),
        row(
            "port",
            HONOURED,
            "80; over TLS 443",
        ),
        row("portName", NO_EFFECT, "the API does not support named ports in health checks"),
        row(
            "portSpecification",
            HONOURED,
            "USE_NAMED_PORT is not supported by the API",
            values="USE_FIXED_PORT USE_NAMED_PORT USE_SERVING_PORT",
        ),
        row("proxyHeader", HONOURED, values="NONE PROXY_V1"),
        row("requestPath", HONOURED),
        row("response", HONOURED, "in the first 1,024 bytes of the body"),
    ),
    HttpsHealthCheck: (
        row("host", HONOURED, "without it the address of the endpoint"),
        row(
            "port",
            HONOURED,
            "80; over TLS 443",
        ),
        row("portName", NO_EFFECT, "the API does not support named ports in health checks"),
        row(
            "portSpecification",
            HONOURED,
            "USE_NAMED_PORT is not supported by the API",
            values="USE_FIXED_PORT USE_NAMED_PORT USE_SERVING_PORT",
        ),
        row("proxyHeader", HONOURED, values="NONE PROXY_V1"),
        row("requestPath", HONOURED),
        row("response", HONOURED, "in the first 1,024 bytes of the body"),
    ),
    Http2HealthCheck: (
        row("host", HONOURED, "without it the address of the endpoint"),
        row(
            "port",
            HONOURED,
            "80; over TLS 443",
        ),
        row("portName", NO_EFFECT, "the API does not support named ports in health checks"),
        row(
            "portSpecification",
            HONOURED,
            "USE_NAMED_PORT is not supported by the API",
            values="USE_FIXED_PORT USE_NAMED_PORT USE_SERVING_PORT",
        ),
        row("proxyHeader", HONOURED, values="NONE PROXY_V1"),
        row("requestPath", HONOURED),
        row("response", HONOURED, "in the first 1,024 bytes of the body"),
    ),
    GrpcHealthCheck: (
        row("grpcServiceName", HONOURED),
        row("port", HONOURED, "required unless the port that serves is probed"),
        row("portName", NO_EFFECT, "the API does not support named ports in health checks"),
        row(
            "portSpecification",
            HONOURED,
            "USE_NAMED_PORT is not supported by the API",
            values="USE_FIXED_PORT USE_NAMED_PORT USE_SERVING_PORT",
        ),
    ),
    GrpcTlsHealthCheck: (
        row("grpcServiceName", HONOURED),
        row("port", HONOURED, "required unless the port that serves is probed"),
        row(
            "portSpecification",
            HONOURED,
            "USE_NAMED_PORT is not supported by the API",
            values="USE_FIXED_PORT USE_NAMED_PORT USE_SERVING_PORT",
        ),
    ),
    TcpHealthCheck: (
        row(
            "port",
            HONOURED,
            "80; over TLS 443",
        ),
        row("portName", NO_EFFECT, "the API does not support named ports in health checks"),
        row(
            "portSpecification",
            HONOURED,
            "USE_NAMED_PORT is not supported by the API",
            values="USE_FIXED_PORT USE_NAMED_PORT USE_SERVING_PORT",
        ),
        row("proxyHeader", HONOURED, values="NONE PROXY_V1"),
        row("request", HONOURED),
        row("response", HONOURED, "what the answer begins with"),
    ),
    SslHealthCheck: (
        row(
            "port",
            HONOURED,
            "80; over TLS 443",
        ),
        row("portName", NO_EFFECT, "the API does not support named ports in health checks"),
        row(
            "portSpecification",
            HONOURED,
            "USE_NAMED_PORT is not supported by the API",
            values="USE_FIXED_PORT USE_NAMED_PORT USE_SERVING_PORT",
        ),
        row("proxyHeader", HONOURED, values="NONE PROXY_V1"),
        row("request", HONOURED),
        row("response", HONOURED, "what the answer begins with"),
    ),
    HealthCheckLogConfig: (row("enable", HONOURED, "one line for each change of health"),),
}
