"""Pods of the input: which still run, where, and which workload of the input they are of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from penstock.objects.core import Node
from penstock.objects.meta import Object
from penstock.objects.workloads import DaemonSet, Deployment, Pod, ReplicaSet, StatefulSet
from penstock.objects.world import World

_OWNERS: Final = {kind.KIND: kind for kind in (Deployment, ReplicaSet, StatefulSet, DaemonSet)}
_HASH_LABEL: Final = "pod-template-hash"
_ZONE_LABEL: Final = "topology.kubernetes.io/zone"
_ENDED: Final = ("Succeeded", "Failed")


class Place(NamedTuple):
    """Where a pod runs; empty where nobody says."""

    node: str = ""
    zone: str = ""


class Pods:
    """The pods of a world that run, by workload."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._owned: dict[str, list[Object[Pod]]] = {}
        self.alone: list[Object[Pod]] = []
        """Of no workload of the input."""
        for pod in world.all(Pod):
            if not _runs(pod):
                continue
            owner = owner_of(pod, world)
            if owner is None:
                self.alone.append(pod)
            else:
                self._owned.setdefault(owner.ref, []).append(pod)

    def of(self, workload: Object[Any]) -> Sequence[Object[Pod]]:
        """Those of a workload, by name."""
        return self._owned.get(workload.ref, ())

    def place(self, pod: Object[Pod]) -> Place:
        """Its node, and the zone that the node's label says."""
        name = pod.resource.spec.node_name or ""
        node = self._world.get(Node, "", name) if name else None
        return Place(name, node.labels.get(_ZONE_LABEL, "") if node else "")


def _runs(pod: Object[Pod]) -> bool:
    """Whether the pod can be an endpoint: ended and terminating ones get no requests."""
    is_leaving = pod.resource.metadata.deletion_timestamp is not None
    return pod.resource.status.phase not in _ENDED and not is_leaving


def owner_of(obj: Object[Any], world: World) -> Object[Any] | None:
    """The workload of the input that already stands for the object's pods; the outermost."""
    seen, outermost = {obj.ref}, None
    found = _next_owner(obj, world)
    while found is not None and found.ref not in seen:  # Nothing keeps owners from going round.
        seen.add(found.ref)
        outermost = found
        found = _next_owner(found, world)
    return outermost


def _next_owner(obj: Object[Any], world: World) -> Object[Any] | None:
    owners = (world.get(_OWNERS[kind], obj.namespace, name) for kind, name in _owners(obj))
    return next((owner for owner in owners if owner is not None), None)


def _owners(obj: Object[Any]) -> Iterator[tuple[str, str]]:
    """Kinds and names of its owners; with a ReplicaSet the Deployment that made it, too, because
    few dumps have ReplicaSets."""
    for owner in obj.resource.metadata.owner_references:
        if owner.kind not in _OWNERS:
            continue
        yield owner.kind, owner.name
        suffix = f"-{obj.labels.get(_HASH_LABEL, '')}"
        if owner.kind == ReplicaSet.KIND and len(suffix) > 1 and owner.name.endswith(suffix):
            yield Deployment.KIND, owner.name.removesuffix(suffix)
