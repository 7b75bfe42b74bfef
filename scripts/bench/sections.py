"""What a benchmark has found: one section of docs/benchmarks.md, also shown as text.

Every script makes one `Section`, prints it, and with `--json` writes it for
`report.py`, which puts the page together.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """Rows of text; the first column names the row."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Section:
    """A benchmark's method in short, its figures, and what one must know to read them."""

    name: str
    title: str
    method: tuple[str, ...]
    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()


def markdown(section: Section) -> str:
    """The section as it stands in docs/benchmarks.md."""
    parts = [f"## {section.title}", *section.method]
    for table in section.tables:
        parts += [f"**{table.title}**"] if table.title else []
        parts.append(_markdown_table(table))
    if section.notes:
        parts.append("\n".join(f"- {note}" for note in section.notes))
    return "\n\n".join(parts)


def _markdown_table(table: Table) -> str:
    rule = ("---", *["---:"] * (len(table.columns) - 1))
    return "\n".join("| " + " | ".join(row) + " |" for row in (table.columns, rule, *table.rows))


def text(section: Section) -> str:
    """The section for a terminal."""
    return "\n\n".join([section.title, *map(_text_table, section.tables), *section.notes])


def _text_table(table: Table) -> str:
    rows = (table.columns, *table.rows)
    widths = [max(len(row[i]) for row in rows) for i in range(len(table.columns))]
    lines = [table.title] if table.title else []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def load(path: Path) -> Section:
    """A section that `finish` wrote."""
    raw: dict[str, Any] = json.loads(path.read_text())
    tables = tuple(
        Table(item["title"], tuple(item["columns"]), tuple(map(tuple, item["rows"])))
        for item in raw["tables"]
    )
    return Section(raw["name"], raw["title"], tuple(raw["method"]), tables, tuple(raw["notes"]))


def add_json_option(parser: argparse.ArgumentParser) -> None:
    """`--json FILE`, the same for every script."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result for report.py")


def finish(section: Section, path: Path | None) -> None:
    """Print the section, and write it to `path` if there is one."""
    print(text(section))
    if path is not None:
        path.write_text(json.dumps(dataclasses.asdict(section)))
