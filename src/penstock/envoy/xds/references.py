"""What refers to what, as far as the order of delivery depends on it.

When a proxy refuses a new version of a listener, a route table or a cluster it
keeps the old one, and what the old one refers to must not be taken away.  The
references are found by name in the old message's bytes: that may hold too much
(a short name may occur by chance) but never too little, and it needs no
knowledge of the messages.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from envoy.config.cluster.v3.cluster_pb2 import Cluster
from envoy.config.listener.v3.listener_pb2 import Listener

from penstock.envoy.resources import (
    CLUSTER,
    ENDPOINTS,
    ROUTES,
    SCOPES,
    SECRET,
    SHARD_HEADER,
    EnvoyResource,
    whole_name,
)

_REFERRERS_FIRST = (SCOPES, ROUTES, CLUSTER, SECRET, ENDPOINTS)


def held_names(
    last_good: Iterable[EnvoyResource], candidates: Mapping[str, Mapping[str, EnvoyResource]]
) -> dict[str, frozenset[str]]:
    """Those candidates for removal, by type, that the last good versions refer to.

    A last good version without bytes (the proxy had it before we were started)
    may refer to anything, so it holds everything.
    """
    bodies = [resource.body for resource in last_good]
    held: dict[str, frozenset[str]] = {}
    for type_url in _REFERRERS_FIRST:
        names = candidates.get(type_url, {})
        held[type_url] = frozenset(name for name in names if _mentioned(name, bodies))
        bodies.extend(names[name].body for name in held[type_url])
    return held


def _mentioned(name: str, bodies: Iterable[bytes]) -> bool:
    # A listener says the name of the URL map whose scopes it uses, not theirs.
    needle = whole_name(name).encode()
    return any(not body or needle in body for body in bodies)


def draining_scopes(scopes: Iterable[str], route_configurations: Container[str]) -> frozenset[str]:
    """Scopes of URL maps that are no longer sharded, which stay.

    Connections that the listener had before go on through it until they are
    drained, and unlike a route configuration a scope that is removed is missed at
    once.  Envoy forgets them with the last listener that has scoped routes.
    """
    return frozenset(name for name in scopes if whole_name(name) in route_configurations)


def sharded_maps(
    listeners: Iterable[EnvoyResource], scopes: Iterable[str]
) -> dict[str, frozenset[str]]:
    """URL maps that have these scopes, by name of the listener that finds routes by them."""
    names = {whole_name(name) for name in scopes}
    found = {
        listener.name: frozenset(name for name in names if name.encode() in listener.body)
        for listener in listeners
        if SHARD_HEADER.encode() in listener.body
    }
    return {name: maps for name, maps in found.items() if maps}


def listen_alike(one: EnvoyResource, other: EnvoyResource) -> bool:
    """Whether two versions of a listener have the same addresses."""
    first, second = Listener.FromString(one.body), Listener.FromString(other.body)
    return bool(
        first.address == second.address
        and list(first.additional_addresses) == list(second.additional_addresses)
    )


def endpoints_name(cluster: EnvoyResource) -> str | None:
    """Under which name the cluster asks for endpoints; None if it does not ask."""
    message = Cluster.FromString(cluster.body)
    if message.type != Cluster.EDS:
        return None
    name: str = message.eds_cluster_config.service_name or message.name
    return name
