"""Rows of the table that `penstock explain` prints: what, how and why, who wrote it."""

from __future__ import annotations

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from penstock.status.report import Json

_GAP = 2
"""Spaces between columns."""


def place(origin: Json | None) -> Text:
    """Who wrote it, as short as one can act on it."""
    if origin is None:
        return Text("")
    if origin["defaultOf"]:
        return Text(f"default of {origin['defaultOf']}")
    if not origin["file"]:
        return Text(origin["text"])
    line = f":{origin['line']}" if origin["line"] else ""
    annotation = f" {origin['annotation']}" if origin["annotation"] else ""
    return Text(f"{origin['file']}{line}{annotation}")


def row(table: Table, label: str, value: str | Text, origin: Json | None = None) -> None:
    """One line: what, how, who."""
    shown = value if isinstance(value, Text) else Text(value)
    table.add_row(Text(label, style="bold"), shown, place(origin))


def print_rows(console: Console, table: Table) -> None:
    """The table, or, where its third column has no room for the longest place, the place at the
    right end of the row or of a line of its own: a place that is broken cannot be copied."""
    labels, values, places = (
        [cell for cell in column.cells if isinstance(cell, Text)] for column in table.columns
    )
    label_width = max((cell_len(label.plain) for label in labels), default=0) + _GAP
    longest = max((cell_len(each.plain) for each in places), default=0)
    if longest <= (console.width - label_width - _GAP) * 2 // 5:
        console.print(table, highlight=False)
        return
    room = max(console.width - label_width, 1)
    for label, value, each in zip(labels, values, places, strict=True):
        start = label + Text(" " * (label_width - cell_len(label.plain)))
        for line in _with_place(value, each, room):
            console.print(start + line, highlight=False, soft_wrap=True)
            start = Text(" " * label_width)


def _with_place(value: Text, origin: Text, room: int) -> list[Text]:
    lines = list(value.wrap(Console(width=room), room)) or [Text()]
    for line in lines:
        line.rstrip()
    width = cell_len(origin.plain)
    if not width:
        return lines
    if cell_len(lines[-1].plain) + _GAP + width > room:
        lines.append(Text())
    filling = Text(" " * max(room - cell_len(lines[-1].plain) - width, 0))
    lines[-1] = lines[-1] + filling + Text(origin.plain, style="dim")
    return lines


def why(value: str | Text, reason: str) -> Text:
    """A value with its reason behind it."""
    return Text.assemble(value, (f"  {reason}" if reason else "", "dim"))


def limit(table: Table, what: str, setting: Json) -> None:
    """A time limit."""
    row(table, "", f"{what} {seconds(setting)}", setting["origin"])


def seconds(setting: Json) -> str:
    """A time limit as people write it."""
    return f"{setting['seconds']:g} s" if setting["seconds"] else "without limit"
