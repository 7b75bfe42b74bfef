"""Tables with long names, for narrow terminals too: nothing in them is ever cut.

What several rows belong to stands above them on a line of its own. The last column
is for sentences: one that does not fit beside its row goes below it, indented.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

_GAP = 2
_INDENT = 2


class Column(NamedTuple):
    """A column's title, and whether it has figures, which are set flush right."""

    title: str
    is_figure: bool = False


class Section(NamedTuple):
    """Rows, and the name that they belong to."""

    title: str
    rows: Sequence[Sequence[Text]]


def print_listing(console: Console, columns: Sequence[Column], sections: Sequence[Section]) -> None:
    """All sections, with columns of the same widths; nothing if there is no section.

    Where no terminal is, every row is one line, whatever its length: programs read lines.
    """
    if not sections:
        return
    widths = _widths(columns, sections)
    room = console.width if console.is_terminal else None
    head = _row(columns, [Text(column.title) for column in columns], widths, room)
    _print(console, Text(head.plain, style="bold"))
    rows = [_row(columns, row, widths, room) for each in sections for row in each.rows]
    longest = max(cell_len(line) for row in rows for line in row.plain.split("\n"))
    title = max(map(cell_len, head.plain.split("\n")))
    _print(console, Text("─" * max(min(longest, console.width), title)))
    for section in sections:
        _print(console, Text(section.title, style="bold"))
        for row in section.rows:
            _print(console, _row(columns, row, widths, room))


def age(since: float, now: float | None = None) -> str:
    """How long ago a moment was, as people say it: ``40 s``, ``2 min``, ``3 h``, ``5 d``."""
    seconds = max((time.time() if now is None else now) - since, 0)
    for limit, size, unit in ((60, 1, "s"), (3600, 60, "min"), (86400, 3600, "h")):
        if seconds < limit:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds // 86400)} d"


def short(name: str, beside: str) -> str:
    """A name without the places at its front that the name beside it has, too."""
    parts, others = name.split("/"), beside.split("/")
    common = 0
    while common < min(len(parts) - 2, len(others) - 1) and parts[common] == others[common]:
        common += 1
    return "/".join(parts[common:])


def _widths(columns: Sequence[Column], sections: Sequence[Section]) -> list[int]:
    """Of all columns but the last."""
    rows = [row for section in sections for row in section.rows]
    return [
        max(cell_len(column.title), *(cell_len(row[at].plain) for row in rows))
        for at, column in enumerate(columns[:-1])
    ]


def _row(
    columns: Sequence[Column], row: Sequence[Text], widths: Sequence[int], room: int | None
) -> Text:
    line = _line(columns, row, widths)
    if room is None or cell_len(line.plain) <= room or not row[-1].plain:
        return line
    line = _line(columns, [*row[:-1], Text()], widths)
    indent = " " * 3 * _INDENT
    below = row[-1].wrap(Console(width=room), max(room - len(indent), 1))
    for part in below:
        part.rstrip()
    return Text("\n").join([line, *(Text(indent) + part for part in below)])


def _line(columns: Sequence[Column], row: Sequence[Text], widths: Sequence[int]) -> Text:
    line = Text(" " * _INDENT)
    for column, cell, width in zip(columns, row, widths, strict=False):
        filling = " " * (width - cell_len(cell.plain))
        line.append_text(Text(filling) + cell if column.is_figure else cell + Text(filling))
        line.append(" " * _GAP)
    line.append_text(row[-1])
    line.rstrip()
    return line


def _print(console: Console, line: Text) -> None:
    console.print(line, soft_wrap=True, highlight=False)
