"""Tests on headers → HeaderMatchers.

A test may need two matchers of which one has to hold; then its route is there twice.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import re2
from envoy.config.route.v3 import route_components_pb2 as pb
from envoy.type.matcher.v3 import regex_pb2, string_pb2
from envoy.type.v3 import range_pb2

from penstock.envoy.compile.digits import digits_between
from penstock.envoy.preflight import regex_problem
from penstock.model import HOST_PORT, HeaderMatch, ValueKind

AUTHORITY: Final = ":authority"
_HOST_PART: Final = r"(?:[^:\[]*|\[[^\]]*\])"
_PORTS: Final = 1 << 16
_MAX_ALTERNATIVES: Final = 64
"""Routes that one rule may become."""


def alternatives(tests: Iterable[HeaderMatch]) -> list[Sequence[Any]]:
    """Lists of matchers, of which the request has to satisfy one list wholly."""
    return list(itertools.product(*[_matchers(test) for test in dict.fromkeys(tests)]))


def too_many(tests: Iterable[HeaderMatch]) -> str | None:
    """Why ``tests`` cannot be done together, or None; each is sound."""
    count = 1 << sum(_takes_two(test) for test in dict.fromkeys(tests))
    if count <= _MAX_ALTERNATIVES:
        return None
    return f"tests on headers that take {count} routes, more than {_MAX_ALTERNATIVES}"


def header_problem(test: HeaderMatch) -> str | None:
    """Why a test cannot be done, or None."""
    if test.kind is ValueKind.REGEX:
        return regex_problem(test.value)
    if test.kind is ValueKind.RANGE and test.start >= test.end:
        return f"no number is from {test.start} up to, but without, {test.end}"
    if not test.value and test.kind in (ValueKind.PREFIX, ValueKind.SUFFIX):
        return f"the {test.kind.lower()} of header {test.name} is empty"
    return None


def ported(port: int) -> Any:
    """The request's host names this port."""
    return pb.HeaderMatcher(
        name=AUTHORITY, string_match=string_pb2.StringMatcher(suffix=f":{port}")
    )


def _matchers(test: HeaderMatch) -> tuple[Any, ...]:
    if test.name == HOST_PORT:
        return (_port_matcher(test),)
    matcher = pb.HeaderMatcher(name=test.name, invert_match=test.invert)
    if test.kind is ValueKind.PRESENT:
        matcher.present_match = True
        return (matcher,)
    if test.kind is ValueKind.RANGE:
        matcher.range_match.CopyFrom(range_pb2.Int64Range(start=test.start, end=test.end))
    else:
        matcher.string_match.CopyFrom(_string(test))
    if not test.invert:
        return (matcher,)
    if _takes_two(test):
        # A missing header would count as an empty one, which the test covers.
        return (pb.HeaderMatcher(name=test.name, present_match=True, invert_match=True), matcher)
    matcher.treat_missing_header_as_empty = True
    return (matcher,)


def _string(test: HeaderMatch) -> Any:
    if test.kind is ValueKind.REGEX:
        return string_pb2.StringMatcher(safe_regex=regex_pb2.RegexMatcher(regex=test.value))
    return string_pb2.StringMatcher(**{test.kind.lower(): test.value})


def _takes_two(test: HeaderMatch) -> bool:
    """Whether the test takes two matchers, which doubles the rule's routes."""
    return test.invert and test.name != HOST_PORT and _covers_nothing(test)


def _covers_nothing(test: HeaderMatch) -> bool:
    """Whether the test covers the empty value."""
    if test.kind is ValueKind.REGEX:
        return re2.fullmatch(test.value, "") is not None
    return test.kind is ValueKind.EXACT and not test.value


def _port_matcher(test: HeaderMatch) -> Any:
    """A test on the port is one on the host; a host without port fails it."""
    regex = regex_pb2.RegexMatcher(regex=f"{_HOST_PART}:(?:{_port(test)})")
    return pb.HeaderMatcher(
        name=AUTHORITY,
        string_match=string_pb2.StringMatcher(safe_regex=regex),
        invert_match=test.invert,
    )


def _port(test: HeaderMatch) -> str:
    quoted = re.escape(test.value)
    match test.kind:
        case ValueKind.EXACT:
            return quoted
        case ValueKind.PREFIX:
            return f"{quoted}[0-9]*"
        case ValueKind.SUFFIX:
            return f"[0-9]*{quoted}"
        case ValueKind.PRESENT:
            return "[0-9]+"
        case ValueKind.RANGE:
            return digits_between(max(test.start, 0), min(test.end, _PORTS) - 1)
    return test.value
