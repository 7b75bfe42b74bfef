"""The readiness gate of pods in network endpoint groups, as GKE's controller writes it.

A pod is ready for its load balancer once it is healthy in one of its groups, ten minutes
after it was made in any case, and at once in a group that nobody probes.
Rules and texts: ingress-gce, pkg/neg/readiness.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from penstock.model import BackendService, GroupStatus, NegName
from penstock.objects.workloads import Pod
from penstock.objects.world import World
from penstock.runtime.revision import Revision
from penstock.status.report import Json

HEALTHY: Final = "HEALTHY"
UNHEALTHY: Final = "UNHEALTHY"
UNKNOWN: Final = "Unknown"
_PATIENCE: Final = timedelta(minutes=10)


class _Seat(NamedTuple):
    """A pod in a group."""

    group: str
    zone: str
    service: str
    """The key of the backend service that probes it; empty if none does."""
    word: str
    """The health that is known."""

    @property
    def key(self) -> str:
        """The group as the controller prints its key."""
        return _key(self.group, "zone", self.zone)


def _key(name: str, scope: str, where: str) -> str:
    """A resource as the controller prints it; without `where` it is global."""
    place = f", {scope}: {json.dumps(where)}" if where else ""
    return f"Key{{{json.dumps(name)}{place}}}"


def word_of(endpoint: Json) -> str:
    """The health of one endpoint: it is only known once it was probed."""
    if endpoint.get("probe") is None:
        return UNKNOWN
    return HEALTHY if endpoint["health"] == "healthy" else UNHEALTHY


def pod_conditions(revision: Revision, endpoints: Json, now: float) -> Iterator[Json]:
    """Every pod in a group with its condition; `endpoints` are those of each backend service."""
    seats: dict[tuple[str, str], list[_Seat]] = {}
    probing = _Probing(revision, endpoints)
    for status in revision.model.object_statuses:
        for group in status.groups if status.readiness_gate else ():
            for pod, seat in probing.seats(group):
                seats.setdefault((pod, status.readiness_gate), []).append(seat)
    for (pod, gate), found in sorted(seats.items()):
        yield {
            "object": f"Pod {pod}",
            "annotations": {},
            "backends": {},
            "conditions": [_condition(gate, sorted(set(found)), _is_old(revision.world, pod, now))],
            "events": [],
            "status": {},
        }


class _Probing:
    """Who probes what."""

    def __init__(self, revision: Revision, endpoints: Json) -> None:
        self._negs = revision.model.negs
        self._endpoints = endpoints
        self._users: dict[NegName, list[BackendService]] = {}
        statuses = revision.model.object_statuses
        self._names = {n: name for s in statuses for name, of in s.backends.items() for n in of}
        for service in revision.model.backend_services.values():
            for neg in service.negs if service.name in endpoints else ():
                self._users.setdefault(neg, []).append(service)

    def seats(self, group: GroupStatus) -> Iterator[tuple[str, _Seat]]:
        """The pods of a group, once for each backend service that has it."""
        used = [(neg, service) for neg in group.negs for service in self._users.get(neg, ())]
        if not used:
            yield from ((pod, _Seat(group.name, group.zone, "", UNKNOWN)) for pod in group.pods)
        for neg, service in used:
            ours = {(e.address, e.port) for e in self._negs[neg].endpoints}
            prober = self._key(service) if service.health_check else ""
            for endpoint in self._endpoints[service.name]:
                if endpoint["target"] and (endpoint["address"], endpoint["port"]) in ours:
                    seat = _Seat(group.name, group.zone, prober, word_of(endpoint))
                    yield endpoint["target"], seat

    def _key(self, service: BackendService) -> str:
        name = self._names.get(service.name) or service.name.rpartition("/")[2]
        return _key(name, "region", service.region)


def _condition(gate: str, seats: list[_Seat], old: bool) -> Json:
    ready = next((seat for seat in seats if seat.service and seat.word == HEALTHY), None)
    untested = next((seat for seat in seats if not seat.service), None)
    groups = " ".join(dict.fromkeys(seat.group for seat in seats))
    marking = f'Marking condition "{gate}" to True.'
    status = "True"
    if ready is not None:
        reason = "LoadBalancerNegReady"
        message = (
            f"Pod has become Healthy in NEG {json.dumps(ready.key)} attached to BackendService "
            f"{json.dumps(ready.service)}. {marking}"
        )
    elif untested is not None:
        reason = "LoadBalancerNegWithoutHealthCheck"
        message = (
            f"Pod is in NEG {json.dumps(untested.key)}. NEG is not attached to any BackendService "
            f"with health checking. {marking}"
        )
    elif old:
        reason = "LoadBalancerNegTimeout"
        message = (
            "Timeout waiting for pod to become healthy in at least one of the NEG(s): "
            f"[{groups}]. {marking}"
        )
    else:
        status, reason = "False", "LoadBalancerNegNotReady"
        message = f"Waiting for pod to become healthy in at least one of the NEG(s): [{groups}]"
    return {"type": gate, "status": status, "reason": reason, "message": message}


def _is_old(world: World, pod: str, now: float) -> bool:
    """Whether the pod has waited long enough; one that nobody made yet has not."""
    namespace, _, name = pod.partition("/")
    found = world.get(Pod, namespace, name)
    stamp = found.resource.metadata.creation_timestamp if found else None
    try:
        made = datetime.fromisoformat(stamp or "")
    except ValueError:
        return False
    if made.tzinfo is None:
        made = made.replace(tzinfo=UTC)
    return datetime.fromtimestamp(now, UTC) - made > _PATIENCE
