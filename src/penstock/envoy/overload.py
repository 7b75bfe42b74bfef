"""Envoy's overload manager: what to give up first when memory or sockets run short.

The order follows Envoy's edge guide: idle clients lose their connections before
memory is handed back, before new requests are refused, before new connections
are.  Established requests are finished in every case.
"""

from __future__ import annotations

from typing import Final

from envoy.config.overload.v3.overload_pb2 import (
    LoadShedPoint,
    OverloadAction,
    OverloadManager,
    ResourceMonitor,
    ScaledTrigger,
    ScaleTimersOverloadActionConfig,
    Trigger,
)
from envoy.extensions.resource_monitors.cgroup_memory.v3.cgroup_memory_pb2 import (
    CgroupMemoryConfig,
)
from envoy.extensions.resource_monitors.downstream_connections.v3.downstream_connections_pb2 import (  # noqa: E501
    DownstreamConnectionsConfig,
)
from envoy.extensions.resource_monitors.fixed_heap.v3.fixed_heap_pb2 import FixedHeapConfig
from envoy.type.v3.percent_pb2 import Percent
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from penstock.envoy.limits import MemoryLimit

_HEAP_SHARE: Final = 0.5
"""Share of a whole machine's memory that one proxy's heap may take: it is not alone there."""

_THRESHOLDS: Final = (
    ("envoy.overload_actions.disable_http_keepalive", 0.92),
    ("envoy.overload_actions.shrink_heap", 0.93),
    ("envoy.overload_actions.stop_accepting_requests", 0.95),
    ("envoy.overload_actions.stop_accepting_connections", 0.98),
)

_SHED_POINTS: Final = (
    ("envoy.load_shed_points.http_connection_manager_decode_headers", 0.95, 0.99),
    ("envoy.load_shed_points.http2_server_go_away_on_dispatch", 0.97, 0.99),
    ("envoy.load_shed_points.tcp_listener_accept", 0.97, 0.99),
)


def overload_manager(memory: MemoryLimit, max_connections: int) -> OverloadManager:
    """Actions by memory use, and a ceiling of downstream connections (admin excepted)."""
    monitor = _memory_monitor(memory)
    manager = OverloadManager(refresh_interval=Duration(nanos=250_000_000))
    manager.resource_monitors.extend([monitor, _connections_monitor(max_connections)])
    manager.actions.append(_reduce_timeouts(monitor.name))
    for name, value in _THRESHOLDS:
        action = OverloadAction(name=name)
        action.triggers.append(_threshold(monitor.name, value))
        manager.actions.append(action)
    for name, low, high in _SHED_POINTS:
        point = LoadShedPoint(name=name)
        point.triggers.append(_scaled(monitor.name, low, high))
        manager.loadshed_points.append(point)
    return manager


def _memory_monitor(memory: MemoryLimit) -> ResourceMonitor:
    if memory.cgroup:
        name = "envoy.resource_monitors.cgroup_memory"
        return _monitor(name, CgroupMemoryConfig(max_memory_bytes=memory.size))
    heap = int(memory.size * _HEAP_SHARE)
    return _monitor("envoy.resource_monitors.fixed_heap", FixedHeapConfig(max_heap_size_bytes=heap))


def _connections_monitor(limit: int) -> ResourceMonitor:
    return _monitor(
        "envoy.resource_monitors.global_downstream_max_connections",
        DownstreamConnectionsConfig(max_active_downstream_connections=limit),
    )


def _monitor(name: str, config: Message) -> ResourceMonitor:
    monitor = ResourceMonitor(name=name)
    monitor.typed_config.Pack(config)
    return monitor


def _reduce_timeouts(monitor: str) -> OverloadAction:
    timers = ScaleTimersOverloadActionConfig()
    scale = ScaleTimersOverloadActionConfig.ScaleTimer
    timers.timer_scale_factors.extend(
        [
            scale(
                timer=ScaleTimersOverloadActionConfig.HTTP_DOWNSTREAM_CONNECTION_IDLE,
                min_timeout=Duration(seconds=2),
            ),
            scale(
                timer=ScaleTimersOverloadActionConfig.HTTP_DOWNSTREAM_STREAM_IDLE,
                min_scale=Percent(value=10),
            ),
        ]
    )
    action = OverloadAction(name="envoy.overload_actions.reduce_timeouts")
    action.triggers.append(_scaled(monitor, 0.85, 0.95))
    action.typed_config.Pack(timers)
    return action


def _threshold(monitor: str, value: float) -> Trigger:
    trigger = Trigger(name=monitor)
    trigger.threshold.value = value
    return trigger


def _scaled(monitor: str, low: float, high: float) -> Trigger:
    scaled = ScaledTrigger(scaling_threshold=low, saturation_threshold=high)
    return Trigger(name=monitor, scaled=scaled)
