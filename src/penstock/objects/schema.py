"""Walks an object's value beside its type and names every single mismatch.

`msgspec` stops at the first error; this walk goes on.  It is only taken when
the fast way failed.  What it returns holds no unknown fields, no nulls where
null means absent, and none of the parts that are to be left out.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from typing import Any

import msgspec
from msgspec import inspect

from penstock.model import FieldPath
from penstock.objects import codes
from penstock.objects.known_fields import FIELDS
from penstock.objects.mending import mend
from penstock.objects.meta import Resource
from penstock.objects.problem import Harm, Problem
from penstock.objects.suggest import nearest
from penstock.objects.unknown import misspelt, unknown_field

FAILED: Any = object()
"""Stands for a part that cannot be of its type."""

TextAt = Callable[[FieldPath], str | None]
"""The scalar at a path as it is written."""

_LARGEST = 2**63 - 1


@functools.cache
def type_of(kind: type[Resource]) -> inspect.StructType:
    """The type tree of a kind."""
    tree = inspect.type_info(kind)
    assert isinstance(tree, inspect.StructType)
    return tree


_CREDENTIALS = frozenset({"oauthclientCredentials", "signedUrlKeys"})
"""Fields of a BackendConfig below which (and in whose place) passwords and keys stand."""


class Walk:
    """One walk over one object; `problems` and `kept` fill as it goes."""

    def __init__(
        self, kind: type[Resource], text_at: TextAt, dropped: Collection[FieldPath] = ()
    ) -> None:
        self.kind = kind
        self.text_at = text_at
        self.dropped = dropped
        self.problems: list[Problem] = []
        self.kept: dict[FieldPath, tuple[int, ...]] = {}
        self._secret = kind.KIND == "Secret"

    def run(self, value: Any) -> Any:
        """The value, cleaned; `FAILED` if it cannot be of the kind."""
        return self._value(type_of(self.kind), value, ())

    def _value(self, of: inspect.Type, value: Any, path: FieldPath) -> Any:
        match of:
            case inspect.UnionType():
                return self._union(of, value, path)
            case inspect.StructType():
                return self._struct(of, value, path)
            case inspect.VarTupleType():
                return self._list(of, value, path)
            case inspect.DictType():
                return self._dict(of, value, path)
            case inspect.AnyType():
                return value
        return value if _is(of, value) else self._wrong(of, value, path)

    def _union(self, of: inspect.UnionType, value: Any, path: FieldPath) -> Any:
        options = [option for option in of.types if not isinstance(option, inspect.NoneType)]
        if value is None:
            return None
        if len(options) == 1:
            return self._value(options[0], value, path)
        if any(_is(option, value) for option in options):
            return value
        return self._wrong(of, value, path)

    def _struct(self, of: inspect.StructType, value: Any, path: FieldPath) -> Any:
        if not isinstance(value, dict):
            return self._wrong(of, value, path)
        fields = {field.encode_name: field for field in of.fields}
        self._unknown(of, fields, value, path)
        out: dict[str, Any] = {}
        failed = False
        for name, field in fields.items():
            here = (*path, name)
            given = value.get(name)
            if here in self.dropped or given is None:
                failed |= field.required and self._missing(name, path, value)
                continue
            built = self._value(field.type, given, here)
            if built is FAILED:
                failed |= field.required
            else:
                out[name] = built
        return FAILED if failed else out

    def _unknown(
        self,
        of: inspect.StructType,
        fields: Collection[str],
        value: dict[str, Any],
        path: FieldPath,
    ) -> None:
        for name in value:
            if name in fields or name in FIELDS.get(of.cls, ()):
                continue
            if of.forbid_unknown_fields:
                problem = unknown_field(type_of(self.kind), list(fields), value, path, name)
                self.problems.extend([problem] if problem else [])
            elif of.cls in FIELDS:
                self._maybe_misspelt(of.cls, path, name)

    def _maybe_misspelt(self, cls: type[msgspec.Struct], path: FieldPath, name: str) -> None:
        meant = nearest(name, FIELDS[cls])
        if meant:
            holder = f"`{path[-1]}`" if path and isinstance(path[-1], str) else "this list item"
            self.problems.append(misspelt((*path, name), holder, meant))

    def _missing(self, name: str, path: FieldPath, value: dict[str, Any]) -> bool:
        if (*path, name) not in self.dropped:
            if name in value:
                message, where = f"`{name}` has no value.", (*path, name)
                self.problems.append(Problem(codes.MISSING_FIELD, where, message))
            else:
                message = f"`{name}` is missing."
                self.problems.append(Problem(codes.MISSING_FIELD, path, message, absent=(name,)))
        return True

    def _list(self, of: inspect.VarTupleType, value: Any, path: FieldPath) -> Any:
        if not isinstance(value, list):
            return self._wrong(of, value, path)
        out, kept = [], []
        for index, item in enumerate(value):
            here = (*path, index)
            if here in self.dropped:
                continue
            built = self._item(of.item_type, item, here)
            if built is not FAILED:
                out.append(built)
                kept.append(index)
        if len(kept) < len(value):
            self.kept[path] = tuple(kept)
        return out

    def _item(self, of: inspect.Type, item: Any, path: FieldPath) -> Any:
        if item is None and not isinstance(of, inspect.AnyType):
            message = "This list item is empty."
            self.problems.append(Problem(codes.WRONG_TYPE, path, message, "Remove the dash."))
            return FAILED
        return self._value(of, item, path)

    def _dict(self, of: inspect.DictType, value: Any, path: FieldPath) -> Any:
        if not isinstance(value, dict):
            return self._wrong(of, value, path)
        out = {}
        for key, item in value.items():
            here = (*path, key)
            if here in self.dropped:
                continue
            built = self._entry(of.value_type, item, here)
            if built is not FAILED:
                out[key] = built
        return out

    def _entry(self, of: inspect.Type, item: Any, path: FieldPath) -> Any:
        options = of.types if isinstance(of, inspect.UnionType) else (of,)
        if not any(isinstance(option, inspect.StrType) for option in options):
            return self._value(of, item, path)
        if item is None:
            return ""
        if isinstance(item, bool | int | float):
            return self._as_text(item, path)
        return self._value(of, item, path)

    def _as_text(self, item: bool | float, path: FieldPath) -> str:
        text = self.text_at(path) or str(item).lower()
        what = "a boolean" if isinstance(item, bool) else "a number"
        name = path[-1]
        message = (
            f"The value of `{name}` must be text, but unquoted it is {what}: Kubernetes refuses "
            "the object. Penstock reads it as text."
        )
        hint = (
            "Put the value in quotes." if self._is_secret(path) else f'Quote it: {name}: "{text}"'
        )
        self.problems.append(Problem(codes.NOT_TEXT, path, message, hint, Harm.NOTHING))
        return text

    def _is_secret(self, path: FieldPath) -> bool:
        """Whether a value there is not to be shown."""
        return self._secret or not _CREDENTIALS.isdisjoint(path)

    def _wrong(self, of: inspect.Type, value: Any, path: FieldPath) -> Any:
        name = f"`{path[-1]}`" if path and isinstance(path[-1], str) else "This list item"
        is_what, hint = "a value of another type", ""
        if not self._is_secret(path):
            # `name: y` is the boolean true: show what stands there.
            text = self.text_at(path) if isinstance(value, bool | int | float) else None
            said = (
                f" (unquoted {text[:40]})"
                if text and text not in (str(value), "true", "false")
                else ""
            )
            is_what = describe(value) + said
            hint = mend(of, value, path, text)
        message = f"{name} must be {wanted(of)}, but it is {is_what}."
        self.problems.append(Problem(codes.WRONG_TYPE, path, message, hint))
        return FAILED


def _is(of: inspect.Type, value: Any) -> bool:
    match of:
        case inspect.StrType():
            return isinstance(value, str)
        case inspect.BoolType():
            return isinstance(value, bool)
        case inspect.IntType():
            return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST
        case inspect.FloatType():
            return isinstance(value, int | float) and not isinstance(value, bool)
    return False


def wanted(of: inspect.Type) -> str:
    """A type in words."""
    match of:
        case inspect.StrType():
            return "text"
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType():
            return "a whole number"
        case inspect.FloatType():
            return "a number"
        case inspect.VarTupleType():
            return "a list"
        case inspect.UnionType():
            return "a whole number or text"
    return "a mapping of keys to values"


def describe(value: Any) -> str:
    """A value in words; long texts are cut."""
    match value:
        case None:
            return "empty"
        case bool():
            return "the boolean true" if value else "the boolean false"
        case int() | float():
            return f"the number {str(value)[:40]}"
        case str():
            return f'the text "{value if len(value) <= 40 else value[:37] + "..."}"'
        case list():
            return "a list"
    return "a mapping"
