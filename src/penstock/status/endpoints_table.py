"""The endpoints of all backend services in `penstock status`: who they are, and how."""

from __future__ import annotations

import time

from rich.console import Console
from rich.text import Text

from penstock.status.listing import Column, Section, age, print_listing
from penstock.status.report import Json
from penstock.status.words import host_part, visible


def print_endpoints(console: Console, data: Json, now: float | None = None) -> None:
    """One line each; columns that nobody has anything for are left out."""
    services = {
        backend["name"]: backend["endpoints"]
        for lb in data["loadBalancers"]
        for backend in lb["backends"]
        if backend["endpoints"]
    }
    found = [endpoint for endpoints in services.values() for endpoint in endpoints]
    has_pods = any(endpoint["target"] for endpoint in found)
    has_nodes = any(_is_node(endpoint) for endpoint in found)
    title = " or ".join(["Pod"] * has_pods + ["Node"] * has_nodes).capitalize()
    has_probes = any("probe" in endpoint for endpoint in found)
    moment = time.time() if now is None else now
    columns = [Column("Endpoint"), *([Column(title)] if title else []), Column("Health")]
    columns += [Column("Since"), Column("Last probe")] if has_probes else []
    sections = [
        Section(visible(name), [_row(e, bool(title), has_probes, moment) for e in endpoints])
        for name, endpoints in services.items()
    ]
    print_listing(console, columns, sections)
    if sections:
        console.print()


def _is_node(endpoint: Json) -> bool:
    """Whether a node is asked, not a pod on it."""
    return bool(endpoint.get("node")) and not endpoint["target"]


def _row(endpoint: Json, has_names: bool, has_probes: bool, now: float) -> list[Text]:
    row = [Text(f"{host_part(endpoint['address'])}:{endpoint['port']}")]
    if has_names:
        row.append(Text(visible(endpoint["target"] or endpoint.get("node") or "")))
    row.append(_health(endpoint))
    if has_probes:
        row += _probe(endpoint, now)
    return row


def _probe(endpoint: Json, now: float) -> tuple[Text, Text]:
    """Since when the endpoint is healthy or not, and the last probe's reason."""
    probe = endpoint.get("probe")
    if probe is None:
        return Text(), Text()
    since = "" if probe["since"] is None else age(probe["since"], now)
    return Text(since), Text(visible(probe["reason"]))


def _health(endpoint: Json) -> Text:
    health = endpoint.get("health") or ("ready" if endpoint["ready"] else "not ready")
    style = {"healthy": "green", "ready": "green", "not ready": "yellow"}.get(health, "red")
    return Text(health, style=style)
