"""One path against one test: whether it matches, and if not, how near it was.

The semantics are those of `penstock.model.PathMatch`, as Envoy has them.
"""

from __future__ import annotations

import functools
import re
from typing import Final, NamedTuple

from penstock.explain import templates
from penstock.explain.regexes import compiled
from penstock.model import PathKind, PathMatch

_ESCAPE: Final = re.compile("%[0-9A-Fa-f]{2}")


def matches(test: PathMatch, path: str) -> bool:
    """Whether a normalised path, without query, satisfies the test."""
    if test.kind is PathKind.REGEX:
        regex = compiled(f"(?i){test.value}" if test.ignore_case else test.value)
        return regex is not None and regex.matches(path)
    if test.kind is PathKind.TEMPLATE:
        return templates.matches(test.value, path, ignore_case=test.ignore_case)
    value = test.value
    if test.ignore_case:
        value, path = value.lower(), path.lower()
    if test.kind is PathKind.EXACT or path == value:
        return path == value
    if test.kind is PathKind.TEXT_PREFIX:
        return path.startswith(value)
    return path.startswith("/" if value == "/" else f"{value}/")


class NearMiss(NamedTuple):
    """Why a test that looks as if it were meant does not match."""

    rank: int
    """The nearer the smaller."""
    why: str


def near_miss(test: PathMatch, path: str) -> NearMiss | None:
    """How near a path came to a test that it does not satisfy; None if it is another matter."""
    for rank, reason in enumerate(_REASONS):
        why = reason(test, path)
        if why:
            return NearMiss(rank, why)
    return None


def _case(test: PathMatch, path: str) -> str:
    loose = PathMatch(test.kind, test.value, ignore_case=True)
    if not matches(loose, path):
        return ""
    undo = functools.partial(_ESCAPE.sub, lambda escape: escape[0].upper())
    if test.kind not in (PathKind.REGEX, PathKind.TEMPLATE) and matches(
        PathMatch(test.kind, undo(test.value)), undo(path)
    ):
        return "percent-encodings differ in case (%c3 against %C3), and paths are compared as text"
    return "differs in case"


def _trailing_slash(test: PathMatch, path: str) -> str:
    if test.kind is PathKind.PREFIX:
        return ""
    if matches(test, f"{path}/"):
        return "needs a slash at the end of the path"
    if path != "/" and path.endswith("/") and matches(test, path[:-1]):
        return "does not allow the slash at the end of the path"
    return ""


def _case_and_slash(test: PathMatch, path: str) -> str:
    loose = PathMatch(test.kind, test.value, ignore_case=True)
    return "differs in case and in the slash at the end" if _trailing_slash(loose, path) else ""


def _border(test: PathMatch, path: str) -> str:
    if test.kind is not PathKind.PREFIX or not path.startswith(test.value):
        return ""
    return (
        f"a prefix ends at a slash: {test.value} covers {test.value}/x, not"
        f" {test.value}{path[len(test.value) :].partition('/')[0]}"
    )


def _regex_end(test: PathMatch, path: str) -> str:
    if test.kind is not PathKind.REGEX:
        return ""
    regex = compiled(f"(?i){test.value}")
    found = regex.beginning(path) if regex is not None else None
    if not found:
        return "RE2 does not take the regex" if regex is None else ""
    return f"a regex must match the whole path; it matches {found} only"


def _template_segments(test: PathMatch, path: str) -> str:
    """Segments that fit up to a point, and then there are too many or too few."""
    if test.kind is not PathKind.TEMPLATE:
        return ""
    if templates.matches(f"{test.value}/**", path, ignore_case=test.ignore_case):
        return "the template has fewer segments, and does not end in **"
    wanted, given = test.value.split("/"), path.split("/")
    shorter = "/".join(wanted[: len(given)])
    if len(given) < len(wanted) and matches(PathMatch(test.kind, shorter), path):
        return "the template asks for more segments"
    return ""


def _below(test: PathMatch, path: str) -> str:
    is_below = test.kind is PathKind.EXACT and path.startswith(f"{test.value.rstrip('/')}/")
    if not is_below:
        return ""
    below = f"{test.value.rstrip('/')}/*"
    return f"covers {test.value} only; what is below it takes pathType Prefix, or {below} on GKE"


def _above(test: PathMatch, path: str) -> str:
    """The test asks for more segments than the path has."""
    if test.kind in (PathKind.REGEX, PathKind.TEMPLATE) or path == "/":
        return ""
    is_above = test.value.startswith(f"{path.rstrip('/')}/")
    return "asks for a longer path" if is_above else ""


_REASONS: Final = (
    _case,
    _trailing_slash,
    _case_and_slash,
    _border,
    _regex_end,
    _template_segments,
    _below,
    _above,
)
"""The nearest first."""
