"""Target proxy → HttpConnectionManager, hardened as Envoy's guide for the edge says.

https://www.envoyproxy.io/docs/envoy/latest/configuration/best_practices/edge
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from envoy.config.core.v3 import protocol_pb2
from envoy.extensions.filters.http.router.v3 import router_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import (
    http_connection_manager_pb2 as hcm_pb2,
)
from google.protobuf.wrappers_pb2 import BoolValue, UInt32Value

from penstock.envoy.compile.access_log import access_logs
from penstock.envoy.compile.filters import route_filters
from penstock.envoy.compile.front_ends import codec, via
from penstock.envoy.compile.host_guards import host_reply
from penstock.envoy.compile.log_selection import LogSelections
from penstock.envoy.compile.logged_headers import header_filter
from penstock.envoy.compile.messages import STREAM_IDLE_TIMEOUT, ads, pack, seconds
from penstock.envoy.compile.options import CompileOptions
from penstock.envoy.compile.shards import scoped_routes, shard_filter, start_mutation
from penstock.envoy.compile.upstream import http2_options
from penstock.model import TargetProxy

_MAX_HEADERS_KB: Final = 60


def connection_manager(
    proxy: TargetProxy,
    stat_prefix: str,
    options: CompileOptions,
    sharded: bool,
    selections: LogSelections = (),
) -> Any:
    """The HTTP filter of a listener; its routes come by RDS under the URL map's name,
    or if that is ``sharded`` by SRDS, under its shards' names.

    ``selections`` are what backend services ask to be logged."""
    kinds = hcm_pb2.HttpConnectionManager
    manager = kinds(
        codec_type=codec(proxy),
        via=via(proxy),
        stat_prefix=stat_prefix,
        access_log=access_logs(options.access_log, selections, options.region),
        http_filters=[
            *route_filters(),
            *_log_filters(options, selections),
            hcm_pb2.HttpFilter(
                name="envoy.filters.http.router", typed_config=pack(router_pb2.Router())
            ),
        ],
        local_reply_config=hcm_pb2.LocalReplyConfig(mappers=[host_reply()]),
        upgrade_configs=[kinds.UpgradeConfig(upgrade_type="websocket")],
        server_name=options.server_name,
        server_header_transformation=kinds.ServerHeaderTransformation.APPEND_IF_ABSENT,
        max_request_headers_kb=UInt32Value(value=_MAX_HEADERS_KB),
    )
    if sharded:
        manager.scoped_routes.CopyFrom(scoped_routes(proxy.url_map))
        manager.http_filters.insert(0, shard_filter(proxy.url_map))
        manager.early_header_mutation_extensions.append(start_mutation(proxy.url_map))
    else:
        manager.rds.CopyFrom(hcm_pb2.Rds(config_source=ads(), route_config_name=proxy.url_map))
    _trust(manager)
    _paths(manager)
    _protocols(manager)
    _time_limits(manager, proxy)
    return manager


def _log_filters(options: CompileOptions, selections: LogSelections) -> Iterator[Any]:
    if options.access_log is not None and any(each.form.headers for each in selections):
        yield header_filter()


def _trust(manager: Any) -> None:
    """The peer is the client: nothing it says about itself or about Envoy is believed."""
    manager.use_remote_address.CopyFrom(BoolValue(value=True))
    manager.xff_num_trusted_hops = 0
    # Envoy itself would write its own address for clients on loopback: `url_maps` appends.
    manager.skip_xff_append = True
    # Nobody's address: by default (and for an empty list too) clients in private networks
    # count as internal, and may set timeouts and retries with x-envoy-* headers.
    manager.internal_address_config.cidr_ranges.add(
        address_prefix="0.0.0.0", prefix_len=UInt32Value(value=32)
    )
    manager.generate_request_id.CopyFrom(BoolValue(value=True))
    manager.preserve_external_request_id = True
    manager.always_set_request_id_in_response = True


def _paths(manager: Any) -> None:
    """Routes and endpoints must see the same path, or rules can be walked around.

    Escaped slashes are redirected to their plain form: leaving them would let
    ``/public/..%2Fadmin`` pass a rule for ``/public`` and reach an endpoint that
    unescapes it; rejecting them would break browsers' links.
    """
    kinds = hcm_pb2.HttpConnectionManager.PathWithEscapedSlashesAction
    manager.normalize_path.CopyFrom(BoolValue(value=True))
    manager.merge_slashes = True
    manager.path_with_escaped_slashes_action = kinds.UNESCAPE_AND_REDIRECT
    manager.strip_trailing_host_dot = True


def _protocols(manager: Any) -> None:
    """A bad HTTP/2 message ends its stream; an HTTP/1 connection is closed by one.

    Streams of one connection are independent; after a malformed HTTP/1 message
    nobody knows where the next one begins.

    WebSockets over HTTP/2 (RFC 8441) are not offered: Envoy would make HTTP/1.1
    upgrades of them that lack the Sec-WebSocket-Key, which endpoints refuse
    (envoyproxy/envoy#8547).  Browsers open an HTTP/1.1 connection instead.
    """
    manager.http2_protocol_options.CopyFrom(http2_options())
    manager.http2_protocol_options.override_stream_error_on_invalid_http_message.CopyFrom(
        BoolValue(value=True)
    )
    manager.common_http_protocol_options.headers_with_underscores_action = (
        protocol_pb2.HttpProtocolOptions.HeadersWithUnderscoresAction.REJECT_REQUEST
    )


def _time_limits(manager: Any, proxy: TargetProxy) -> None:
    idle = manager.common_http_protocol_options.idle_timeout
    idle.CopyFrom(seconds(proxy.client_idle_timeout.value))
    manager.request_headers_timeout.CopyFrom(seconds(proxy.request_headers_timeout.value))
    manager.request_timeout.CopyFrom(seconds(proxy.request_timeout.value))
    manager.stream_idle_timeout.CopyFrom(seconds(STREAM_IDLE_TIMEOUT))
