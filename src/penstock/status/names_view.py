"""Names of load balancers as text."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from penstock.status.listing import Column, Section, print_listing
from penstock.status.report import Json
from penstock.status.words import visible


def print_names(console: Console, data: Json | None) -> None:
    """The table of `penstock status`; nothing if there are no names."""
    if not data or not data["names"]:
        return
    columns = [Column("Clients of"), Column("Answer"), Column("Why")]
    print_listing(console, columns, [_section(name) for name in data["names"]])
    console.print(Text(_where(data), style="dim"), soft_wrap=True)
    console.print()


def _section(name: Json) -> Section:
    title = f"{name['name']} {name['type']}, policy {name['policy']}"
    return Section(visible(title), [_row(answer) for answer in name["answers"]])


def _row(answer: Json) -> list[Text]:
    share = answer["share"]
    where = answer["region"] or ("any" if share is None else f"{share:.1%} of all")
    addresses = ", ".join(answer["addresses"]) or "none"
    return [Text(visible(cell)) for cell in (where, addresses, answer["why"])]


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
        console.print(Text(f"  {title:<7} {visible(value)}"), soft_wrap=True)
