"""Types of the kinds' fields against those of an API's discovery document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import inspect

_TYPES = {
    "string": inspect.StrType,
    "integer": inspect.IntType,
    "number": inspect.FloatType,
    "boolean": inspect.BoolType,
    "array": inspect.VarTupleType,
}


def check_types(
    kind: type[msgspec.Struct],
    schema: Mapping[str, Any],
    formats: Mapping[str, type[inspect.Type]] | None = None,
) -> None:
    """Every field has the type that the schema says; `formats` are types that only those tell."""
    tree = inspect.type_info(kind)
    assert isinstance(tree, inspect.StructType)
    for field in tree.fields:
        of = schema.get(field.encode_name)
        if of is None or "$ref" in of or of.get("type") == "object":
            continue
        wanted = (formats or {}).get(of.get("format", "")) or _TYPES[of["type"]]
        options = field.type.types if isinstance(field.type, inspect.UnionType) else (field.type,)
        assert any(isinstance(option, wanted) for option in options), field.encode_name
