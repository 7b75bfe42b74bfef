"""One row for each field of a schema: its values, and what Penstock does with it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TypeAlias

import msgspec


class Effect(enum.Enum):
    """What becomes of a field; the value is what documentation and findings say."""

    HONOURED = "honoured"
    CHECKED = "checked"
    """The value is checked, and decides nothing else."""
    NO_EFFECT = "no effect"
    DESCRIPTIVE = "descriptive"
    """For people and their scripts: nothing is expected to happen."""
    NOT_YET = "not yet"
    OUTPUT = "output only"
    """What the API adds to its answers; ignored where it is written."""
    NOT_INTERNAL = "not for internal load balancers"


HONOURED, CHECKED, NO_EFFECT = Effect.HONOURED, Effect.CHECKED, Effect.NO_EFFECT
NOT_YET, OUTPUT, NOT_INTERNAL = Effect.NOT_YET, Effect.OUTPUT, Effect.NOT_INTERNAL
DESCRIPTIVE = Effect.DESCRIPTIVE

SILENT = frozenset({HONOURED, CHECKED, OUTPUT, DESCRIPTIVE})
"""Effects that nobody needs to be told of."""


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field."""

    name: str
    """As in JSON."""
    effect: Effect
    note: str = ""
    """What it does, or why not."""
    usual: tuple[str | float, ...] = ()
    """Values that the API prints for what nobody wrote; they are not worth a finding."""
    values: tuple[str, ...] = ()
    """What an enumeration allows; empty for other types."""


Table: TypeAlias = dict[type[msgspec.Struct], tuple[FieldRow, ...]]


def row(
    name: str,
    effect: Effect,
    note: str = "",
    usual: tuple[str | float, ...] = (),
    values: str = "",
) -> FieldRow:
    """A row; `values` are words."""
    return FieldRow(name, effect, note, usual, tuple(values.split()))
