"""What each group of a backend service gets of each region's requests, as data and as text."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from penstock.model import BackendServiceName, LoadView
from penstock.runtime.revision import Revision
from penstock.status.listing import Column, Section, print_listing, short
from penstock.status.report import Json
from penstock.status.words import visible


def group_shares(name: str, revision: Revision, loads: LoadView) -> list[Json]:
    """By region of the proxies, then in the service's order; docs/json-output.md has the keys."""
    service = BackendServiceName(name)
    known = {key[1] for key in loads}
    return [
        {
            "proxyRegion": region or None,
            "group": share.neg,
            "share": round(share.share, 4),
            "priority": share.priority,
            "capacity": None if share.capacity is None else round(share.capacity, 2),
            "rate": round(load.rate, 2) if load else 0.0 if service in known else None,
            "healthy": share.healthy,
            "endpoints": share.endpoints,
            "why": share.why,
            "origin": share.origin.describe() if share.origin else None,
        }
        for region, services in sorted(revision.shares.items())
        for share in services.get(service, ())
        for load in (loads.get((region, service, share.neg)),)
    ]


def print_groups(console: Console, data: Json) -> None:
    """The text of it; nothing where no backend service has shares."""
    sections: dict[str, list[list[Text]]] = {}
    rows = _rows(data)
    has_rates = any(group["rate"] is not None for _, group in rows)
    for name, group in rows:
        region = group["proxyRegion"]
        title = f"{name}, proxies in {region}" if region else name
        sections.setdefault(visible(title), []).append(_row(name, group, has_rates))
    figures = ("Share", *(["Requests/s"] if has_rates else []), "Capacity")
    columns = [Column("Group"), *(Column(title, is_figure=True) for title in figures)]
    print_listing(console, [*columns, Column("Why")], [Section(*item) for item in sections.items()])
    if sections:
        console.print()


def _row(name: str, group: Json, has_rates: bool) -> list[Text]:
    return [
        Text(visible(short(group["group"], name))),
        Text(f"{group['share']:.1%}"),
        *([Text(_figure(group["rate"]))] if has_rates else []),
        Text(_figure(group["capacity"])),
        Text(visible(group["why"]), style="dim"),
    ]


def _rows(data: Json) -> list[tuple[str, Json]]:
    """Each backend service once, though several load balancers may use it."""
    found = {
        backend["name"]: backend.get("groups", [])
        for lb in data["loadBalancers"]
        for backend in lb["backends"]
    }
    return [(name, group) for name, groups in sorted(found.items()) for group in groups]


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
