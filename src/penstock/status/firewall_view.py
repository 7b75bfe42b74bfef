"""`penstock show firewall` as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from penstock.status.report import Json
from penstock.status.words import visible

_MANY = 8


def print_firewall(console: Console, rows: Sequence[Json]) -> None:
    """One row for each kind of connections, with what it is because of; ranges and addresses
    are for copying, so the console has to be wide enough."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in ("From", "In Google Cloud from", "To", "Port", "Because of"):
        table.add_column(column, no_wrap=True)
    for row in rows:
        table.add_row(
            _sources(row),
            Text("\n".join(row["fromGoogleCloud"])),
            _some(row["to"]),
            Text(f"{row['protocol']} {', '.join(map(str, row['ports']))}"),
            Text(visible(row["because"]).replace(" of ", "\nof ")),
        )
    if rows:
        console.print(table)
    else:
        console.print("nothing: no load balancer listens", highlight=False)


def _sources(row: Json) -> Text:
    text = Text("\n".join(row["from"]))
    if row["refused"]:
        text.append("\nbut refused: ", style="dim").append(_some(row["refused"], ", "))
    return text


def _some(items: Sequence[str], separator: str = "\n") -> Text:
    shown = separator.join(visible(item) for item in items[:_MANY])
    more = len(items) - _MANY
    return Text(shown + (f"{separator}… and {more} more" if more > 0 else ""))
