"""The tables of annotations and fields in docs/gke.md, from the tables in code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docs_fields import NoMarkersError

MARKERS = (
    (
        "<!-- annotations: written by `make docs` from src/penstock/dialects/gke -->",
        "<!-- annotations: end -->",
    ),
    (
        "<!-- fields: written by `make docs` from src/penstock/objects/gke/fields.py -->",
        "<!-- fields: end -->",
    ),
)
PAGE = Path(__file__).resolve().parent.parent / "docs" / "gke.md"


def gke_page() -> str:
    """docs/gke.md: what people wrote, with the tables between their markers as code has them.

    Raises:
        NoMarkersError: markers are missing or in the wrong order.
    """
    text = PAGE.read_text(encoding="utf-8")
    for (begin, end), table in zip(MARKERS, (_annotations(), _fields()), strict=True):
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise NoMarkersError(f"docs/gke.md: write the lines {begin!r} and {end!r}")
        text = f"{before}{begin}\n\n{table}\n{end}{after}"
    return text


def _annotations() -> str:
    from penstock.dialects.gke.annotations import ROWS, Place

    lines: list[str] = []
    for place in Place:
        rows = [row for row in ROWS if row.place is place]
        lines += [f"### {place.value}", ""]
        if place is Place.LOAD_BALANCER:
            names = ", ".join(f"`{row.name}`" for row in rows)
            lines += [f"Known, and nothing to do with Ingresses: {names}.", ""]
            continue
        lines += ["| annotation | value | default | Penstock | |", "|---|---|---|---|---|"]
        for row in rows:
            cells = (f"`{row.name}`", row.type, row.default, row.effect.value, _cell(row.note))
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def _fields() -> str:
    from penstock.objects.gke.fields import FIELDS

    lines: list[str] = []
    for kind, rows in FIELDS.items():
        lines += [f"#### {kind.__name__}", "", *_table(rows), ""]
    return "\n".join(lines)


def _table(rows: Any) -> Iterator[str]:
    yield "| field | external | internal | |"
    yield "|---|---|---|---|"
    for row in rows:
        effects = f"{row.external.value} | {row.internal.value}"
        yield f"| `{row.name}` | {effects} | {_cell(row.note)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
