"""Builders of Kubernetes objects for planner tests."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import msgspec
import yaml

from penstock.objects import core, endpoints, penstock_config, service, workloads
from penstock.objects.compute import backend_service, groups, health_check
from penstock.objects.meta import Object
from penstock.objects.world import World
from penstock.standin.plan import Planner, StandInMode

_KINDS: dict[str, Any] = {
    kind.KIND: kind
    for kind in (
        core.Node,
        endpoints.Endpoints,
        endpoints.EndpointSlice,
        service.Service,
        workloads.DaemonSet,
        workloads.Deployment,
        workloads.Pod,
        workloads.ReplicaSet,
        workloads.StatefulSet,
        backend_service.BackendService,
        groups.InstanceGroup,
        health_check.HealthCheck,
        groups.NetworkEndpointGroup,
        penstock_config.PenstockConfig,
    )
}


def world(text: str) -> World:
    """The world of some YAML documents."""
    documents = [d for d in yaml.safe_load_all(text) if d]
    for document in documents:
        document.setdefault("apiVersion", "v1")
    return World(Object(msgspec.convert(d, _KINDS[d["kind"]])) for d in documents)


def addresses() -> Callable[[], str]:
    """127.21.200.1, .2 and so on."""
    numbers = itertools.count(1)
    return lambda: f"127.21.200.{next(numbers)}"


def planner(mode: StandInMode = StandInMode.SERVICES, offset: int = 0) -> Planner:
    """A planner with fresh addresses."""
    return Planner(mode, addresses(), offset)
