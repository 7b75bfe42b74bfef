"""What the Compute API says to what it refuses, in its own form and words.

``Invalid value for field 'resource.timeoutSec': '0'. Must be greater than or equal to 1.``
and ``Required field 'resource.name' not specified`` are the texts of its HTTP 400
answers; the field's path counts from the resource in the request's body.
"""

from __future__ import annotations

import re
from typing import Any

from penstock.model import FieldPath, format_path
from penstock.objects.compute import codes
from penstock.objects.problem import Harm, Problem

_LONGEST = 80
_SECRET = frozenset({"privateKey"})
NAME_REGEX = "(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)"
"""What the API wants names to match."""
_NAME = re.compile(NAME_REGEX)


def is_name(text: str) -> bool:
    """Whether the API takes a text for a resource's name."""
    return _NAME.fullmatch(text) is not None


def field(path: FieldPath) -> str:
    """A field's name in messages: ``resource.pathMatchers[0].name``."""
    written = format_path(path)
    if not written:
        return "resource"
    return f"resource{written}" if written.startswith("[") else f"resource.{written}"


def shown(path: FieldPath, value: Any) -> str:
    """A value as messages show it; never a key."""
    if _SECRET.intersection(path):
        return "(not shown)"
    match value:
        case bool():
            text = str(value).lower()
        case dict() | list():
            text = ""
        case None:
            text = ""
        case _:
            text = str(value)
    if "PRIVATE KEY" in text:
        return "(not shown)"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def invalid(
    path: FieldPath, value: Any, reason: str, hint: str = "", harm: Harm = Harm.LEAVES_OUT
) -> Problem:
    """A value that is not allowed; `reason` is a whole sentence."""
    message = f"Invalid value for field '{field(path)}': '{shown(path, value)}'. {reason}"
    return Problem(codes.INVALID_VALUE, path, message, hint, harm)


def required(path: FieldPath, name: str, hint: str = "") -> Problem:
    """A field below `path` that has to be there."""
    message = f"Required field '{field((*path, name))}' not specified."
    return Problem(codes.MISSING_FIELD, path, message, hint, absent=(name,))


def address_in_use(address: str) -> str:
    """Why a forwarding rule cannot have an address; whose it is, may follow."""
    return (
        f"IP_IN_USE_BY_ANOTHER_RESOURCE - IP '{address}' is already being used by another resource"
    )


def unknown(path: FieldPath, hint: str, meant: str) -> Problem:
    """A field that the API does not have; the last step of `path` is its name."""
    message = (
        f'Invalid JSON payload received. Unknown name "{str(path[-1])[:_LONGEST]}" at '
        f"'{field(path[:-1])}': Cannot find field."
    )
    return Problem(codes.UNKNOWN_FIELD, path, message, hint, Harm.NOTHING, meant=meant)
