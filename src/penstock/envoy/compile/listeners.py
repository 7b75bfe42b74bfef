"""Forwarding rule + target proxy → Listener."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from envoy.config.core.v3 import base_pb2
from envoy.config.listener.v3 import listener_components_pb2, listener_pb2
from google.protobuf.wrappers_pb2 import BoolValue, UInt32Value

from penstock.envoy.compile.access import refusing_chains
from penstock.envoy.compile.certificates import usable_proxy
from penstock.envoy.compile.front_ends import front_end_findings
from penstock.envoy.compile.hcm import connection_manager
from penstock.envoy.compile.log_selection import LogSelections
from penstock.envoy.compile.messages import (
    BUFFER_LIMIT,
    checked,
    pack,
    seconds,
    serialize,
    socket_address,
)
from penstock.envoy.compile.options import CompileOptions, SocketAddress
from penstock.envoy.compile.piece import Piece, refused
from penstock.envoy.compile.tls import (
    HANDSHAKE_TIMEOUT,
    binding_chain,
    default_chain,
    tls_inspector,
)
from penstock.envoy.resources import LISTENER, EnvoyResource
from penstock.model import (
    CertificateName,
    ForwardingRule,
    FrontEndProtocol,
    Origin,
    TargetProxy,
)

_HTTP: Final = "envoy.filters.network.http_connection_manager"


def compile_listener(
    rule: ForwardingRule,
    proxy: TargetProxy,
    address: SocketAddress,
    missing: Collection[CertificateName],
    origin: Origin,
    sharded: bool,
    selections: LogSelections,
    options: CompileOptions,
) -> Piece:
    """The listener of a forwarding rule; certificates in ``missing`` are left out.

    ``sharded`` says whether the proxy's URL map is, ``selections`` what is asked to be logged.
    """
    usable, findings = usable_proxy(proxy, missing, origin)
    findings = (*findings, *front_end_findings(proxy))
    consequence = f"nothing listens on port {rule.port}"
    if usable is None:
        return Piece(None, (*findings, refused(origin, ("no certificate",), consequence)))
    listener, refusals = checked(
        lambda: _build(rule, usable, address, sharded, selections, options)
    )
    if listener is None:
        return Piece(None, (*findings, refused(origin, refusals, consequence)))
    return Piece(EnvoyResource(LISTENER, rule.name, serialize(listener)), findings)


def _build(
    rule: ForwardingRule,
    proxy: TargetProxy,
    address: SocketAddress,
    sharded: bool,
    selections: LogSelections,
    options: CompileOptions,
) -> Any:
    manager = connection_manager(proxy, rule.name, options, sharded, selections)
    http = listener_components_pb2.Filter(name=_HTTP, typed_config=pack(manager))
    listener = listener_pb2.Listener(
        name=rule.name,
        stat_prefix=rule.name,
        address=socket_address(address.address, address.port),
        traffic_direction=base_pb2.TrafficDirection.INBOUND,
        per_connection_buffer_limit_bytes=UInt32Value(value=BUFFER_LIMIT),
        enable_reuse_port=BoolValue(value=True),
        # More would let one wake-up of a worker take connections others have time for.
        max_connections_to_accept_per_socket_event=UInt32Value(value=1),
    )
    if proxy.protocol is FrontEndProtocol.HTTP:
        # Not as the default chain: Envoy replaces a listener with nothing but that as a
        # whole, and cuts connections; chains it exchanges in place, and drains them.
        listener.filter_chains.add(name="default", filters=[http])
        listener.filter_chains.extend(refusing_chains(rule, proxy, options))
        return listener
    listener.listener_filters.append(tls_inspector())
    listener.listener_filters_timeout.CopyFrom(seconds(HANDSHAKE_TIMEOUT))
    listener.filter_chains.extend(binding_chain(binding, proxy, http) for binding in proxy.bindings)
    listener.filter_chains.extend(refusing_chains(rule, proxy, options))
    if proxy.default_certificates:
        listener.default_filter_chain.CopyFrom(
            default_chain(proxy.default_certificates, proxy, http)
        )
    return listener
