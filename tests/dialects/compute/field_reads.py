"""Which fields of Compute resources the dialect reads, seen while it translates.

Python asks a class's `__getattribute__` for every attribute, so what is read is seen
whichever way code reads it; a list of names in the source would not tell the `name` of
one schema from the `name` of another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from penstock.objects.compute.base import ComputeResource
from penstock.objects.compute.fields import FIELDS

Field: TypeAlias = tuple[str, str]
"""Schema and field, as in code and as in JSON."""


@dataclass
class Reads:
    """What was read."""

    every: set[Field] = field(default_factory=set)
    written: set[Field] = field(default_factory=set)
    """Of those: fields that had a value of their own."""


@contextmanager
def watched(schemas: Iterable[type[msgspec.Struct]] = tuple(FIELDS)) -> Iterator[Reads]:
    """Watch every schema of the table of fields."""
    reads = Reads()
    kinds = [kind for kind in schemas if kind is not ComputeResource]
    for kind in kinds:
        _watch(kind, reads)
    try:
        yield reads
    finally:
        for kind in kinds:
            del kind.__getattribute__


def _watch(kind: type[msgspec.Struct], reads: Reads) -> None:
    shown = {each.name: each for each in msgspec.structs.fields(kind)}
    shared = {each.name for each in msgspec.structs.fields(ComputeResource)}
    common = shared if issubclass(kind, ComputeResource) else set()

    def read(self: Any, name: str) -> Any:
        value = object.__getattribute__(self, name)
        if (each := shown.get(name)) is not None:
            owner = ComputeResource.__name__ if name in common else kind.__name__
            reads.every.add((owner, each.encode_name))
            if value != each.default and value is not None:
                reads.written.add((owner, each.encode_name))
        return value

    kind.__getattribute__ = read  # type: ignore[assignment]
