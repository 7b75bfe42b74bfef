"""Nodes: in which zone each is, and at which address its NodePorts are.

A Node's zone is its label, else the zone in its ``providerID``
(``gce://project/zone/instance``).  Load balancing over NodePorts leaves out nodes that
are not ready or marked to be left out (ingress-gce, pkg/utils/zonegetter).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from penstock.dialects.compute.config import Config
from penstock.objects.core import Node
from penstock.objects.meta import Object
from penstock.objects.world import World

_ZONE_LABELS: Final = (
    "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/zone",
)
_LEFT_OUT: Final = (
    "node.kubernetes.io/exclude-from-external-load-balancers",
    "alpha.service-controller.kubernetes.io/exclude-balancer",
    "node-role.kubernetes.io/master",
)
_DELETED_TAINT: Final = "ToBeDeletedByClusterAutoscaler"


class NodeFacts(NamedTuple):
    """What load balancing has to know of a node."""

    name: str
    zone: str
    address: str
    """Empty if nobody says."""
    is_candidate: bool
    """Whether its NodePorts may be asked."""

    @property
    def is_asked(self) -> bool:
        """Whether they may be, and somebody says where it is."""
        return self.is_candidate and bool(self.address)


class Nodes(NamedTuple):
    """The nodes of a world."""

    by_name: Mapping[str, NodeFacts]
    default_zone: str
    are_elsewhere: bool = False
    """Whether stand-ins are there because none of them is on this machine."""

    @property
    def zones(self) -> tuple[str, ...]:
        """Zones that have nodes; without nodes the configured one."""
        found = {node.zone for node in self.by_name.values()}
        return tuple(sorted(found)) or (self.default_zone,)

    def zone_of(self, node: str, hint: str) -> str:
        """The zone whose group an endpoint belongs to; `hint` is what its slice says."""
        known = self.by_name.get(node)
        if known is not None:
            return known.zone
        zones = self.zones
        if hint in zones:
            return hint
        return self.default_zone if self.default_zone in zones else zones[0]


def read_nodes(world: World, config: Config, *, stand_ins: bool) -> Nodes:
    """The nodes of a world; addresses that a PenstockConfig gives go before theirs.

    With stand-ins (`stand_ins`) a Node is on this machine if its address is loopback, or
    given: that of a dumped cluster's leads nowhere from here.
    """
    facts: dict[str, NodeFacts] = {}
    is_any_here = False
    for node in world.all(Node):
        spec = node.resource.spec or {}
        zone = _zone(node, spec, config)
        given = config.instance(config.project, zone, node.name)
        address = given or _address(node)
        is_any_here |= bool(given) or _is_loopback(address)
        facts[node.name] = NodeFacts(node.name, zone, address, _is_candidate(node, spec))
    return Nodes(facts, config.zone, stand_ins and bool(facts) and not is_any_here)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _zone(node: Object[Node], spec: Mapping[str, Any], config: Config) -> str:
    for label in _ZONE_LABELS:
        if node.labels.get(label):
            return node.labels[label]
    parts = str(spec.get("providerID", "")).removeprefix("gce://").split("/")
    return parts[1] if len(parts) == 3 and parts[1] else config.zone


def _address(node: Object[Node]) -> str:
    found = {a.type: a.address for a in reversed(node.resource.status.addresses or ())}
    return found.get("InternalIP", "") or found.get("ExternalIP", "")


def _is_candidate(node: Object[Node], spec: Mapping[str, Any]) -> bool:
    conditions = {c.type: c.status for c in node.resource.status.conditions or ()}
    taints = spec.get("taints")
    keys = [t.get("key") for t in taints if isinstance(t, dict)] if isinstance(taints, list) else []
    return (
        conditions.get("Ready", "True") == "True"
        and not any(label in node.labels for label in _LEFT_OUT)
        and _DELETED_TAINT not in keys
    )
