"""Names of load balancers as text."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from penstock.status import render
from penstock.status.report import Json


def print_names(console: Console, data: Json | None) -> None:
    """The table of `penstock status`; nothing if there are no names."""
    if not data or not data["names"]:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in ("Name", "Policy", "Client's region", "Answer", "Why"):
        table.add_column(column, overflow="fold")
    for name in data["names"]:
        shown = f"{name['name']} {name['type']}"
        for answer in name["answers"]:
            share = answer["share"]
            where = answer["region"] or ("any" if share is None else f"{share:.1%} of all")
            addresses = ", ".join(answer["addresses"]) or "none"
            cells = (shown, name["policy"], where, addresses, answer["why"])
            table.add_row(*(Text(render.visible(cell)) for cell in cells))
            shown = ""
    console.print(table)
    console.print(Text(_where(data), style="dim"), soft_wrap=True)
    console.print()


def _where(data: Json) -> str:
    server = data["server"]
    if server is None:
        return "Nobody answers for these names: start with --dns 127.0.0.1:5353"
    at = f"{server['address']} port {server['port']}"
    return f"Answered at {at}" if data["listening"] else f"Not answered: {at} cannot be had"


def dig_line(server: Json, name: str) -> str:
    """A line to try."""
    return f"dig @{server['address']} -p {server['port']} {name}"


def print_resolved(console: Console, data: Json) -> None:
    """One answer."""
    console.print(Text(f"{data['name']} {data['type']}", style="bold"), end="")
    answer = ", ".join(data["addresses"]) or "no address"
    console.print(Text(f"  {answer}", style="bold green" if data["addresses"] else "bold red"))
    region = data["region"] or "unknown"
    rows = [
        ("client", f"{data['client']}, region {region} ({data['range'] or 'no range'})"),
        ("policy", f"{data['policy']}, {data['object']}"),
        ("why", data["why"]),
        ("ttl", f"{data['ttl']} s"),
    ]
    for title, value in rows:
        console.print(Text(f"  {title:<7} {render.visible(value)}"), soft_wrap=True)
