"""Rows of the table that `penstock explain` prints: what, how and why, who wrote it."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from penstock.status.report import Json


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


def why(value: str | Text, reason: str) -> Text:
    """A value with its reason behind it."""
    return Text.assemble(value, (f"  {reason}" if reason else "", "dim"))


def limit(table: Table, what: str, setting: Json) -> None:
    """A time limit."""
    row(table, "", f"{what} {seconds(setting)}", setting["origin"])


def seconds(setting: Json) -> str:
    """A time limit as people write it."""
    return f"{setting['seconds']:g} s" if setting["seconds"] else "without limit"
