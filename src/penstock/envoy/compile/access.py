"""Client access → filter chains for those who may not connect.

They match by the client's address and do nothing but close the connection as soon as
it is accepted, before TLS: a filter in front of the HTTP filter would first see data,
so after the handshake, or never.  The chains of those who may connect stay as they
are, so that a change of access closes no connection.

The chain's only filter is a TCP proxy for a cluster that is not there.  It closes at
once, and unlike an empty chain it counts (``tcp.RULE.downstream_cx_no_route``) and logs.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Any, Final

from envoy.config.core.v3 import address_pb2
from envoy.config.listener.v3 import listener_components_pb2 as listener_pb2
from envoy.extensions.filters.network.tcp_proxy.v3 import tcp_proxy_pb2
from google.protobuf.wrappers_pb2 import UInt32Value

from penstock.envoy.compile.access_log import refusal_logs
from penstock.envoy.compile.messages import pack
from penstock.envoy.compile.options import CompileOptions
from penstock.model import ClientAccess, ForwardingRule, TargetProxy

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_TCP: Final = "envoy.filters.network.tcp_proxy"
_NO_CLUSTER: Final = "penstock:refused"
"""Names of backend services have no colon before the first slash."""


def refusing_chains(
    rule: ForwardingRule, proxy: TargetProxy, options: CompileOptions
) -> Iterator[Any]:
    """The chains for clients that may not connect; none if all may."""
    ranges = refused_ranges(rule.access.value) if rule.access else ()
    if not ranges:
        return
    refusal = listener_pb2.Filter(name=_TCP, typed_config=pack(_closing(rule, options)))
    yield _chain("refused", ranges, (), refusal)
    # Envoy looks at the server name first, and never goes back to chains without one.
    names = sorted({name for binding in proxy.bindings for name in binding.server_names})
    if names:
        yield _chain("refused by name", ranges, names, refusal)


def refused_ranges(access: ClientAccess) -> tuple[Network, ...]:
    """The addresses that may not connect: what is refused without what is allowed in it."""
    ranges = [(ipaddress.ip_network(r.range), r.allowed) for r in access.ranges]
    refused: set[Network] = set()
    # Shorter ranges first, so that of nested ones the longest has the last word.
    for network, allowed in sorted(ranges, key=lambda item: item[0].prefixlen):
        refused = {part for known in refused for part in _without(known, network)}
        if not allowed:
            refused.add(network)
    v4 = (n for n in refused if isinstance(n, ipaddress.IPv4Network))
    v6 = (n for n in refused if isinstance(n, ipaddress.IPv6Network))
    merged: list[Network] = [*ipaddress.collapse_addresses(v4), *ipaddress.collapse_addresses(v6)]
    return tuple(half for network in merged for half in _halves(network))


def _without(network: Network, taken: Network) -> Iterable[Network]:
    if not network.overlaps(taken):  # of another version, too
        return (network,)
    if taken.supernet_of(network):  # type: ignore[arg-type]  # versions are equal
        return ()
    return network.address_exclude(taken)  # type: ignore[arg-type]  # versions are equal


def _halves(network: Network) -> Iterable[Network]:
    """Everything in two parts: the chains for all others match everything, and would meet it."""
    return network.subnets() if network.prefixlen == 0 else (network,)


def _chain(name: str, ranges: Iterable[Network], server_names: Iterable[str], refusal: Any) -> Any:
    sources = (
        address_pb2.CidrRange(
            address_prefix=str(network.network_address),
            prefix_len=UInt32Value(value=network.prefixlen),
        )
        for network in ranges
    )
    match = listener_pb2.FilterChainMatch(source_prefix_ranges=sources, server_names=server_names)
    return listener_pb2.FilterChain(name=name, filter_chain_match=match, filters=[refusal])


def _closing(rule: ForwardingRule, options: CompileOptions) -> Any:
    return tcp_proxy_pb2.TcpProxy(
        stat_prefix=rule.name,
        cluster=_NO_CLUSTER,
        access_log=refusal_logs(options.access_log, options.region),
    )
