"""`penstock status` as text."""

from __future__ import annotations

import datetime as dt

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from penstock.status import fleets, render
from penstock.status.group_shares import groups_table
from penstock.status.names_view import print_names
from penstock.status.object_statuses import print_object_statuses
from penstock.status.report import Json


def print_status(console: Console, data: Json) -> None:
    """Everything `report.status` says, most important first."""
    _head(console, data)
    for lb in data["loadBalancers"]:
        render.print_whole(console, render.load_balancer_block(lb))
        console.print()
    _endpoints(console, data)
    print_object_statuses(console, data)
    groups = groups_table(data)
    if groups is not None:
        console.print(groups, highlight=False)
        console.print()
    if data["fleets"]:
        console.print(fleets.table(data["fleets"]))
        console.print()
    print_names(console, data.get("dns"))
    _proxies(console, data)
    render.print_findings(console, data["findings"])


def print_stages(console: Console, data: Json) -> None:
    """What building revisions took: last time, on average, at most."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in ("Stage", "Runs", "Last ms", "Mean ms", "Longest ms"):
        table.add_column(column, justify="left" if column == "Stage" else "right")
    for name, stage in data["stages"].items():
        figures = (stage["lastMs"], stage["meanMs"], stage["longestMs"])
        table.add_row(name, str(stage["runs"]), *(f"{figure:.2f}" for figure in figures))
    console.print(table)


def _head(console: Console, data: Json) -> None:
    state = Text("ready", style="bold green") if data["ready"] else Text("starting", style="yellow")
    since = dt.datetime.fromtimestamp(data["startedAt"], dt.UTC).astimezone()
    line = Text.assemble(
        "penstock ", data["version"], "  ", state, f"  revision {data['revision']}",
        f"  since {since:%Y-%m-%d %H:%M:%S}", f"  pid {data['pid']}",
    )  # fmt: skip
    console.print(line, highlight=False)
    console.print(Text(f"state {data['stateDir']}", style="dim"), soft_wrap=True)
    console.print()


def _endpoints(console: Console, data: Json) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    is_probed = any("probe" in endpoint for _, endpoint in _rows(data))
    probes = ("Last probe", "Since") if is_probed else ()
    for column in ("Backend service", "Endpoint", "Pod", "Health", *probes):
        table.add_column(column, no_wrap=True)
    rows = _rows(data)
    previous = None
    for name, endpoint in rows:
        address = f"{endpoint['address']}:{endpoint['port']}"
        pod = Text(endpoint["target"] or "")
        shown = Text("" if name == previous else name)
        table.add_row(shown, address, pod, _health(endpoint), *_probe(endpoint))
        previous = name
    if rows:
        render.print_whole(console, table)
        console.print()


def _rows(data: Json) -> list[tuple[str, Json]]:
    """Backend services' names with their endpoints, one after the other."""
    return [
        (backend["name"], endpoint)
        for lb in data["loadBalancers"]
        for backend in lb["backends"]
        for endpoint in backend["endpoints"]
    ]


def _probe(endpoint: Json) -> tuple[Text, ...]:
    """The last probe's reason, and since when the endpoint is healthy or not."""
    probe = endpoint.get("probe")
    if probe is None:
        return ()
    since = ""
    if probe["since"] is not None:
        since = (
            f"{dt.datetime.fromtimestamp(probe['since'], dt.UTC).astimezone():%Y-%m-%d %H:%M:%S}"
        )
    return Text(render.visible(probe["reason"])), Text(since)


def _health(endpoint: Json) -> Text:
    health = endpoint.get("health") or ("ready" if endpoint["ready"] else "not ready")
    style = {"healthy": "green", "ready": "green", "not ready": "yellow"}.get(health, "red")
    return Text(health, style=style)


def _proxies(console: Console, data: Json) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in ("Proxy", "Revision", "State"):
        table.add_column(column, overflow="fold")
    for proxy in data["proxies"]:
        state = (
            Text("up to date", style="green")
            if proxy["upToDate"]
            else Text("behind", style="yellow")
        )
        for rejection in proxy["rejections"]:
            state.append(f"\nrejects {rejection['type']}: {rejection['message']}", style="red")
        table.add_row(Text(proxy["node"]), Text(proxy["revision"] or "none"), state)
    console.print(table)
    console.print()
