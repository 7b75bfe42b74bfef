"""Validation rules on single values: numbers, strings, bytes, enumerations, durations.

One factory per family of rules (messages of validate.proto) turns what a
descriptor says into a function from a value to the reason why it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from google.protobuf.message import Message

Check = Callable[[Any], str | None]
"""The reason why a value is refused, or None."""

_NANOS: Final = 1_000_000_000
_COMPARISONS: Final[dict[str, tuple[Callable[[Any, Any], bool], str]]] = {
    "const": (lambda value, bound: value == bound, "must be {}"),
    "lt": (lambda value, bound: value < bound, "must be less than {}"),
    "lte": (lambda value, bound: value <= bound, "must be at most {}"),
    "gt": (lambda value, bound: value > bound, "must be greater than {}"),
    "gte": (lambda value, bound: value >= bound, "must be at least {}"),
    "in": (lambda value, bound: value in bound, "must be one of {}"),
    "not_in": (lambda value, bound: value not in bound, "must not be one of {}"),
}
_TEXT: Final[dict[str, tuple[Callable[[Any, Any], bool], str]]] = {
    **_COMPARISONS,
    "len": (lambda value, bound: len(value) == bound, "must have {} characters"),
    "min_len": (lambda value, bound: len(value) >= bound, "must have at least {} characters"),
    "max_len": (lambda value, bound: len(value) <= bound, "must have at most {} characters"),
    "len_bytes": (lambda value, bound: len(value.encode()) == bound, "must have {} bytes"),
    "min_bytes": (lambda value, bound: len(value.encode()) >= bound, "must have at least {} bytes"),
    "max_bytes": (lambda value, bound: len(value.encode()) <= bound, "must have at most {} bytes"),
    "prefix": (lambda value, bound: value.startswith(bound), "must begin with {}"),
    "suffix": (lambda value, bound: value.endswith(bound), "must end with {}"),
    "contains": (lambda value, bound: bound in value, "must contain {}"),
    "not_contains": (lambda value, bound: bound not in value, "must not contain {}"),
}
# The well-known expressions of validate.proto: (rule value, strict) → (pattern, meaning).
_WELL_KNOWN: Final = {
    (1, True): (r":?[0-9a-zA-Z!#$%&'*+\-.^_|~`]+", "must be a header name"),
    (1, False): (r"[^\x00\n\r]*", "must not contain line breaks"),
    (2, True): (r"[^\x00-\x08\n-\x1f\x7f]*", "must not contain control characters"),
    (2, False): (r"[^\x00\n\r]*", "must not contain line breaks"),
}
HANDLED: Final = frozenset({*_TEXT, "pattern", "well_known_regex", "strict", "ignore_empty"})
"""Every rule on scalars that is applied; a test compares it with what the descriptors carry."""


def scalar_check(rules: Message) -> Check | None:
    """The check that a set of rules (``UInt32Rules``, ``StringRules`` …) describes."""
    family = rules.DESCRIPTOR.name
    if family == "DurationRules":
        return _duration_check(rules)
    if family == "EnumRules":
        return _all_of(_comparisons(rules, _COMPARISONS))
    checks = _comparisons(rules, _TEXT if family in ("StringRules", "BytesRules") else _COMPARISONS)
    if family == "StringRules":
        checks += _expressions(rules)
    check = _all_of(checks)
    if check and _field(rules, "ignore_empty"):
        return _ignoring_empty(check)
    return check


def defined_only(rules: Message, numbers: frozenset[int]) -> Check | None:
    """The check that an enumeration's value is one of ``numbers``, if the rules ask for it."""
    if not _field(rules, "defined_only"):
        return None
    return lambda value: None if value in numbers else "must be a value that is defined"


def _field(rules: Message, name: str) -> bool:
    return name in rules.DESCRIPTOR.fields_by_name and bool(getattr(rules, name))


def _comparisons(
    rules: Message, table: dict[str, tuple[Callable[[Any, Any], bool], str]]
) -> list[Check]:
    return [
        _comparison(*table[field.name], bound)
        for field, bound in rules.ListFields()
        if field.name in table
    ]


def _comparison(holds: Callable[[Any, Any], bool], reason: str, bound: Any) -> Check:
    limit = tuple(bound) if not isinstance(bound, (int, float, str, bytes)) else bound
    text = reason.format(limit)
    return lambda value: None if holds(value, limit) else text


def _expressions(rules: Message) -> list[Check]:
    values = {field.name: value for field, value in rules.ListFields()}
    checks = []
    if "pattern" in values:
        checks.append(_expression(values["pattern"], f"must match {values['pattern']}"))
    if "well_known_regex" in values:
        strict = bool(values.get("strict", True))
        checks.append(_expression(*_WELL_KNOWN[values["well_known_regex"], strict]))
    return checks


def _expression(pattern: str, reason: str) -> Check:
    matches = re.compile(pattern, re.DOTALL).fullmatch
    return lambda value: None if matches(value) else reason


def _duration_check(rules: Message) -> Check | None:
    checks = [
        _comparison(*_COMPARISONS[field.name], _nanoseconds(bound))
        for field, bound in rules.ListFields()
        if field.name in ("const", "lt", "lte", "gt", "gte")
    ]
    check = _all_of(checks)
    return (lambda value: check(_nanoseconds(value))) if check else None


def _nanoseconds(duration: Any) -> int:
    return int(duration.seconds) * _NANOS + int(duration.nanos)


def _ignoring_empty(check: Check) -> Check:
    return lambda value: check(value) if value else None


def _all_of(checks: list[Check]) -> Check | None:
    if len(checks) < 2:
        return checks[0] if checks else None
    return lambda value: next((reason for check in checks if (reason := check(value))), None)
