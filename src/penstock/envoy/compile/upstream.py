"""What is spoken with endpoints: HTTP options by backend protocol."""

from __future__ import annotations

from typing import Any, Final

from envoy.config.core.v3 import protocol_pb2
from envoy.extensions.upstreams.http.v3 import http_protocol_options_pb2
from google.protobuf.any_pb2 import Any as PackedMessage
from google.protobuf.wrappers_pb2 import UInt32Value

from penstock.envoy.compile.messages import (
    CONNECTION_WINDOW,
    MAX_STREAMS,
    STREAM_WINDOW,
    pack,
    seconds,
)
from penstock.envoy.compile.retry import retry_policy
from penstock.model import BackendProtocol, BackendTls, RetryPolicy

IDLE_TIMEOUT: Final = 4.0
"""Seconds an unused connection to an endpoint is kept.

Shorter than the keep-alive of common servers (Node.js, uvicorn and Apache close
after 5 s), so that a request rarely meets a connection that its server is just
closing; making a new connection on a local network costs next to nothing.
"""

_HTTP_OPTIONS: Final = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def http_options(
    protocol: BackendProtocol,
    retry: RetryPolicy | None,
    tls: BackendTls | None = None,
    idle_timeout: float | None = None,
    requests_per_connection: int | None = None,
    *,
    has_priorities: bool = False,
) -> dict[str, PackedMessage]:
    """The cluster's extension options: HTTP version, windows, idle timeout, SNI, retries."""
    options = http_protocol_options_pb2.HttpProtocolOptions()
    idle = IDLE_TIMEOUT if idle_timeout is None else idle_timeout
    options.common_http_protocol_options.idle_timeout.CopyFrom(seconds(idle))
    if requests_per_connection:
        most = UInt32Value(value=requests_per_connection)
        options.common_http_protocol_options.max_requests_per_connection.CopyFrom(most)
    if protocol.is_http2:
        http2 = options.explicit_http_config.http2_protocol_options
        http2.CopyFrom(http2_options())
        http2.allow_connect = True  # A client's WebSocket becomes an extended CONNECT.
    else:
        options.explicit_http_config.http_protocol_options.SetInParent()
    if protocol.is_tls and not (tls and tls.server_name):
        options.upstream_http_protocol_options.auto_sni = True
    if retry is not None:
        options.retry_policy.CopyFrom(retry_policy(retry, has_priorities=has_priorities))
    return {_HTTP_OPTIONS: pack(options)}


def http2_options() -> Any:
    """HTTP/2 limits of the edge guide, the same for clients and endpoints."""
    return protocol_pb2.Http2ProtocolOptions(
        max_concurrent_streams=UInt32Value(value=MAX_STREAMS),
        initial_stream_window_size=UInt32Value(value=STREAM_WINDOW),
        initial_connection_window_size=UInt32Value(value=CONNECTION_WINDOW),
    )
