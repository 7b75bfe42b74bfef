"""Paths of an Ingress as paths of a Compute URL map, and those as tests on requests.

``pathType`` decides (ingress-gce, pkg/controller/translator): ImplementationSpecific
is taken as written, so ``/foo`` is that one path and ``/foo/*`` everything below it;
Exact is one path; Prefix is both.  The longest path wins in whatever order they stand.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from penstock.dialects.request_paths import as_requested
from penstock.model import PathKind, PathMatch

EXACT: Final = "Exact"
PREFIX: Final = "Prefix"
SPECIFIC: Final = "ImplementationSpecific"
_ALL: Final = "/*"
_BEFORE: Final = re.compile(r"[^*?#]*")


class PathReading(NamedTuple):
    """What a path became."""

    paths: tuple[str, ...]
    """Of the URL map, as requests have them; empty if it could not be translated."""
    error: str = ""
    """In the controller's or the API's words."""
    by_api: bool = False
    """Whether it is the Compute API that refuses the path, not the controller."""


def read_path(path: str, path_type: str | None) -> PathReading:
    """Translate one path."""
    match path_type or SPECIFIC:
        case "ImplementationSpecific":
            return _specific(path or _ALL)
        case "Exact":
            if not path:
                return PathReading((), "failed to validate exact path type due to empty path")
            if "*" in path:
                text = f"failed to validate exact path {path[:200]} due to invalid wildcard"
                return PathReading((), text)
            return _specific(path)
        case "Prefix":
            return _prefix(path)
        case other:
            return PathReading((), f"unsupported path type: {other[:80]}")


def _prefix(path: str) -> PathReading:
    if not path:
        return PathReading((), "failed to validate prefix path type due to empty path")
    if "*" in path:
        text = f"failed to validate prefix path {path[:200]} due to invalid wildcard"
        return PathReading((), text)
    if path == "/":
        return PathReading((_ALL,))
    reading = _specific(path.removesuffix("/"))
    return reading if reading.error else PathReading((*reading.paths, f"{reading.paths[0]}/*"))


def _specific(path: str) -> PathReading:
    reason = bad_url_map_path(path)
    if reason:
        text = f"Invalid value for field 'paths': '{path[:200]}'. {reason}"
        return PathReading((), text, by_api=True)
    return PathReading((as_requested(path),))


def bad_url_map_path(path: str) -> str:
    """Why a URL map does not take a path, or an empty string."""
    if not path.startswith("/"):
        return "Must start with a slash"
    stem = path.removesuffix("*") if path.endswith("/*") else path
    if "*" in stem:
        return "The only place a * is allowed is at the end following a /"
    if "?" in path or "#" in path:
        return "The path must not have ? or #"
    return ""


def path_match(path: str) -> PathMatch:
    """The test of a URL map's path: ``/foo/*`` has ``/foo/`` and all below, not ``/foo``."""
    if path.endswith(_ALL):
        return PathMatch(PathKind.TEXT_PREFIX, path[:-1])
    return PathMatch(PathKind.EXACT, path)


def broken_match(path: str) -> PathMatch:
    """What a path that cannot be translated stands for: all that begins like it."""
    found = _BEFORE.match(path)
    stem = as_requested(found[0]) if found else ""
    return PathMatch(PathKind.TEXT_PREFIX, stem if stem.startswith("/") else f"/{stem}")


def path_order(path: PathMatch, *, broken: bool) -> tuple[int, bool, bool, str]:
    """The longest first; of one length the exact one, and a broken one last."""
    return (-len(path.value), path.kind is not PathKind.EXACT, broken, path.value)
