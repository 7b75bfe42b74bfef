"""What a controller writes onto objects, with the health that is known: annotations, conditions.

Nothing is written anywhere as long as objects come from files; `penstock status` shows it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from rich.console import Console
from rich.text import Text

from penstock.model import BackendServiceName, ObjectStatus
from penstock.objects.workloads import Pod
from penstock.objects.world import World
from penstock.runtime.revision import Revision
from penstock.status.listing import Column, Section, print_listing
from penstock.status.report import Json
from penstock.status.words import visible

HEALTHY: Final = "HEALTHY"
UNHEALTHY: Final = "UNHEALTHY"
UNKNOWN: Final = "Unknown"
_PATIENCE: Final = timedelta(minutes=10)
"""After which a pod counts as ready whatever probes say (ingress-gce, pkg/neg/readiness)."""


def object_statuses(revision: Revision, lbs: Sequence[Json], now: float) -> list[Json]:
    """Objects with what is written onto them; `lbs` have the endpoints' health, `now` is in
    seconds since 1970."""
    endpoints = {b["name"]: b["endpoints"] for lb in lbs for b in lb["backends"]}
    found = revision.model.object_statuses
    objects = [_object(status, endpoints) for status in found]
    return [*objects, *_pods(found, endpoints, revision.world, now)]


def _object(status: ObjectStatus, endpoints: Json) -> Json:
    annotations = dict(status.annotations)
    states = {name: _state(of, endpoints) for name, of in status.backends.items()}
    if status.health_annotation:
        annotations[status.health_annotation] = json.dumps(states, separators=(",", ":"))
    return {
        "object": status.object,
        "annotations": dict(sorted(annotations.items())),
        "backends": states,
        "conditions": [],
    }


def _state(services: Iterable[BackendServiceName], endpoints: Json) -> str:
    """Healthy if one endpoint is; unknown until one has been probed."""
    words = {_word(endpoint) for name in services for endpoint in endpoints.get(name, ())}
    return next((word for word in (HEALTHY, UNHEALTHY) if word in words), UNKNOWN)


def _word(endpoint: Json) -> str:
    """The health of one endpoint: it is only known once it was probed."""
    if endpoint.get("probe") is None:
        return UNKNOWN
    return HEALTHY if endpoint["health"] == "healthy" else UNHEALTHY


def _pods(
    statuses: Iterable[ObjectStatus], endpoints: Json, world: World, now: float
) -> Iterator[Json]:
    """The condition of every pod behind backends of which pods have a readiness gate."""
    words: dict[tuple[str, str], set[str]] = {}
    for status in statuses:
        for name in (name for of in status.backends.values() for name in of):
            for endpoint in endpoints.get(name, ()) if status.readiness_gate else ():
                key = (endpoint["target"], status.readiness_gate)
                words.setdefault(key, set()).add(_word(endpoint))
    for (pod, gate), found in sorted(item for item in words.items() if item[0][0]):
        condition = _condition(gate, HEALTHY in found, _is_old(world, pod, now))
        yield {
            "object": f"Pod {pod}",
            "annotations": {},
            "backends": {},
            "conditions": [condition],
        }


def _condition(gate: str, healthy: bool, old: bool) -> Json:
    reason = (
        "LoadBalancerNegReady"
        if healthy
        else "LoadBalancerNegTimeout"
        if old
        else "LoadBalancerNegNotReady"
    )
    return {"type": gate, "status": "True" if healthy or old else "False", "reason": reason}


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


def print_object_statuses(console: Console, data: Json) -> None:
    """Every object whose backends have a health; the rest is for programs."""
    rows = [row for row in data.get("objects", ()) if _has_health(row)]
    columns = [Column("URL map in the cloud"), Column("Health of its backends")]
    print_listing(console, columns, [_section(row) for row in rows])
    if rows:
        console.print()


def _section(row: Json) -> Section:
    url_map = next((v for k, v in row["annotations"].items() if k.endswith("/url-map")), "")
    return Section(visible(row["object"]), [[Text(visible(url_map)), Text(_tally(row))]])


def _has_health(row: Json) -> bool:
    return any(name.endswith("/backends") for name in row["annotations"])


def _tally(row: Json) -> str:
    counted = Counter(row["backends"].values())
    return ", ".join(f"{counted[w]} {w}" for w in (HEALTHY, UNHEALTHY, UNKNOWN) if counted[w])
