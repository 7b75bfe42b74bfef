"""xDS resources as bytes: what `compile` hands to `xds`.

A resource is serialised once, when it is compiled, and its version is the hash
of its bytes; everything after that (diffing, pushing, restarting) compares
versions and copies bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

_API: Final = "type.googleapis.com/envoy."
CLUSTER: Final = _API + "config.cluster.v3.Cluster"
ENDPOINTS: Final = _API + "config.endpoint.v3.ClusterLoadAssignment"
LISTENER: Final = _API + "config.listener.v3.Listener"
ROUTES: Final = _API + "config.route.v3.RouteConfiguration"
SCOPES: Final = _API + "config.route.v3.ScopedRouteConfiguration"
SECRET: Final = _API + "extensions.transport_sockets.tls.v3.Secret"

TYPE_URLS: Final = (CLUSTER, ENDPOINTS, SECRET, LISTENER, SCOPES, ROUTES)
"""Every type served, in make-before-break order."""

SHARD_HEADER: Final = "x_penstock_shard"
"""Leads requests to a scope; every listener that finds routes by scopes mentions it.

Clients cannot send it, because headers with underscores are refused; endpoints never see it.
"""


@dataclass(frozen=True, slots=True)
class EnvoyResource:
    """One named message of one type."""

    type_url: str
    name: str
    body: bytes = field(repr=False)
    """The serialised message, as it stands in `Any.value`."""
    version: str = field(default="")
    """Content hash; equal bytes have equal versions."""

    def __post_init__(self) -> None:
        if not self.version:
            digest = hashlib.blake2b(self.body, digest_size=8).hexdigest()
            object.__setattr__(self, "version", digest)


def shard_name(whole: str, shard: int) -> str:
    """Name of a shard's route configuration, and of the scope that leads to it."""
    return f"{whole}#{shard:03}"


def start_name(whole: str) -> str:
    """Name of what a request meets before its shard is known."""
    return f"{whole}#start"


def whole_name(name: str) -> str:
    """The name of what this is a shard of, or the name itself."""
    return name.rpartition("#")[0] or name


def fingerprint_line(type_url: str, resource: EnvoyResource) -> str:
    """What a resource adds to the revision's hash; lines come by type and sorted by name."""
    return f"{type_url}\0{resource.name}\0{resource.version}\n"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All resources of one revision."""

    resources: Mapping[str, Mapping[str, EnvoyResource]]
    """type URL → name → resource; every type of TYPE_URLS is a key."""
    revision: str
    """Hash over all names and versions: equal snapshots have equal revisions."""

    @classmethod
    def of(cls, resources: Iterable[EnvoyResource]) -> Snapshot:
        """Index resources and compute the revision; order of input does not matter."""
        tables: dict[str, dict[str, EnvoyResource]] = {url: {} for url in TYPE_URLS}
        for resource in sorted(resources, key=lambda r: (r.type_url, r.name)):
            tables[resource.type_url][resource.name] = resource
        digest = hashlib.blake2b(digest_size=8)
        for url in TYPE_URLS:
            lines = [fingerprint_line(url, resource) for resource in tables[url].values()]
            digest.update("".join(lines).encode())
        return cls(MappingProxyType(tables), digest.hexdigest())


EMPTY: Final = Snapshot.of(())
