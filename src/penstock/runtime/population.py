"""From the source's objects to the world: what a cluster would add to them is added here.

In a cluster, controllers write EndpointSlices; in local mode the user gives
endpoints (`--endpoints`) or stand-ins take the pods' place.  Either way dialects
see EndpointSlices and cannot tell the difference.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from penstock.model import Finding
from penstock.objects.compute.backend_service import BackendService
from penstock.objects.compute.groups import InstanceGroup, NetworkEndpointGroup
from penstock.objects.compute.health_check import HealthCheck
from penstock.objects.core import Node
from penstock.objects.endpoints import Endpoints, EndpointSlice
from penstock.objects.gke import BackendConfig
from penstock.objects.meta import Object
from penstock.objects.penstock_config import PenstockConfig
from penstock.objects.service import Service
from penstock.objects.workloads import DaemonSet, Deployment, Pod, ReplicaSet, StatefulSet
from penstock.objects.world import Table, World, replacements
from penstock.runtime import endpoints
from penstock.runtime.settings import EndpointOverride
from penstock.standin.cluster import whose
from penstock.standin.group_endpoints import stood_in
from penstock.standin.plan import Plan, Planner, endpoint_slices
from penstock.standin.spec import PodState

_PLANNED = (
    *(Service, EndpointSlice, Endpoints, Node, BackendConfig),
    *(Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet),
    *(NetworkEndpointGroup, InstanceGroup, BackendService, HealthCheck, PenstockConfig),
)
"""The kinds that a plan depends on."""

_REPLACED = (NetworkEndpointGroup.KIND, InstanceGroup.KIND, HealthCheck.KIND)
"""Kinds of which what is made takes the place of what is written."""


class Population:
    """Plans stand-ins and makes worlds; what did not change stays the same object."""

    def __init__(self, planner: Planner, overrides: Sequence[EndpointOverride]) -> None:
        self._planner = planner
        self._overrides = overrides
        self._external = overridden(overrides)
        self._source = World()
        self._tables: tuple[Table, ...] = ()
        self._plan = Plan()
        self._made: dict[tuple[str, str, str], Object[Any]] = {}
        self._sliced: tuple[Plan, Mapping[tuple[str, str], PodState]] | None = None
        """What `_made` was made from."""
        self._world = World()

    def plan(self, objects: Sequence[Object[Any]]) -> Plan:
        """Which pods have to stand in for these objects."""
        self._source = World(objects, self._source)
        tables = tuple(self._source.table(kind) for kind in _PLANNED)
        if not self._tables or not _plan_alike(self._tables, tables):
            self._plan = self._planner.plan(self._source, self._external)
        self._tables = tables
        return self._plan

    def world(
        self, objects: Sequence[Object[Any]], states: Mapping[tuple[str, str], PodState]
    ) -> tuple[World, Sequence[Finding]]:
        """The world of the objects that were planned for last, and what is wrong with it."""
        given, findings = endpoints.given(self._overrides, self._source)
        made = self._stand_ins(states)
        replaced = {(o.kind, *o.key) for o in (*given, *made) if o.kind in _REPLACED}
        elsewhere = {*self._external, *self._plan.displaced}
        kept = objects
        if elsewhere or replaced:
            kept = [
                obj
                for obj in objects
                if (obj.kind, *obj.key) not in replaced and not _is_overridden(obj, elsewhere)
            ]
        if kept is objects and not given and not made:
            self._world = self._source
        else:
            self._world = World([*kept, *given, *made], self._world)
        return self._world, (*findings, *self._plan.findings)

    def _stand_ins(self, states: Mapping[tuple[str, str], PodState]) -> Sequence[Object[Any]]:
        """What stands for stand-ins; what says the same as before is the same object."""
        if self._sliced == (self._plan, states):
            return tuple(self._made.values())
        plan = self._plan
        made = (*endpoint_slices(plan, states), *_stood_in(plan, states))
        fresh: dict[tuple[str, str, str], Object[Any]] = {(o.kind, *o.key): o for o in made}
        for key, new in fresh.items():
            known = self._made.get(key)
            if (
                known is not None
                and known.locator is new.locator
                and known.resource == new.resource
            ):
                fresh[key] = known
        self._made = fresh
        self._sliced = (self._plan, states)
        return tuple(fresh.values())


def _stood_in(plan: Plan, states: Mapping[tuple[str, str], PodState]) -> Sequence[Object[Any]]:
    return stood_in(plan.pods, plan.groups, states, plan.checks)


def _plan_alike(before: Sequence[Table], after: Sequence[Table]) -> bool:
    """Whether a plan cannot tell worlds apart: of an EndpointSlice it only asks whose it is, and
    whether a cluster's pods are meant."""
    return all(
        old is new or (kind is EndpointSlice and _same_owners(old, new))
        for kind, old, new in zip(_PLANNED, before, after, strict=True)
    )


def _same_owners(old: Table, new: Table) -> bool:
    replaced = replacements(old.values(), new.values())
    return replaced is not None and all(whose(a) == whose(b) for a, b in replaced)


def overridden(overrides: Sequence[EndpointOverride]) -> Collection[tuple[str, str]]:
    """Services whose endpoints the user gives."""
    return {(o.namespace, o.service) for o in overrides}


def _is_overridden(obj: Object[Any], services: Collection[tuple[str, str]]) -> bool:
    if obj.kind == Endpoints.KIND:
        return obj.key in services
    if obj.kind == EndpointSlice.KIND:
        return (obj.namespace, obj.labels.get(EndpointSlice.SERVICE_LABEL, "")) in services
    return False
