"""Endpoint groups: one for each zone, of a Service's pods or of the nodes' NodePorts.

Pods belong to a group whether they are ready or not, unless they are terminating: the
health check decides who gets requests (ingress-gce, pkg/neg/types).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import msgspec

from penstock.dialects.gke.nodes import Nodes
from penstock.dialects.kubernetes import codes
from penstock.dialects.kubernetes.endpoints import EndpointIndex, Sources, read_neg
from penstock.dialects.memo import Memo
from penstock.model import Endpoint, Finding, NegKind, NegName, NetworkEndpointGroup
from penstock.objects.meta import Object
from penstock.objects.service import Service, ServicePort
from penstock.objects.world import World


class GroupUse(NamedTuple):
    """The endpoints of one port of a Service, split by zone."""

    service: Object[Service]
    port: ServicePort
    zones: tuple[str, ...]
    by_node: bool
    """Whether they are the nodes' NodePorts."""
    for_nodes: bool = False
    """Whether they are pods that stand for nodes: only ready ones, as behind a NodePort, where
    kube-proxy leaves out the others."""

    @property
    def stem(self) -> str:
        """What the groups' names begin with."""
        kind = "nodes" if self.by_node else "ready-pods" if self.for_nodes else "pods"
        return f"gke/{self.service.namespace}/{self.service.name}:{self.port.port}/{kind}"

    @property
    def names(self) -> tuple[NegName, ...]:
        """The groups, by zone."""
        return tuple(NegName(f"{self.stem}/{zone}") for zone in self.zones)


class Groups:
    """Reads the groups of one world after the other."""

    def __init__(self, local: bool) -> None:
        self._local = local
        self._index = EndpointIndex()
        self._memo = Memo()

    def read(
        self, world: World, uses: Sequence[GroupUse], nodes: Nodes, region: str
    ) -> tuple[dict[NegName, NetworkEndpointGroup], list[Finding]]:
        """The groups of `uses`, and what is to be said about their endpoints.

        Of two uses of one port the first counts: what stays live as it was comes last.
        """
        self._index.update(world)
        groups: dict[NegName, NetworkEndpointGroup] = {}
        findings: list[Finding] = []
        by_stem: dict[str, GroupUse] = {}
        for use in uses:
            by_stem.setdefault(use.stem, use)
        for use in by_stem.values():
            made = self._read(use, nodes, region)
            groups.update({neg.name: neg for neg in made.negs})
            findings += made.findings
        self._memo.turn()
        return groups, findings

    def _read(self, use: GroupUse, nodes: Nodes, region: str) -> _Made:
        if use.by_node:
            inputs: tuple[object, ...] = (use.service, nodes)
            make: Callable[[], _Made] = lambda: _of_nodes(use, nodes, region)  # noqa: E731
        else:
            sources = self._index.sources(use.service)
            inputs = (use.service, nodes, *sources)
            make = lambda: _of_pods(use, nodes, region, sources, self._local)  # noqa: E731
        return self._memo.get((use.stem, region), inputs, make)


class _Made(NamedTuple):
    negs: tuple[NetworkEndpointGroup, ...]
    findings: tuple[Finding, ...]


def _of_pods(use: GroupUse, nodes: Nodes, region: str, sources: Sources, local: bool) -> _Made:
    found, findings = members(use.service, use.port, sources, local, only_ready=use.for_nodes)
    by_zone: dict[str, list[Endpoint]] = {zone: [] for zone in use.zones}
    for member in found:
        by_zone[nodes.zone_of(member.node, member.zone)].append(member)
    negs = tuple(_group(use, zone, region, listed) for zone, listed in by_zone.items())
    return _Made(negs, findings)


def members(
    service: Object[Service],
    port: ServicePort,
    sources: Sources,
    local: bool,
    *,
    only_ready: bool = False,
) -> tuple[list[Endpoint], tuple[Finding, ...]]:
    """The members of a port's groups: ready or not, because the health check decides.

    A pod of a dual-stack Service is one member, at its IPv4 address.  With `only_ready` members
    that are not ready get nothing.
    """
    reading = read_neg(NegName(service.ref), service, port, sources, local)
    found = [e for e in reading.neg.endpoints if not e.terminating]
    of_v4 = [e for e in found if ":" not in e.address] or found
    if only_ready:
        return of_v4, reading.findings
    listed = [msgspec.structs.replace(e, ready=True) for e in of_v4]
    # Whether pods are ready decides nothing here.
    said = (f for f in reading.findings if f.code != codes.NOT_READY.name)
    return listed, tuple(said)


def _of_nodes(use: GroupUse, nodes: Nodes, region: str) -> _Made:
    by_zone: dict[str, list[Endpoint]] = {zone: [] for zone in use.zones}
    for endpoint in _node_ports(use, nodes):
        by_zone[endpoint.zone].append(endpoint)
    return _Made(tuple(_group(use, z, region, found) for z, found in by_zone.items()), ())


def _node_ports(use: GroupUse, nodes: Nodes) -> Iterator[Endpoint]:
    for node in nodes.by_name.values():
        if node.is_asked and use.port.node_port:
            yield Endpoint(node.address, use.port.node_port, node=node.name, zone=node.zone)


def _group(
    use: GroupUse, zone: str, region: str, endpoints: Sequence[Endpoint]
) -> NetworkEndpointGroup:
    return NetworkEndpointGroup(
        name=NegName(f"{use.stem}/{zone}"),
        kind=NegKind.IP_PORT,
        endpoints=tuple(sorted(endpoints)),
        origin=use.service.origin(),
        region=region,
        zone=zone,
        by_readiness=use.for_nodes,
    )
