"""The tables of every field in docs/internal-alb.md and docs/dns.md, from the tables in code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

BEGIN = "<!-- fields: written by `make docs` from src/penstock/objects/compute/fields -->"
DNS_BEGIN = "<!-- fields: written by `make docs` from src/penstock/objects/dns/fields.py -->"
END = "<!-- fields: end -->"
DOCS = Path(__file__).resolve().parent.parent / "docs"


class NoMarkersError(Exception):
    """The page does not say where the table belongs."""


def internal_alb_page() -> str:
    """docs/internal-alb.md: what people wrote, with the table between its markers as code has it.

    Raises:
        NoMarkersError: the markers are missing or in the wrong order.
    """
    from penstock.objects.compute.base import ComputeResource
    from penstock.objects.compute.fields import FIELDS
    from penstock.objects.compute.fields.tested import TESTED

    return _page("internal-alb.md", BEGIN, fields_table(FIELDS, ComputeResource, TESTED))


def dns_page() -> str:
    """docs/dns.md, in the same way.

    Raises:
        NoMarkersError: the markers are missing or in the wrong order.
    """
    from penstock.objects.dns.base import DnsResource
    from penstock.objects.dns.fields import FIELDS
    from penstock.objects.dns.tested import TESTED

    return _page("dns.md", DNS_BEGIN, fields_table(FIELDS, DnsResource, TESTED))


def _page(name: str, marker: str, table: str) -> str:
    text = (DOCS / name).read_text(encoding="utf-8")
    before, begin, rest = text.partition(marker)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NoMarkersError(f"docs/{name}: write the lines {marker!r} and {END!r}")
    return f"{before}{marker}\n\n{table}\n{END}{after}"


def fields_table(fields: Any, base: Any, tested: Any) -> str:
    """One section for each schema; `base` is what all resources are."""
    lines: list[str] = []
    for kind, rows in fields.items():
        if kind is base:
            title = "All resources"
        elif issubclass(kind, base):
            title = f"`{kind.KIND}`"
        else:
            title = f"{kind.__name__}"
        level = "###" if issubclass(kind, base) else "####"
        lines += [f"{level} {title}", "", _doc(kind), "", *_table(kind, rows, tested), ""]
    return "\n".join(lines)


def _doc(kind: Any) -> str:
    return (kind.__doc__ or "").strip().splitlines()[0].replace("``", "`")


def _table(kind: Any, rows: Any, tested: Any) -> Iterator[str]:
    types = _types(kind)
    yield "| field | type | Penstock | | tested by |"
    yield "|---|---|---|---|---|"
    for row in rows:
        note = row.note.replace("|", "\\|")
        tests = _tests(kind, row.name, tested)
        yield f"| `{row.name}` | {types[row.name]} | {row.effect.value} | {note} | {tests} |"


def _tests(kind: Any, field: str, tested: Any) -> str:
    """Links to what tests a field."""
    from penstock.objects.compute.fields.tested import path_of

    tests = tested.get(kind.__name__, {}).items()
    paths = [Path(path_of(test)) for test, fields in tests if field in fields.split()]
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
