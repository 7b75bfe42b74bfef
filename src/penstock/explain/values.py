"""One value of a header or query parameter against one test of it.

The semantics are those of `penstock.model.ValueKind`, as Envoy has them.
"""

from __future__ import annotations

import re
from typing import Final

from penstock.explain.regexes import compiled
from penstock.model import HeaderMatch, QueryMatch, ValueKind

_INTEGER: Final = re.compile(r"[ \t]*([+-]?[0-9]+)[ \t]*")
_INT64: Final = range(-(2**63), 2**63)


def satisfies(test: HeaderMatch | QueryMatch, value: str) -> bool:
    """Whether a value that is there is what the test asks for; `invert` is not looked at."""
    if isinstance(test, HeaderMatch) and test.kind is ValueKind.RANGE:
        return _is_between(value, test.start, test.end)
    if test.kind is ValueKind.EXACT:
        return value == test.value
    if test.kind is ValueKind.PREFIX:
        return value.startswith(test.value)
    if test.kind is ValueKind.SUFFIX:
        return value.endswith(test.value)
    if test.kind is ValueKind.REGEX:
        regex = compiled(test.value)
        return regex is not None and regex.matches(value)
    return test.kind is ValueKind.PRESENT


def _is_between(value: str, start: int, end: int) -> bool:
    """Whole numbers of 64 bits only: ``0.25`` and ``3x`` are in no range."""
    match = _INTEGER.fullmatch(value)
    if match is None:
        return False
    number = int(match[1])
    return number in _INT64 and start <= number < end


def demand(test: HeaderMatch | QueryMatch) -> str:
    """What a value must be, in words: ``must be 'b'``."""
    if test.kind is ValueKind.PRESENT:
        return "must be there"
    if isinstance(test, HeaderMatch) and test.kind is ValueKind.RANGE:
        return f"must be a whole number from {test.start} up to, but without, {test.end}"
    words = {
        ValueKind.EXACT: "be",
        ValueKind.PREFIX: "begin with",
        ValueKind.SUFFIX: "end with",
        ValueKind.REGEX: "match as a whole",
    }
    return f"must {words[test.kind]} {test.value!r}"
