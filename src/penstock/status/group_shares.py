"""What each group of a backend service gets of each region's requests, as data and as text."""

from __future__ import annotations

from rich import box
from rich.table import Table
from rich.text import Text

from penstock.model import BackendServiceName, LoadView
from penstock.runtime.revision import Revision
from penstock.status.report import Json


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


def groups_table(data: Json) -> Table | None:
    """The text of it; None where no backend service has shares."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in ("Backend service", "Group", "Share", "Requests/s", "Capacity", "Why"):
        if column in ("Share", "Requests/s", "Capacity"):
            table.add_column(column, justify="right", no_wrap=True)
        else:
            table.add_column(column, overflow="fold")
    previous = None
    for name, group in _rows(data):
        region = f" (proxies in {group['proxyRegion']})" if group["proxyRegion"] else ""
        shown = "" if (name, region) == previous else f"{name}{region}"
        previous = (name, region)
        table.add_row(
            Text(shown),
            Text(group["group"]),
            f"{group['share']:.1%}",
            _figure(group["rate"]),
            _figure(group["capacity"]),
            Text(group["why"], style="dim"),
        )
    return table if table.row_count else None


def _rows(data: Json) -> list[tuple[str, Json]]:
    """Each backend service once, though several load balancers may use it."""
    found = {
        backend["name"]: backend["groups"]
        for lb in data["loadBalancers"]
        for backend in lb["backends"]
    }
    return [(name, group) for name, groups in sorted(found.items()) for group in groups]


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
