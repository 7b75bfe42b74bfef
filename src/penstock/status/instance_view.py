"""`penstock status` as text."""

from __future__ import annotations

import datetime as dt

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from penstock.status import fleets, portability, render
from penstock.status.endpoints_table import print_endpoints
from penstock.status.group_shares import print_groups
from penstock.status.names_view import print_names
from penstock.status.object_statuses import print_object_statuses
from penstock.status.report import Json


def print_status(console: Console, data: Json) -> None:
    """Everything `report.status` says, most important first."""
    _head(console, data)
    for lb in data["loadBalancers"]:
        render.print_block(console, render.load_balancer_block(lb))
        console.print()
    if data["ready"] and not data["loadBalancers"]:
        console.print(Text(f"{render.NO_LOAD_BALANCER}\n"), soft_wrap=True)
    print_endpoints(console, data)
    print_object_statuses(console, data)
    print_groups(console, data)
    if data.get("fleets"):
        console.print(fleets.table(data["fleets"]))
        console.print()
    print_names(console, data.get("dns"))
    _proxies(console, data)
    portability.print_findings(console, data["findings"])


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
        f"  pid {data['pid']}",
    )  # fmt: skip
    console.print(line, highlight=False, soft_wrap=True)
    began = f"running since {since:%Y-%m-%d %H:%M:%S}"
    console.print(Text(f"{began}, state in {data['stateDir']}", style="dim"), soft_wrap=True)
    console.print()


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
