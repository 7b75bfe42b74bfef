"""Checks that all Compute kinds share, in the API's words."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence

import re2

from penstock.model import FieldPath
from penstock.objects.compute.route_action import Duration
from penstock.objects.compute.wording import NAME_REGEX, invalid, is_name
from penstock.objects.naming import is_ip
from penstock.objects.problem import Problem
from penstock.objects.suggest import did_you_mean

INT32 = 2**31 - 1
_LONGEST_SECONDS = 315_576_000_000
_LONGEST_REGEX = 8_192
_LARGEST_PROGRAM = 4_000
"""RE2 instructions, fewer than Envoy is set to take."""


def between(
    path: FieldPath, value: float | None, low: float | None = None, high: float | None = None
) -> Iterator[Problem]:
    """A number's range, both ends included; None is fine."""
    if value is None:
        return
    if low is not None and value < low:
        yield invalid(path, value, f"Must be greater than or equal to {low}.")
    elif high is not None and value > high:
        yield invalid(path, value, f"Must be less than or equal to {high}.")


def port(path: FieldPath, value: int | None) -> Iterator[Problem]:
    """A port's range."""
    yield from between(path, value, 1, 65535)


def length(path: FieldPath, text: str | None, low: int, high: int) -> Iterator[Problem]:
    """A text's length in characters; None is fine."""
    if text is not None and not low <= len(text) <= high:
        yield invalid(path, text, f"Must be from {low} to {high} characters.")


def one_of(
    path: FieldPath, value: str | None, allowed: Sequence[str], what: str = "Must be one of"
) -> Iterator[Problem]:
    """A value of an enumeration; None is fine."""
    if value is not None and value not in allowed:
        reason = f"{what} [{', '.join(allowed)}]."
        yield invalid(path, value, reason, did_you_mean(value, allowed))


def name(path: FieldPath, value: str | None) -> Iterator[Problem]:
    """A resource's, a path matcher's or a port's name; None is fine."""
    if value is not None and not is_name(value):
        yield invalid(path, value, f"Must be a match of regex '{NAME_REGEX}'.", _spelling(value))


def _spelling(value: str) -> str:
    tried = re.sub(r"[^a-z0-9-]+", "-", value.lower()).strip("-")[:63].strip("-")
    return f"Write `{tried}`." if is_name(tried) else ""


def duration(
    path: FieldPath, value: Duration | None, low: float = 0, high: float = _LONGEST_SECONDS
) -> Iterator[Problem]:
    """A span of time, whose ends are in seconds; None is fine."""
    if value is None:
        return
    seconds, nanos = value.seconds or 0, value.nanos or 0
    problems = [
        *between((*path, "seconds"), seconds, 0, _LONGEST_SECONDS),
        *between((*path, "nanos"), nanos, 0, 999_999_999),
    ]
    yield from problems
    if problems:
        return
    total = seconds + nanos / 1e9
    if total < low or total > high:
        limit = f"greater than or equal to {low} s" if total < low else f"at most {high} s"
        yield invalid(path, f"{total:g}s", f"Must be {limit}.")


def address(path: FieldPath, value: str | None) -> Iterator[Problem]:
    """An IP address; None is fine."""
    if value is not None and not is_ip(value):
        yield invalid(path, value, "Must be a valid IP address.")


def regex(path: FieldPath, value: str | None) -> Iterator[Problem]:
    """A regular expression of RE2; None is fine."""
    reason = _bad_regex(value) if value is not None else None
    if reason:
        yield invalid(path, value, f"Must be a regular expression of RE2: {reason}.")


@functools.lru_cache(maxsize=4096)
def _bad_regex(value: str) -> str | None:
    if not 0 < len(value) <= _LONGEST_REGEX:
        return "it is empty" if not value else "it is too long"
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(value, options)
    except (re2.error, UnicodeError) as error:
        reason = error.args[0] if error.args else "it is not valid"
        return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    return "it is too large" if compiled.programsize > _LARGEST_PROGRAM else None


def exclusive(
    path: FieldPath, given: Sequence[str], among: Sequence[str], whole: bool = True
) -> Iterator[Problem]:
    """At most one of several fields may be set; `given` names those that are.

    `whole`: what holds them cannot do without; else all of them are left out.
    """
    if len(given) < 2:
        return
    where = path if whole else (*path, given[1])
    reason = f"Only one of {_listed(among)} can be set, but {' and '.join(given)} are."
    problem = invalid(where, "", reason)
    also = () if whole else tuple((*path, name) for name in given)
    yield Problem(problem.code, problem.path, problem.message, also=also)


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]


def set_names(*pairs: tuple[str, object]) -> list[str]:
    """The names of those fields that are set."""
    return [name for name, value in pairs if value is not None]
