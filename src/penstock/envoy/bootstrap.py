"""What Envoy must know before it can ask the control plane for the rest.

Everything of Envoy's edge guide that concerns the whole process stands here
(admin on a Unix socket, overload manager, statistics by inclusion list); what
concerns a listener or a cluster comes over xDS.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from envoy.config.bootstrap.v3.bootstrap_pb2 import Admin, Bootstrap, LayeredRuntime
from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.core.v3.address_pb2 import Address, Pipe
from envoy.config.core.v3.config_source_pb2 import ApiConfigSource, ApiVersion, ConfigSource
from envoy.config.core.v3.grpc_service_pb2 import GrpcService
from envoy.config.metrics.v3.stats_pb2 import StatsConfig
from envoy.extensions.upstreams.http.v3.http_protocol_options_pb2 import HttpProtocolOptions
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToJson

from penstock.envoy.limits import MemoryLimit, file_limit, memory_limit
from penstock.envoy.overload import overload_manager

XDS_CLUSTER: Final = "penstock-xds"
"""The only static cluster: the control plane's Unix socket."""

REQUESTS_PER_TURN: Final = 10
"""Requests taken from one connection before the worker turns to the others: a flood of
streams on one connection (CVE-2023-44487) must not hold them up."""

RE2_MAX_PROGRAM_SIZE: Final = 4096
"""Envoy refuses larger compiled patterns; its own default of 100 refuses ordinary ones.

RE2 matches in linear time, so the size bounds memory, not time.
"""

_STAT_PREFIXES: Final = (
    "server.",
    "cluster_manager.",
    "listener_manager.",
    "control_plane.",
    "main_thread.",
    "overload.",
    "tls_inspector.",
)

_STAT_FAMILIES: Final = (
    r"^listener\..*\.downstream_(cx_total|cx_active|pre_cx_active|cx_overflow|cx_overload_reject"
    r"|pre_cx_timeout|listener_filter_error|global_cx_overflow)$",
    r"^listener\..*\.no_filter_chain_match$",
    r"^listener\..*\.ssl\.(handshake|connection_error|no_certificate|fail_verify_.*"
    r"|versions\..*)$",
    r"^http\..*\.downstream_(cx_total|cx_active|cx_ssl_active|cx_upgrades_active"
    r"|cx_protocol_error|cx_drain_close|cx_idle_timeout|rq_total|rq_active|rq_[1-5]xx"
    r"|rq_timeout|rq_idle_timeout|rq_overload_close|rq_time|rq_http[123]_total)$",
    r"^http\..*\.(no_route|no_cluster|rq_direct_response)$",
    r"^(tcp|udp)\..*\.downstream_(cx_total|cx_active|cx_no_route|sess_total|sess_active)$",
    r"^cluster\..*\.upstream_(cx_total|cx_active|cx_connect_fail|cx_connect_timeout"
    r"|cx_overflow|cx_none_healthy|rq_total|rq_active|rq_[1-5]xx|rq_completed|rq_timeout"
    r"|rq_per_try_timeout|rq_retry|rq_retry_success|rq_retry_overflow|rq_pending_overflow"
    r"|rq_pending_active|rq_rx_reset|rq_tx_reset|rq_time)$",
    r"^cluster\..*\.membership_(change|total|healthy|degraded|excluded)$",
    # Not update_duration: a histogram, and 6 KiB a cluster.
    r"^cluster\..*\.(update_(attempt|success|failure|rejected|empty|no_rebuild)"
    r"|lb_healthy_panic|warming_state)$",
    r"^cluster\..*\.health_check\.(attempt|success|failure|network_failure|healthy|degraded)$",
    r"^cluster\..*\.outlier_detection\.ejections_(active|enforced_total|overflow)$",
    r"^cluster\..*\.ssl\.(handshake|connection_error|fail_verify_.*)$",
    r"^sds\..*\.(update_.*|key_rotation_failed)$",
    r"^http\..*\.rds\..*\.(update_rejected|update_success|config_reload)$",
)
"""What an operator needs to see; the rest would be 100 series a cluster."""


@dataclass(frozen=True, slots=True)
class BootstrapSettings:
    """What differs from one proxy to the next."""

    node_id: str
    cluster: str
    """The fleet: proxies of one fleet get equal configuration."""
    xds_socket: Path
    admin_socket: Path
    memory: MemoryLimit = field(default_factory=memory_limit)
    max_connections: int = field(default_factory=lambda: max_downstream_connections(file_limit()))
    """Downstream connections over all listeners."""


def max_downstream_connections(files: int) -> int:
    """A little more than half the descriptors, less some for logs and our own sockets.

    A connection with a request over HTTP/1.1 under way needs two, and of many open
    connections most are idle.  Should descriptors run out all the same, Envoy
    answers 503 to requests that need a new connection to an endpoint.
    """
    return max(64, (files - 256) * 11 // 20)


def bootstrap(settings: BootstrapSettings) -> Bootstrap:
    """The message for `envoy --config-path`."""
    message = Bootstrap(
        admin=_admin(settings.admin_socket),
        overload_manager=overload_manager(settings.memory, settings.max_connections),
        stats_config=_statistics(),
        layered_runtime=_runtime(),
    )
    message.node.id = settings.node_id
    message.node.cluster = settings.cluster
    message.deferred_stat_options.enable_deferred_creation_stats = True
    message.static_resources.clusters.append(_xds_cluster(settings.xds_socket))
    message.dynamic_resources.ads_config.CopyFrom(_ads())
    message.cluster_manager.load_stats_config.CopyFrom(_load_reports())
    message.dynamic_resources.cds_config.CopyFrom(_from_ads())
    message.dynamic_resources.lds_config.CopyFrom(_from_ads())
    return message


def write_bootstrap(message: Bootstrap, path: Path) -> None:
    """Write as JSON, for people to read, readable by the owner only."""
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(MessageToJson(message, preserving_proto_field_name=True))
    fresh.replace(path)


def _admin(socket: Path) -> Admin:
    # Overload must not lock the operator (and our drain) out of the admin interface.
    return Admin(address=_pipe(socket), ignore_global_conn_limit=True)


def _pipe(path: Path) -> Address:
    return Address(pipe=Pipe(path=str(path), mode=0o600))


def _ads() -> ApiConfigSource:
    service = GrpcService()
    service.envoy_grpc.cluster_name = XDS_CLUSTER
    back_off = service.envoy_grpc.retry_policy.retry_back_off
    back_off.base_interval.FromMilliseconds(50)
    back_off.max_interval.FromMilliseconds(1000)
    return ApiConfigSource(
        api_type=ApiConfigSource.DELTA_GRPC,
        transport_api_version=ApiVersion.V3,
        set_node_on_first_message_only=True,
        grpc_services=[service],
    )


def _load_reports() -> ApiConfigSource:
    """Where load is reported to; nothing is until the control plane asks."""
    service = GrpcService()
    service.envoy_grpc.cluster_name = XDS_CLUSTER
    return ApiConfigSource(
        api_type=ApiConfigSource.GRPC,
        transport_api_version=ApiVersion.V3,
        grpc_services=[service],
    )


def _from_ads() -> ConfigSource:
    """Listeners and clusters from ADS, waited for without end.

    With a timeout Envoy would call itself live without configuration and
    refuse connections; waiting keeps it out of rotation until it can serve.
    """
    source = ConfigSource(
        resource_api_version=ApiVersion.V3, initial_fetch_timeout=Duration(seconds=0)
    )
    source.ads.SetInParent()
    return source


def _xds_cluster(socket: Path) -> Cluster:
    cluster = Cluster(
        name=XDS_CLUSTER, type=Cluster.STATIC, connect_timeout=Duration(nanos=250_000_000)
    )
    cluster.load_assignment.cluster_name = XDS_CLUSTER
    endpoint = cluster.load_assignment.endpoints.add().lb_endpoints.add().endpoint
    endpoint.address.pipe.path = str(socket)
    protocol = HttpProtocolOptions()
    protocol.explicit_http_config.http2_protocol_options.SetInParent()
    cluster.typed_extension_protocol_options[
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    ].Pack(protocol)
    return cluster


def _statistics() -> StatsConfig:
    config = StatsConfig()
    patterns = config.stats_matcher.inclusion_list.patterns
    for prefix in _STAT_PREFIXES:
        patterns.add(prefix=prefix)
    # One pattern for all families: every new statistic's name is matched once.
    patterns.add().safe_regex.regex = "|".join(_STAT_FAMILIES)
    return config


def _runtime() -> LayeredRuntime:
    runtime = LayeredRuntime()
    static = runtime.layers.add(name="static").static_layer
    static.update(
        {
            "re2.max_program_size.error_level": RE2_MAX_PROGRAM_SIZE,
            "re2.max_program_size.warn_level": RE2_MAX_PROGRAM_SIZE // 2,
            "http.max_requests_per_io_cycle": REQUESTS_PER_TURN,
        }
    )
    # Last, so that an operator's runtime_modify on the admin socket wins.
    runtime.layers.add(name="admin").admin_layer.SetInParent()
    return runtime
