"""How a value is to be written that has another type than its field wants."""

from __future__ import annotations

import json
from typing import Any, Final

from msgspec import inspect

from penstock.model import FieldPath

_LONGEST: Final = 80
"""More of a value is not shown."""


def mend(of: inspect.Type, value: Any, path: FieldPath, text: str | None) -> str:
    """A hint, empty if there is none; `text` is how a number or boolean is written."""
    # What is wrong in a list has no key.
    name = f"{path[-1]}: " if path and isinstance(path[-1], str) else ""
    match of, value:
        case inspect.IntType(), str() if value.strip().isdecimal():
            return f"Write it without quotes: {name}{value.strip()}"
        case inspect.BoolType(), str() if value.lower() in ("true", "false"):
            return f"Write it without quotes: {name}{value.lower()}"
        case inspect.StrType(), bool() | int() | float():
            return f'Quote it: {name}"{text or value}"'
        case inspect.StrType(), dict() | list() if "annotations" in path[-2:-1]:
            return _quoted_json(name, value)
        case inspect.StrType(), dict() if len(value) == 1 and not name:
            return _quoted_line(value)
        case inspect.VarTupleType(), dict() | str():
            return "Start each item with `- `."
        case inspect.StructType(), str() if ":" in value and ": " not in value:
            return "Put a space after the colon."
        case inspect.StructType() | inspect.DictType(), list():
            return "Remove the `- `."
    return ""


def _quoted_json(name: str, value: dict[Any, Any] | list[Any]) -> str:
    """JSON without quotes is a mapping or list to YAML."""
    written = json.dumps(value, default=str)
    if len(written) > _LONGEST:
        return "Put the JSON in single quotes."
    quoted = written.replace("'", "''")
    return f"Quote it: {name}'{quoted}'"


def _quoted_line(value: dict[Any, Any]) -> str:
    """``Name: value`` in a list of texts is a mapping to YAML."""
    [(key, word)] = value.items()
    fits = isinstance(word, str) and len(word) <= _LONGEST
    return f'Quote it: "{key}: {word}"' if fits else ""
