"""Annotation tables: what a row says, and how an object's annotations are read with them.

Every annotation that is recognised has one row; validation, "did you mean",
documentation and the coverage test read the same rows.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from penstock.dialects.ingress import codes
from penstock.model import Finding, Origin, Severity
from penstock.objects.meta import Object
from penstock.objects.suggest import nearest


class ValueKind(enum.StrEnum):
    """What an annotation's value must look like."""

    BOOL = "bool"
    INTEGER = "integer"
    SIZE = "size"
    TEXT = "text"


class Scope(enum.StrEnum):
    """How far an annotation reaches in the product it comes from."""

    LOCATION = "the Ingress's own paths"
    HOST = "the Ingress's hosts"


class Annotation(NamedTuple):
    """One row: an annotation of a family, without the family's prefix."""

    name: str
    kind: ValueKind
    scope: Scope
    acts: bool = False
    """Whether Penstock does what it says."""
    harmless: frozenset[str] = frozenset()
    """Values that ask for what Penstock does anyway."""
    instead: str = ""
    """What Penstock does, or what to use, where it has no effect."""


class Family(NamedTuple):
    """All annotations of one prefix."""

    prefix: str
    rows: Mapping[str, Annotation]

    @property
    def names(self) -> tuple[str, ...]:
        """Every known name, sorted."""
        return tuple(sorted(self.rows))


_VALUES: Final = {
    # The words that Go's ParseBool takes, because that is what these families are read with.
    ValueKind.BOOL: re.compile(r"1|t|T|TRUE|true|True|0|f|F|FALSE|false|False"),
    ValueKind.INTEGER: re.compile(r"-?\d+"),
    ValueKind.SIZE: re.compile(r"\d+[kKmMgG]?"),
    ValueKind.TEXT: re.compile(r".*", re.DOTALL),
}


def is_true(text: str) -> bool:
    """Whether a bool annotation is on; words that are no bool are off."""
    return text in {"1", "t", "T", "TRUE", "true", "True"}


def values_of(family: Family, obj: Object[Any]) -> dict[str, str]:
    """The family's annotations of an object that act and are not empty, by short name."""
    found = {}
    for key, value in obj.annotations.items():
        if key.startswith(family.prefix):
            name = key[len(family.prefix) :]
            row = family.rows.get(name)
            if row is not None and row.acts and value:
                found[name] = value
    return found


def check_family(family: Family, obj: Object[Any]) -> Iterator[Finding]:
    """Findings for every annotation of the family that has no effect or is not known."""
    for key in sorted(obj.annotations):
        if key.startswith(family.prefix):
            origin = obj.origin("metadata", "annotations", key)
            finding = _check(family, key, obj.annotations[key], origin)
            if finding:
                yield finding


def _check(family: Family, key: str, value: str, origin: Origin) -> Finding | None:
    row = family.rows.get(key[len(family.prefix) :])
    if row is None:
        near = _near(key[len(family.prefix) :], family.names)
        hint = f"did you mean {family.prefix}{near}?" if near else ""
        return codes.UNKNOWN_ANNOTATION.at(origin, f"{key} is not a known annotation", hint)
    if not _VALUES[row.kind].fullmatch(value.strip()):
        message = f"{key} must be a value of type {row.kind.value}, not {value[:80]!r}"
        return codes.ANNOTATION_VALUE.at(origin, message, "it is ignored")
    if row.acts:
        return None
    return _no_effect(row, key, value.strip(), origin)


@lru_cache(maxsize=1024)
def _near(name: str, known: tuple[str, ...]) -> str | None:
    return nearest(name, known)


def _no_effect(row: Annotation, key: str, value: str, origin: Origin) -> Finding:
    if value in row.harmless or ("false" in row.harmless and _is_false(row, value)):
        message = f"{key} asks for what Penstock does anyway"
        return codes.NO_EFFECT.at(origin, message, "it can be left out", Severity.INFO)
    message = f"{key} is recognised but has no effect in Penstock yet"
    return codes.NO_EFFECT.at(origin, message, row.instead)


def _is_false(row: Annotation, value: str) -> bool:
    return row.kind is ValueKind.BOOL and not is_true(value)
