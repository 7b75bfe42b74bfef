"""From a path as written to a test on requests, in the order of `precedence`."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

import msgspec

from penstock.dialects.ingress import codes
from penstock.dialects.ingress.flavour import Flavour, make_rewrite
from penstock.dialects.ingress.precedence import Order, path_order
from penstock.dialects.ingress.regex import METACHARACTERS, compile_path
from penstock.dialects.request_paths import as_requested
from penstock.model import (
    Finding,
    Origin,
    PathKind,
    PathMatch,
    PathRewrite,
    RouteMatch,
    Setting,
)

EXACT: Final = "Exact"
PREFIX: Final = "Prefix"
SPECIFIC: Final = "ImplementationSpecific"
_TYPES: Final = (EXACT, PREFIX, SPECIFIC)

_PRINTABLE: Final = "".join(map(chr, range(0x21, 0x7F)))
_PLAIN: Final = re.compile("[!-~]*")
_UNPRINTABLE: Final = re.compile("[\\x00-\\x1f\\x7f\\ud800-\\udfff]")
_WHOLE: Final = "(?s:.*)"
_NEVER: Final = ("//", "/./", "/../", "%2f", "%2F")
"""What Kubernetes forbids in Exact and Prefix paths, because proxies normalise it away."""


class PathReading(msgspec.Struct, frozen=True):
    """A path as understood."""

    match: RouteMatch
    order: Order
    rewrite: Setting[PathRewrite] | None = None
    broken: bool = False
    """It cannot be served as meant and answers 500."""


def read_path(
    written: str, path_type: str | None, flavour: Flavour, origin: Origin, findings: list[Finding]
) -> PathReading | None:
    """Understand one path; `origin` is the list entry's; None if no request can have it."""
    kind = path_type or "none"
    path = written or ("/" if kind == SPECIFIC else "")
    problem = _bad_path(path, kind)
    if problem:
        message, hint = problem
        text = f"the path answers 500: {message}"
        findings.append(codes.BAD_PATH.at(origin.child("path"), text, hint))
        return _broken(path)
    if _is_regex(path, kind, flavour, origin, findings):
        return _regex(path, flavour, origin, findings)
    return _plain(path, kind, flavour, origin, findings)


def _bad_path(path: str, kind: str) -> tuple[str, str] | None:
    """Why the API would refuse a path; a source should have left it out then."""
    if kind not in _TYPES:
        return f"its pathType is {kind[:80]}", f"one of {', '.join(_TYPES)}"
    if not path.startswith("/"):
        shown = f"path {path[:80]!r} does" if path else "an empty path does"
        return f"{shown} not begin with /", f"write /{path.lstrip('.^')}"
    if _UNPRINTABLE.search(path):
        return "the path has control characters", "remove them"
    if kind in (EXACT, PREFIX):
        for part in _NEVER:
            if part in path:
                return f"the path has {part}, which no request's path has", "write it without"
        if path.endswith(("/.", "/..")):
            return (
                "the path ends in a dot segment, which no request's path does",
                "write it without",
            )
    return None


def _regex_as_sent(path: str) -> str:
    """Other characters than printable ASCII are percent-encoded."""
    if _PLAIN.fullmatch(path):
        return path
    return quote(path, safe=_PRINTABLE, errors="replace")


def _broken(path: str) -> PathReading:
    value = "/" + re.split(r"[?#]", as_requested(path))[0].strip("/")
    match = RouteMatch(PathMatch(PathKind.PREFIX, value))
    return PathReading(match, path_order(PathKind.PREFIX, value, broken=True), broken=True)


def _is_regex(
    path: str, kind: str, flavour: Flavour, origin: Origin, findings: list[Finding]
) -> bool:
    has_regex = not METACHARACTERS.isdisjoint(path)
    if not flavour.use_regex:
        if has_regex and "?" not in path and "+" not in path:
            message = f"the path {path[:80]} is compared as plain text, with its special characters"
            hint = 'for a regex, set nginx.ingress.kubernetes.io/use-regex: "true"'
            if path.endswith("/*"):
                hint = f"pathType: Prefix with path: {path[:-2] or '/'} covers everything below"
            findings.append(codes.PATH_LITERAL.at(origin.child("path"), message, hint))
        return False
    if kind == SPECIFIC:
        return True
    if has_regex:
        message = f"the {kind} path {path[:80]} is read as a regex, as ingress-nginx does"
        hint = "set pathType: ImplementationSpecific for a regex"
        findings.append(codes.REGEX_PATH.at(origin.child("path"), message, hint))
    return has_regex


def _regex(path: str, flavour: Flavour, origin: Origin, findings: list[Finding]) -> PathReading:
    compiled = compile_path(path)
    match = RouteMatch(PathMatch(PathKind.REGEX, compiled.pattern))
    order = path_order(PathKind.REGEX, path, broken=bool(compiled.error))
    if compiled.error:
        message = f"the regex {path[:80]} cannot be served: {compiled.error}; it answers 500"
        hint = "see https://github.com/google/re2/wiki/Syntax"
        findings.append(codes.BAD_REGEX.at(origin.child("path"), message, hint))
        return PathReading(match, order, broken=True)
    sent = _regex_as_sent(path)
    if sent != path:
        message = f"the regex {path[:80]} has characters that requests' paths have percent-encoded"
        place = origin.child("path")
        findings.append(codes.PATH_UNREACHABLE.at(place, message, f"write them as in {sent[:80]}"))
    rewrite = make_rewrite(flavour, path, compiled.pattern, compiled.groups, findings)
    return PathReading(match, order, rewrite, flavour.broken_target)


def _plain(
    path: str, kind: str, flavour: Flavour, origin: Origin, findings: list[Finding]
) -> PathReading | None:
    if "?" in path or "#" in path:
        message = f"{path[:80]} is left out: a request's path ends before ? and #"
        hint = "queries cannot be matched in an Ingress"
        findings.append(codes.PATH_UNREACHABLE.at(origin.child("path"), message, hint))
        return None
    model_kind = PathKind.EXACT if kind == EXACT else PathKind.PREFIX
    value = as_requested(path)
    if model_kind is PathKind.PREFIX:
        value = value.rstrip("/") or "/"
    rewrite = make_rewrite(flavour, path, _WHOLE, 0, findings)
    match = RouteMatch(PathMatch(model_kind, value))
    return PathReading(match, path_order(model_kind, value), rewrite, flavour.broken_target)
