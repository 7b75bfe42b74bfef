"""Header and query conditions of a route rule: whether they hold, and if not, which does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from penstock.explain.values import demand, satisfies
from penstock.explain.wire import Routed
from penstock.model import HOST_PORT, HeaderMatch, QueryMatch, RouteMatch

_SPECIAL: Final = {
    ":method": "the method",
    ":authority": "the host",
    "host": "the host",
    HOST_PORT: "the host's port",
}


def hold(match: RouteMatch, routed: Routed) -> bool:
    """Whether all conditions but that on the path hold."""
    return next(failures(match, routed), None) is None


def failures(match: RouteMatch, routed: Routed) -> Iterator[str]:
    """Conditions that do not hold, in words: ``header x is 'a', must be 'b'``."""
    for header in match.headers:
        if not header_holds(header, routed):
            yield _header_words(header, routed)
    if match.query:
        given = parameters(routed.query)
        for parameter in match.query:
            if not _query_holds(parameter, given):
                yield _query_words(parameter, given)


def described(match: RouteMatch) -> list[str]:
    """All conditions but that on the path, in words: ``header x must be 'b'``."""
    headers = [f"{_header_name(test)} {_demand(test)}" for test in match.headers]
    return headers + [f"{_query_name(test)} {_demand(test)}" for test in match.query]


def header_holds(test: HeaderMatch, routed: Routed) -> bool:
    """Of several lines one has to fit, or with an inverted test none; a missing one fits none."""
    return any(satisfies(test, value) for value in _values(test, routed)) != test.invert


def parameters(query: str) -> Mapping[str, str]:
    """A query's parameters as the proxy compares them: not decoded, the first of each name."""
    found: dict[str, str] = {}
    for part in query.removeprefix("?").split("&"):
        name, _, value = part.partition("=")
        found.setdefault(name, value)
    return found if query else {}


def _values(test: HeaderMatch, routed: Routed) -> tuple[str, ...]:
    """The values line by line; of several one has to fit."""
    if test.name == HOST_PORT:
        return (routed.host.port_text,) if routed.host.port_text else ()
    return routed.headers.get(test.name, ())


def _query_holds(test: QueryMatch, given: Mapping[str, str]) -> bool:
    value = given.get(test.name)
    return value is not None and satisfies(test, value)


def _header_words(test: HeaderMatch, routed: Routed) -> str:
    values = _values(test, routed)
    return _words(_header_name(test), ", ".join(values) if values else None, test)


def _query_words(test: QueryMatch, given: Mapping[str, str]) -> str:
    return _words(_query_name(test), given.get(test.name), test)


def _header_name(test: HeaderMatch) -> str:
    return _SPECIAL.get(test.name, f"header {test.name}")


def _query_name(test: QueryMatch) -> str:
    return f"query parameter {test.name}"


def _demand(test: HeaderMatch | QueryMatch) -> str:
    wanted = demand(test)
    if isinstance(test, HeaderMatch) and test.invert:
        return wanted.replace("must", "must not", 1)
    return wanted


def _words(what: str, value: str | None, test: HeaderMatch | QueryMatch) -> str:
    found = "is missing" if value is None else f"is {value!r}"
    return f"{what} {found}, {_demand(test)}"
