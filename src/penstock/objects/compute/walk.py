"""The walk over a Compute resource: numbers as the API's JSON has them, problems in its words.

The API prints 64-bit integers as strings and reads every number in both forms
(proto3's JSON mapping), so both are read here.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection
from typing import Any

from msgspec import inspect

from penstock.model import FieldPath
from penstock.objects.compute.wording import invalid, required, shown, unknown
from penstock.objects.problem import Harm, Problem
from penstock.objects.schema import FAILED, Walk, type_of, wanted
from penstock.objects.unknown import unknown_field

_WHOLE = re.compile(r"[-+]?[0-9]{1,20}", re.ASCII)
_NUMBER = re.compile(r"[-+]?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][-+]?[0-9]{1,3})?", re.ASCII)
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1
_NOT_WRITTEN = frozenset({"metadata"})


def as_int(value: Any) -> int | None:
    """A whole number, written as a number or as a string; None if it is none."""
    integral = isinstance(value, float) and value.is_integer()
    if integral or (isinstance(value, str) and _WHOLE.fullmatch(value)):
        value = int(value)
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and _SMALLEST <= value <= _LARGEST else None


def as_float(value: Any) -> float | None:
    """A number, written as a number or as a string; None if it is none."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < float("inf") else None


class ComputeWalk(Walk):
    """One walk over one Compute resource."""

    def run(self, value: Any) -> Any:
        """The value, cleaned; `FAILED` if it cannot be of the kind."""
        if isinstance(value, dict):
            extra = _NOT_WRITTEN & value.keys()
            self.problems += [self.say_unknown((name,), _hint(name), "") for name in sorted(extra)]
            value = {key: item for key, item in value.items() if key not in extra}
        return super().run(value)

    def _value(self, of: inspect.Type, value: Any, path: FieldPath) -> Any:
        match of:
            case inspect.IntType():
                number = as_int(value)
                return self._wrong(of, value, path) if number is None else number
            case inspect.FloatType():
                real = as_float(value)
                return self._wrong(of, value, path) if real is None else real
            case inspect.UnionType() if isinstance(value, dict):
                structs = [each for each in of.types if isinstance(each, inspect.StructType)]
                return super()._value(structs[0] if structs else of, value, path)
        return super()._value(of, value, path)

    def _unknown(
        self,
        of: inspect.StructType,
        fields: Collection[str],
        value: dict[str, Any],
        path: FieldPath,
    ) -> None:
        for name in value:
            if name in fields:
                continue
            known = [field for field in fields if field not in _NOT_WRITTEN]
            problem = unknown_field(type_of(self.kind), known, value, path, name)
            if problem is not None:
                said = self.say_unknown(problem.path, problem.hint, problem.meant)
                self.problems.append(dataclasses.replace(said, harm=problem.harm))

    def _missing(self, name: str, path: FieldPath, value: dict[str, Any]) -> bool:
        if (*path, name) not in self.dropped:
            self.problems.append(self.say_required(path, name))
        return True

    def _as_text(self, item: bool | float, path: FieldPath) -> str:
        text = self.text_at(path) or str(item).lower()
        reason = f"Must be text; Penstock reads it as '{text[:40]}'."
        quoted = "Put it in quotes."
        self.problems.append(self.say_invalid(path, text, reason, quoted, Harm.NOTHING))
        return text

    def say_invalid(
        self,
        path: FieldPath,
        value: Any,
        reason: str,
        hint: str = "",
        harm: Harm = Harm.LEAVES_OUT,
    ) -> Problem:
        """A value that is not allowed, in the API's words."""
        return invalid(path, value, reason, hint, harm)

    def say_required(self, path: FieldPath, name: str) -> Problem:
        """A field that is missing, in the API's words."""
        return required(path, name)

    def say_unknown(self, path: FieldPath, hint: str, meant: str) -> Problem:
        """A field that is not known, in the API's words."""
        return unknown(path, hint, meant)

    def _wrong(self, of: inspect.Type, value: Any, path: FieldPath) -> Any:
        text = self.text_at(path) if isinstance(value, bool | int | float) else None
        given = text if text is not None else value
        hint = ""
        if isinstance(of, inspect.StrType) and text is not None:
            key = f"{path[-1]}: " if path and isinstance(path[-1], str) else ""
            hint = f'Quote it: {key}"{shown(path, text)}"'
        self.problems.append(self.say_invalid(path, given, f"Must be {wanted(of)}.", hint))
        return FAILED


def _hint(name: str) -> str:
    return f"Compute resources are flat: write what is under {name} beside kind, without {name}."
