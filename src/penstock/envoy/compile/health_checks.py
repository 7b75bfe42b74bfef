"""Health checks that every proxy does for itself: those of hybrid and internet groups.

Google's proxies probe such endpoints themselves, because its probers cannot reach
them; everybody else's endpoints are probed once for all proxies, and a cluster of
both kinds says so endpoint by endpoint.

Envoy takes an endpoint for unhealthy until its first probe succeeded, and has no
requests for a new cluster before the first round of probes; then its thresholds
count, as ours do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from envoy.config.cluster.v3 import cluster_pb2
from envoy.config.core.v3 import base_pb2, health_check_pb2, proxy_protocol_pb2
from envoy.config.endpoint.v3 import endpoint_components_pb2
from envoy.extensions.transport_sockets.proxy_protocol.v3 import upstream_proxy_protocol_pb2
from envoy.extensions.transport_sockets.raw_buffer.v3 import raw_buffer_pb2
from envoy.type.v3 import http_pb2, range_pb2
from google.protobuf.struct_pb2 import Struct
from google.protobuf.wrappers_pb2 import BoolValue, UInt32Value, UInt64Value

from penstock.envoy.compile.backend_tls import tls_socket
from penstock.envoy.compile.messages import pack, seconds
from penstock.model import (
    LONGEST_PROXY_PROBE,
    BackendProtocol,
    BackendService,
    BackendTls,
    EndpointStatus,
    HealthCheck,
    HealthCheckKind,
    Model,
    NetworkEndpointGroup,
    TlsVersion,
)

_MATCH: Final = "penstock.health-check"
"""Key by which the health checker finds its own way to connect."""
_BODY_BYTES: Final = 1024
_USER_AGENT: Final = "GoogleHC/1.0 (penstock)"
"""As our prober's."""
_PROTOCOLS: Final = {
    HealthCheckKind.TCP: None,
    HealthCheckKind.HTTP: None,
    HealthCheckKind.SSL: BackendProtocol.HTTPS,
    HealthCheckKind.HTTPS: BackendProtocol.HTTPS,
    HealthCheckKind.HTTP2: BackendProtocol.HTTP2,
}
"""Whose TLS is spoken (None: clear); kinds that are not in it proxies do not probe by."""
_ANY_TLS: Final = BackendTls(minimum=TlsVersion.TLS_1_0)
"""No certificate is checked, and no server name is sent."""


def own_check(
    service: BackendService, negs: Iterable[NetworkEndpointGroup], model: Model
) -> HealthCheck | None:
    """The health check that proxies do for some of these groups."""
    if service.health_check is None:
        return None
    check = model.health_checks.get(service.health_check)
    if check is None or check.kind.value not in _PROTOCOLS:
        return None
    return check if any(neg.probed_by_proxies for neg in negs) else None


def add_health_check(cluster: Any, check: HealthCheck) -> None:
    """Let the cluster's endpoints be probed."""
    interval = seconds(check.interval.value)
    message = cluster.health_checks.add(
        timeout=seconds(min(check.timeout.value, LONGEST_PROXY_PROBE)),
        interval=interval,
        # Envoy would wait a minute where there are no requests yet.
        no_traffic_interval=interval,
        no_traffic_healthy_interval=interval,
        healthy_threshold=UInt32Value(value=check.healthy_threshold.value),
        unhealthy_threshold=UInt32Value(value=check.unhealthy_threshold.value),
        reuse_connection=BoolValue(value=False),
    )
    if check.kind.value in (HealthCheckKind.TCP, HealthCheckKind.SSL):
        message.tcp_health_check.CopyFrom(_text(check))
    else:
        message.http_health_check.CopyFrom(_http(check))
    message.transport_socket_match_criteria.CopyFrom(_criteria())
    match = cluster_pb2.Cluster.TransportSocketMatch(name=_MATCH, transport_socket=_socket(check))
    match.match.CopyFrom(_criteria())
    cluster.transport_socket_matches.append(match)


def _http(check: HealthCheck) -> Any:
    is_http2 = check.kind.value is HealthCheckKind.HTTP2
    types = http_pb2.CodecClientType
    message = health_check_pb2.HealthCheck.HttpHealthCheck(
        path=check.path.value,
        codec_client_type=types.HTTP2 if is_http2 else types.HTTP1,
        expected_statuses=[
            range_pb2.Int64Range(start=low, end=high + 1) for low, high in check.statuses
        ],
        request_headers_to_add=[_header("user-agent", _USER_AGENT)],
    )
    if check.response:
        message.receive.append(_payload(check.response))
        message.response_buffer_size.CopyFrom(UInt64Value(value=_BODY_BYTES))
    return message


def _header(name: str, value: str) -> Any:
    overwrite = base_pb2.HeaderValueOption.HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD
    header = base_pb2.HeaderValue(key=name, value=value)
    return base_pb2.HeaderValueOption(header=header, append_action=overwrite)


def _text(check: HealthCheck) -> Any:
    message = health_check_pb2.HealthCheck.TcpHealthCheck()
    if check.request:
        message.send.CopyFrom(_payload(check.request))
    if check.response:
        message.receive.append(_payload(check.response))
    return message


def _payload(text: bytes) -> Any:
    return health_check_pb2.HealthCheck.Payload(text=text.hex())


def _socket(check: HealthCheck) -> Any:
    """How probes connect: not as requests do, which may be in clear where probes are not."""
    protocol = _PROTOCOLS[check.kind.value]
    if protocol is not None:
        socket = tls_socket(protocol, _ANY_TLS)
    else:
        raw = pack(raw_buffer_pb2.RawBuffer())
        socket = base_pb2.TransportSocket(
            name="envoy.transport_sockets.raw_buffer", typed_config=raw
        )
    return _with_proxy_line(socket) if check.proxy_header else socket


def _with_proxy_line(socket: Any) -> Any:
    version = proxy_protocol_pb2.ProxyProtocolConfig.Version.V1
    wrapped = upstream_proxy_protocol_pb2.ProxyProtocolUpstreamTransport(
        config=proxy_protocol_pb2.ProxyProtocolConfig(version=version), transport_socket=socket
    )
    return base_pb2.TransportSocket(
        name="envoy.transport_sockets.upstream_proxy_protocol", typed_config=pack(wrapped)
    )


def _criteria() -> Struct:
    criteria = Struct()
    criteria.fields[_MATCH].bool_value = True
    return criteria


def endpoint_config(check: HealthCheck, address: str, status: EndpointStatus) -> Any:
    """How one endpoint is probed, or that it is not because somebody else does."""
    if status is not EndpointStatus.UNPROBED:
        return endpoint_components_pb2.Endpoint.HealthCheckConfig(disable_active_health_check=True)
    host = f"[{address}]" if ":" in address else address
    return endpoint_components_pb2.Endpoint.HealthCheckConfig(
        port_value=check.port.value if check.port else 0,
        # It stands before the cluster's; without both the Host would be the cluster's name.
        hostname=check.host.value if check.host else host,
    )
