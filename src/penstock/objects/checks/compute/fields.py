"""What the field table says about a resource: enumerations, and fields without effect."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import msgspec

from penstock.model import FieldPath, FindingCode, format_path
from penstock.objects.checks.compute.common import one_of
from penstock.objects.compute import codes
from penstock.objects.compute.base import ComputeResource
from penstock.objects.compute.fields import FIELDS
from penstock.objects.compute.fields.row import NOT_YET, OUTPUT, SILENT, FieldRow
from penstock.objects.dns.fields import FIELDS as DNS_FIELDS
from penstock.objects.problem import Harm, Problem

_MOST_NAMES = 4
OneOf: TypeAlias = Callable[[FieldPath, str | None, Sequence[str]], Iterator[Problem]]
"""Checks a value of an enumeration."""


class _Found:
    """What a walk found: problems, and the first place of each field without effect, by reason."""

    def __init__(self, one_of: OneOf) -> None:
        self._one_of = one_of
        self.problems: list[Problem] = []
        self.idle: dict[tuple[bool, str], dict[str, FieldPath]] = {}

    def struct(self, value: msgspec.Struct, path: FieldPath, tell: bool) -> None:
        for attribute, row in _rows(type(value)):
            given = getattr(value, attribute)
            if given is not None:
                self._field(given, row, (*path, row.name), tell)

    def _field(self, given: Any, row: FieldRow, path: FieldPath, tell: bool) -> None:
        if row.values:
            self._enumeration(given, row, path)
        if tell and row.effect not in SILENT and _worth(given, row):
            reason = (row.effect is NOT_YET, row.note)
            self.idle.setdefault(reason, {}).setdefault(row.name, path)
        below = tell and row.effect in SILENT
        for place, item in _structs(given, path):
            self.struct(item, place, below)

    def _enumeration(self, given: Any, row: FieldRow, path: FieldPath) -> None:
        if isinstance(given, str):
            self.problems += self._one_of(path, given, row.values)
        for index, item in enumerate(given if isinstance(given, tuple) else ()):
            self.problems += self._one_of((*path, index), item, row.values)


def check_fields(
    resource: msgspec.Struct,
    one_of: OneOf = one_of,
    no_effect: FindingCode = codes.FIELD_NO_EFFECT,
) -> Iterator[Problem]:
    """Problems that the table of fields alone shows."""
    found = _Found(one_of)
    found.struct(resource, (), tell=_is_internal(resource))
    yield from found.problems
    for (yet, note), places in found.idle.items():
        yield _idle(list(places.values()), yet, note, no_effect)


def _is_internal(resource: msgspec.Struct) -> bool:
    """Whether what the table says about internal load balancers is about this resource."""
    return getattr(resource, "load_balancing_scheme", None) in (None, "INTERNAL_MANAGED")


def _idle(places: list[FieldPath], yet: bool, note: str, code: FindingCode) -> Problem:
    names = [f"`{format_path(path)}`" for path in places[:_MOST_NAMES]]
    if len(places) > _MOST_NAMES:
        names.append(f"{len(places) - _MOST_NAMES} more")
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    verb = "has" if len(places) == 1 else "have"
    message = f"{listed} {verb} no effect here{' yet' if yet else ''}: {note}."
    return Problem(code, places[0], message, harm=Harm.NOTHING)


@functools.cache
def _rows(kind: type[msgspec.Struct]) -> tuple[tuple[str, FieldRow], ...]:
    """Attributes that need a look, with their rows."""
    attributes = {field.encode_name: field.name for field in msgspec.structs.fields(kind)}
    common = FIELDS[ComputeResource] if issubclass(kind, ComputeResource) else ()
    own = FIELDS.get(kind) or DNS_FIELDS.get(kind) or ()
    return tuple((attributes[row.name], row) for row in (*common, *own))


def _worth(given: Any, row: FieldRow) -> bool:
    """Whether a value says more than what the API prints when nobody wrote anything."""
    if isinstance(given, msgspec.Struct):
        return any(
            getattr(given, attribute) is not None and _worth(getattr(given, attribute), below)
            for attribute, below in _rows(type(given))
            if below.effect is not OUTPUT
        )
    return bool(given) and given not in row.usual


def _structs(given: Any, path: FieldPath) -> Iterator[tuple[FieldPath, msgspec.Struct]]:
    if isinstance(given, msgspec.Struct):
        yield path, given
    elif isinstance(given, tuple):
        for index, item in enumerate(given):
            if isinstance(item, msgspec.Struct):
                yield (*path, index), item
