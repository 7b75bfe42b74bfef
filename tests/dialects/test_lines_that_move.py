"""Where things are written now: text above an object moves its lines, and nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import golden_cases
import msgspec
import pytest
from golden_cases import Case, options, parse

from penstock.dialects import Translator, translate
from penstock.model import Origin
from penstock.objects.world import World

CASES = [
    case
    for dialect in ("compute", "gke", "ingress")
    for case in golden_cases.all_cases(Path(__file__).parent / dialect / "cases")
]
BETWEEN = "\n---\n"


def origins(value: Any, path: str = "") -> Iterator[tuple[str, Origin]]:
    """Every origin in a value, with its place there."""
    if isinstance(value, Origin):
        yield path, value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from origins(getattr(value, name), f"{path}.{name}")
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from origins(getattr(value, field.name), f"{path}.{field.name}")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from origins(item, f"{path}[{key}]")
    elif isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        for number, item in enumerate(value):
            yield from origins(item, f"{path}[{number}]")


def lines(value: Any) -> dict[str, int]:
    found = ((path, origin.position) for path, origin in origins(value))
    return {path: position.line for path, position in found if position is not None}


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(case.path.parts[-3::2]))
def test_settings_are_on_the_lines_that_they_are_on_now(case: Case) -> None:
    """One document after the other moves; what is remembered must say so wherever it says it."""
    opts = options(**case.options)
    documents = (case.path / "in.yaml").read_text().split(BETWEEN)
    read = [parse(document).objects for document in documents]
    translator = Translator(opts)
    translator.translate(world := World([obj for objects in read for obj in objects]))
    for number, document in enumerate(documents):
        read[number] = parse("# moved\n" * (number + 1) + document).objects
        world = World([obj for objects in read for obj in objects], world)
        assert lines(translator.translate(world)) == lines(translate(world, opts))
