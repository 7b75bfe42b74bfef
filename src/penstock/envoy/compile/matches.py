"""Route matches → Envoy's RouteMatch: path and query; headers have a file of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from envoy.type.matcher.v3 import regex_pb2, string_pb2
from google.protobuf.wrappers_pb2 import BoolValue

from penstock.envoy.compile.header_matches import header_problem, too_many
from penstock.envoy.compile.templates import template_match, template_problem
from penstock.envoy.preflight import regex_problem
from penstock.model import PathKind, PathMatch, QueryMatch, RouteMatch, ValueKind

_PLAIN: Final = (PathKind.PREFIX, PathKind.EXACT, PathKind.TEXT_PREFIX)


def fill_path(match: Any, path: PathMatch) -> None:
    """The test on the path."""
    if path.kind is PathKind.REGEX:
        match.safe_regex.regex = f"(?i){path.value}" if path.ignore_case else path.value
        return
    if path.kind is PathKind.TEMPLATE:
        match.path_match_policy.CopyFrom(template_match(path.value))
        return
    if path.kind is PathKind.EXACT:
        match.path = path.value
    elif path.kind is PathKind.TEXT_PREFIX or path.value == "/":
        match.prefix = path.value
    else:
        match.path_separated_prefix = path.value
    if path.ignore_case:
        match.case_sensitive.CopyFrom(BoolValue(value=False))


def fill_query(match: Any, tests: tuple[QueryMatch, ...]) -> None:
    """The tests on query parameters; values are compared as they stand in the query."""
    for test in tests:
        added = match.query_parameters.add(name=test.name)
        if test.kind is ValueKind.PRESENT:
            added.present_match = True
        elif test.kind is ValueKind.EXACT:
            added.string_match.CopyFrom(string_pb2.StringMatcher(exact=test.value))
        elif test.kind is ValueKind.REGEX:
            regex = regex_pb2.RegexMatcher(regex=test.value)
            added.string_match.CopyFrom(string_pb2.StringMatcher(safe_regex=regex))
        else:
            raise ValueError(f"query parameters are not compared by {test.kind}")


def match_problems(match: RouteMatch) -> tuple[str, ...]:
    """What the messages' own rules do not say."""
    if match.path.kind in _PLAIN and not match.headers and not match.query:
        return ()
    problems = tuple(problem for problem in _problems(match) if problem)
    if not problems and (problem := too_many(match.headers)):
        return (problem,)
    return problems


def _problems(match: RouteMatch) -> Iterator[str | None]:
    path = match.path
    if path.kind is PathKind.REGEX:
        yield regex_problem(path.value)
    elif path.kind is PathKind.TEMPLATE:
        yield template_problem(path.value)
        if path.ignore_case:
            yield "a path template cannot ignore case"
    for test in match.query:
        if test.kind is ValueKind.REGEX:
            yield regex_problem(test.value)
    for header in match.headers:
        yield header_problem(header)
