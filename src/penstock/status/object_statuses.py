"""What a controller writes onto objects, with the health that is known: annotations, events,
addresses; `pod_conditions` has what pods get.

Nothing is written anywhere as long as objects come from files; `penstock status` shows it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from penstock.model import BackendServiceName, ObjectEvent, ObjectStatus
from penstock.runtime.revision import Revision
from penstock.status.listing import Column, Section, print_listing
from penstock.status.pod_conditions import HEALTHY, UNHEALTHY, UNKNOWN, pod_conditions, word_of
from penstock.status.report import Json
from penstock.status.words import visible


def object_statuses(revision: Revision, lbs: Sequence[Json], now: float) -> list[Json]:
    """Objects with what is written onto them; `lbs` have the endpoints' health, `now` is in
    seconds since 1970."""
    endpoints = {b["name"]: b["endpoints"] for lb in lbs for b in lb["backends"]}
    addresses = {ref: lb["addresses"] for lb in lbs for ref in lb["objects"] if lb["addresses"]}
    found = revision.model.object_statuses
    objects = [_object(status, endpoints, addresses) for status in found]
    return [*objects, *pod_conditions(revision, endpoints, now)]


def _object(status: ObjectStatus, endpoints: Json, addresses: Json) -> Json:
    annotations = dict(status.annotations)
    states = {name: _state(of, endpoints) for name, of in status.backends.items()}
    if status.health_annotation:
        annotations[status.health_annotation] = json.dumps(states, separators=(",", ":"))
    address = next(iter(addresses.get(status.object, ())), "") if status.address_reason else ""
    events = [_event(event) for event in status.events]
    if address:
        changed = ObjectEvent("Normal", status.address_reason, f"IP is now {address}")
        events.append(_event(changed))
    return {
        "object": status.object,
        "annotations": dict(sorted(annotations.items())),
        "backends": states,
        "conditions": [],
        "events": events,
        "status": {"loadBalancer": {"ingress": [{"ip": address}]}} if address else {},
    }


def _event(event: ObjectEvent) -> Json:
    return {"type": event.type, "reason": event.reason, "message": event.message}


def _state(services: Iterable[BackendServiceName], endpoints: Json) -> str:
    """Healthy if one endpoint is; unknown until one has been probed."""
    words = {word_of(endpoint) for name in services for endpoint in endpoints.get(name, ())}
    return next((word for word in (HEALTHY, UNHEALTHY) if word in words), UNKNOWN)


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
