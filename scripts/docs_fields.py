"""The table of every Compute field in docs/internal-alb.md, from the table in code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

BEGIN = "<!-- fields: written by `make docs` from src/penstock/objects/compute/fields -->"
END = "<!-- fields: end -->"
PAGE = Path(__file__).resolve().parent.parent / "docs" / "internal-alb.md"


class NoMarkersError(Exception):
    """The page does not say where the table belongs."""


def internal_alb_page() -> str:
    """docs/internal-alb.md: what people wrote, with the table between its markers as code has it.

    Raises:
        NoMarkersError: the markers are missing or in the wrong order.
    """
    text = PAGE.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NoMarkersError(f"docs/internal-alb.md: write the lines {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n\n{fields_table()}\n{END}{after}"


def fields_table() -> str:
    """One section for each schema."""
    from penstock.objects.compute.base import ComputeResource
    from penstock.objects.compute.fields import FIELDS

    lines: list[str] = []
    for kind, rows in FIELDS.items():
        if kind is ComputeResource:
            title = "All resources"
        elif issubclass(kind, ComputeResource):
            title = f"`{kind.KIND}`"
        else:
            title = f"{kind.__name__}"
        level = "###" if issubclass(kind, ComputeResource) else "####"
        lines += [f"{level} {title}", "", _doc(kind), "", *_table(kind, rows), ""]
    return "\n".join(lines)


def _doc(kind: Any) -> str:
    return (kind.__doc__ or "").strip().splitlines()[0].replace("``", "`")


def _table(kind: Any, rows: Any) -> Iterator[str]:
    types = _types(kind)
    yield "| field | type | Penstock | | tested by |"
    yield "|---|---|---|---|---|"
    for row in rows:
        note = row.note.replace("|", "\\|")
        tests = _tests(kind, row.name)
        yield f"| `{row.name}` | {types[row.name]} | {row.effect.value} | {note} | {tests} |"


def _tests(kind: Any, field: str) -> str:
    """Links to what tests a field."""
    from penstock.objects.compute.fields.tested import proofs_of

    paths = [Path(path) for path in proofs_of(kind.__name__, field)]
    return ", ".join(f"[{path.stem.removeprefix('test_')}](../{path})" for path in paths)


def _types(kind: Any) -> dict[str, str]:
    from msgspec import inspect

    tree = inspect.type_info(kind)
    assert isinstance(tree, inspect.StructType)
    return {field.encode_name: _type(field.type) for field in tree.fields}


def _type(of: Any) -> str:
    """A type as the page shows it."""
    from msgspec import inspect

    match of:
        case inspect.UnionType():
            options = [each for each in of.types if not isinstance(each, inspect.NoneType)]
            return " or ".join(_type(each) for each in options)
        case inspect.VarTupleType():
            return f"list of {_type(of.item_type)}"
        case inspect.StructType():
            return str(of.cls.__name__)
        case inspect.DictType():
            return "mapping"
        case inspect.IntType():
            return "integer"
        case inspect.FloatType():
            return "number"
        case inspect.BoolType():
            return "boolean"
        case inspect.AnyType():
            return "any"
    return "string"
