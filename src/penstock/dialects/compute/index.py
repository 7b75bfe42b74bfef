"""All Compute resources of a world by what they are and where they live.

A resource's project may be written as a number or not at all, so places are
brought to one form before anything is looked up.  Of two resources of one place
and name the first in the order of the world stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple, TypeVar, cast

from penstock.dialects.compute import codes
from penstock.dialects.compute.config import Config
from penstock.model import Finding
from penstock.objects.compute.backend_service import BackendService
from penstock.objects.compute.base import ComputeResource, Place
from penstock.objects.compute.forwarding import (
    ForwardingRule,
    TargetHttpProxy,
    TargetHttpsProxy,
)
from penstock.objects.compute.groups import InstanceGroup, NetworkEndpointGroup
from penstock.objects.compute.health_check import HealthCheck
from penstock.objects.compute.network import Address, Subnetwork
from penstock.objects.compute.service_lb_policy import ServiceLbPolicy
from penstock.objects.compute.tls import (
    BackendAuthenticationConfig,
    ServerTlsPolicy,
    SslCertificate,
    SslPolicy,
    TrustConfig,
)
from penstock.objects.compute.url_map import UrlMap
from penstock.objects.meta import Object
from penstock.objects.world import World

R = TypeVar("R", bound=ComputeResource)

COLLECTIONS: Final[Mapping[str, type[ComputeResource]]] = {
    "addresses": Address,
    "backendAuthenticationConfigs": BackendAuthenticationConfig,
    "backendServices": BackendService,
    "forwardingRules": ForwardingRule,
    "healthChecks": HealthCheck,
    "instanceGroups": InstanceGroup,
    "networkEndpointGroups": NetworkEndpointGroup,
    "serverTlsPolicies": ServerTlsPolicy,
    "serviceLbPolicies": ServiceLbPolicy,
    "sslCertificates": SslCertificate,
    "sslPolicies": SslPolicy,
    "subnetworks": Subnetwork,
    "targetHttpProxies": TargetHttpProxy,
    "targetHttpsProxies": TargetHttpsProxy,
    "trustConfigs": TrustConfig,
    "urlMaps": UrlMap,
}
"""The last path segment but one of a resource's URL → the resource's kind."""

KINDS: Final = tuple(COLLECTIONS.values())
_OF_OTHER_APIS: Final = frozenset(
    {"backendAuthenticationConfigs", "serverTlsPolicies", "serviceLbPolicies", "trustConfigs"}
)
_WORDS: Final = {kind: word for word, kind in COLLECTIONS.items()}


class Located(NamedTuple):
    """Where a resource is."""

    project: str
    location: str
    name: str

    @property
    def place(self) -> Place:
        """Project and location."""
        return Place(self.project, self.location)

    def __str__(self) -> str:
        return "/".join(self)


def collection_of(kind: type[ComputeResource]) -> str:
    """The word for a kind in URLs."""
    return _WORDS[kind]


def relative_url(at: Located, collection: str) -> str:
    """``projects/p/regions/r/urlMaps/x``, as error messages of the API write it."""
    if at.location == "global":
        scope = "global"
    elif collection in ("networkEndpointGroups", "instanceGroups", "instances"):
        scope = f"zones/{at.location}"
    elif collection in _OF_OTHER_APIS:
        scope = f"locations/{at.location}"
    else:
        scope = f"regions/{at.location}"
    return f"projects/{at.project}/{scope}/{collection}/{at.name}"


class Index:
    """The resources of one world."""

    def __init__(
        self, world: World, config: Config, kinds: Iterable[type[ComputeResource]] = KINDS
    ) -> None:
        self.config = config
        self.findings: list[Finding] = []
        self._tables: dict[str, dict[Located, Object[ComputeResource]]] = {}
        self._places: dict[str, dict[tuple[str, str], list[Located]]] = {}
        for kind in kinds:
            self._tables[kind.KIND] = self._table(world.all(kind))

    def _table(
        self, objects: Iterable[Object[ComputeResource]]
    ) -> dict[Located, Object[ComputeResource]]:
        table: dict[Located, Object[ComputeResource]] = {}
        for obj in objects:
            at = self.locate(obj)
            winner = table.setdefault(at, obj)
            if winner is not obj:
                message = f"{obj.ref} is the same resource as {winner.origin().describe()}"
                self.findings.append(
                    codes.DUPLICATE.at(obj.origin(), message, "it is left out; keep one of them")
                )
        return dict(sorted(table.items()))

    def locate(self, obj: Object[R]) -> Located:
        """Where a resource is."""
        return Located(*self.config.place(obj.resource.place), obj.name)

    def all(self, kind: type[R]) -> Iterator[tuple[Located, Object[R]]]:
        """Every resource of a kind, by place and name."""
        return iter(cast("dict[Located, Object[R]]", self._tables[kind.KIND]).items())

    def get(self, kind: type[R], at: Located) -> Object[R] | None:
        """One resource."""
        return cast("Object[R] | None", self._tables[kind.KIND].get(at))

    def places(self, kind: type[R], project: str, name: str) -> list[Located]:
        """Where a project has resources of that name."""
        known = self._places.get(kind.KIND)
        if known is None:
            known = self._places[kind.KIND] = {}
            for at in self._tables[kind.KIND]:
                known.setdefault((at.project, at.name), []).append(at)
        return known.get((project, name), [])

    def namesakes(self, kind: type[R], at: Located) -> list[Located]:
        """Resources of that name and location in other projects, for hints."""
        wanted = at[1:]
        return [e for e in self._tables[kind.KIND] if e[1:] == wanted and e.project != at.project]

    def names(self, kind: type[R], place: Place) -> list[str]:
        """Names of a place, for hints."""
        return [at.name for at in self._tables[kind.KIND] if at.place == place]
