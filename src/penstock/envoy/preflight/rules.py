"""The validation rules that message descriptors carry, applied to a message and all within.

For every message type a plan is made once: which of its fields have checks
when they are set, and what must not be missing.  Checking a message is then one
walk over its set fields; messages packed in an `Any` are checked too, as Envoy
does when it unpacks them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from validate import validate_pb2

from penstock.envoy.preflight.regex import regex_problem, substitution_problem
from penstock.envoy.preflight.scalars import Check, defined_only, scalar_check

_Walk = Callable[[Any], list[str]]
"""Problems of a set field's value, each with its path below the field."""
_Missing = Callable[[Message], str | None]

_ANY: Final = "google.protobuf.Any"
_DURATION: Final = "google.protobuf.Duration"
_REGEX: Final = "envoy.type.matcher.v3.RegexMatcher"
_SUBSTITUTION: Final = "envoy.type.matcher.v3.RegexMatchAndSubstitute"


@dataclass(frozen=True, slots=True)
class _Plan:
    """How one message type is checked."""

    present: dict[int, tuple[str, _Walk]]
    """Field number → name and check of a set field."""
    missing: tuple[_Missing, ...]
    beyond: Callable[[Any], str | None] | None
    """What Envoy checks beyond the rules."""


def problems(message: Message) -> tuple[str, ...]:
    """Why Envoy would refuse ``message``: ``field.path: reason``, empty if it would not."""
    return tuple(_problems(message))


def _problems(message: Message) -> list[str]:
    plan = _plan(message.DESCRIPTOR)
    found = []
    for field, value in message.ListFields():
        check = plan.present.get(field.number)
        if check is not None and (below := check[1](value)):
            found += [_join(check[0], problem) for problem in below]
    for absent in plan.missing:
        if reason := absent(message):
            found.append(reason)
    if not found and plan.beyond and (reason := plan.beyond(message)):
        found.append(f": {reason}")
    return found


def _join(name: str, problem: str) -> str:
    return f"{name}{problem}" if problem.startswith((":", "[")) else f"{name}.{problem}"


@functools.cache
def _plan(descriptor: Descriptor) -> _Plan:
    present: dict[int, tuple[str, _Walk]] = {}
    missing: list[_Missing] = [
        _missing_choice(oneof.name)
        for oneof in descriptor.oneofs
        if oneof.GetOptions().Extensions[validate_pb2.required]
    ]
    for field in descriptor.fields:
        rules = field.GetOptions().Extensions[validate_pb2.rules]
        if walk := _walk(field, rules):
            present[field.number] = (field.name, walk)
        if absent := _missing(field, rules):
            missing.append(absent)
    return _Plan(present, tuple(missing), _BEYOND.get(descriptor.full_name))


def _walk(field: FieldDescriptor, rules: Any) -> _Walk | None:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return _map_walk(field, rules.map)
    if field.is_repeated:
        return _repeated_walk(field, rules.repeated)
    return _value_walk(field, rules)


def _value_walk(field: FieldDescriptor, rules: Any) -> _Walk | None:
    """The check of one value: a singular field, an item, a map's key or value."""
    kind = field.message_type
    if kind is None:
        return _reported(_scalar(field, rules))
    if rules.message.skip:
        return None
    if kind.full_name == _ANY:
        return _any_problems
    if not kind.full_name.startswith("google.protobuf."):
        return _problems
    check = _scalar(field, rules)
    return _reported(check if kind.full_name == _DURATION else _unwrapped(check))


def _scalar(field: FieldDescriptor, rules: Any) -> Check | None:
    family = rules.WhichOneof("type")
    if family is None or family in ("message", "repeated", "map", "any", "timestamp"):
        return None
    chosen = getattr(rules, family)
    if family == "enum" and field.enum_type is not None:
        numbers = frozenset(value.number for value in field.enum_type.values)
        return _both(defined_only(chosen, numbers), scalar_check(chosen))
    return scalar_check(chosen)


def _unwrapped(check: Check | None) -> Check | None:
    """The check of a wrapper message's value."""
    return (lambda wrapper: check(wrapper.value)) if check else None


def _both(first: Check | None, second: Check | None) -> Check | None:
    if first is None or second is None:
        return first or second
    return lambda value: first(value) or second(value)


def _reported(check: Check | None) -> _Walk | None:
    if check is None:
        return None
    return lambda value: [f": {reason}"] if (reason := check(value)) else []


def _repeated_walk(field: FieldDescriptor, rules: Any) -> _Walk | None:
    each = _value_walk(field, rules.items)
    most = rules.max_items or None
    if not (each or most or rules.min_items or rules.unique):
        return None

    def walk(values: Any) -> list[str]:
        found = []
        if len(values) < rules.min_items:
            found.append(f": must have at least {rules.min_items} items")
        if most is not None and len(values) > most:
            found.append(f": must have at most {most} items")
        if rules.unique and len(set(values)) != len(values):
            found.append(": must not have repeats")
        if each:
            for index, value in enumerate(values):
                found += [_join(f"[{index}]", problem) for problem in each(value)]
        return found

    return walk if rules.ByteSize() else _items_walk(each)


def _items_walk(each: _Walk | None) -> _Walk | None:
    if each is None:
        return None

    def walk(values: Any) -> list[str]:
        found: list[str] = []
        for index, value in enumerate(values):
            if below := each(value):
                found += [_join(f"[{index}]", problem) for problem in below]
        return found

    return walk


def _map_walk(field: FieldDescriptor, rules: Any) -> _Walk | None:
    entry = field.message_type
    assert entry is not None
    keys = _value_walk(entry.fields_by_name["key"], rules.keys)
    values = _value_walk(entry.fields_by_name["value"], rules.values)
    if not (keys or values):
        return None

    def walk(table: Any) -> list[str]:
        found: list[str] = []
        for key in sorted(table):
            below = (keys(key) if keys else []) + (values(table[key]) if values else [])
            found += [_join(f"[{key!r}]", problem) for problem in below]
        return found

    return walk


def _missing(field: FieldDescriptor, rules: Any) -> _Missing | None:
    """What to say when ``field`` is not set, if that is a problem."""
    name = field.name
    if field.containing_oneof is not None:
        return None  # Whether one of the choices must be taken is the oneof's own rule.
    if rules.repeated.min_items and not rules.repeated.ignore_empty:
        return lambda message: None if getattr(message, name) else f"{name}: must not be empty"
    if rules.map.min_pairs:
        return lambda message: None if getattr(message, name) else f"{name}: must not be empty"
    if rules.message.required or rules.any.required or rules.duration.required:
        return lambda message: None if message.HasField(name) else f"{name}: is required"
    if field.is_repeated or field.has_presence:
        return None
    check = _scalar(field, rules)
    reason = check(field.default_value) if check else None
    if reason is None:
        return None
    return lambda message: None if getattr(message, name) else f"{name}: {reason}"


def _missing_choice(name: str) -> _Missing:
    return lambda message: None if message.WhichOneof(name) else f"{name}: one of it is required"


def _any_problems(packed: Any) -> list[str]:
    return list(_packed_problems(packed.type_url, packed.value))


@functools.lru_cache(maxsize=2_048)
def _packed_problems(type_url: str, body: bytes) -> tuple[str, ...]:
    """Problems of a packed message; those of types this build does not know cannot be found."""
    try:
        kind = descriptor_pool.Default().FindMessageTypeByName(type_url.rpartition("/")[2])
    except KeyError:
        return ()
    message = message_factory.GetMessageClass(kind)()
    message.ParseFromString(body)
    return problems(message)


def _substitution(message: Any) -> str | None:
    return substitution_problem(message.pattern.regex, message.substitution)


_BEYOND: Final[dict[str, Callable[[Any], str | None]]] = {
    _REGEX: lambda message: regex_problem(message.regex),
    _SUBSTITUTION: _substitution,
}
