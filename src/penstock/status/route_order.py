"""Routes of one host in an order that people can find something in.

It is still an order of precedence: of two routes that a path could take, the first one
takes it.  Where that cannot be had by looking at paths alone, routes stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from penstock.status.report import Json

_LAST: Final = "\U0010ffff"
"""After everything that paths may have."""
_PREFIXES: Final = ("PREFIX", "TEXT_PREFIX")


def ordered(routes: Sequence[Json]) -> list[Json]:
    """Paths of one stem together, the more exact ones first."""
    return sorted(routes, key=_key) if _is_by_length(routes) else list(routes)


def _key(route: Json) -> str:
    """A prefix comes right after all paths that it covers."""
    is_prefix = route["pathType"] in _PREFIXES
    return _covered(route) + _LAST if is_prefix else str(route["path"])


def _covered(route: Json) -> str:
    """What a prefix's paths begin with; a path prefix is one of whole segments."""
    path = str(route["path"])
    return path.rstrip("/") + "/" if route["pathType"] == "PREFIX" else path


def _is_by_length(routes: Sequence[Json]) -> bool:
    """Whether the paths alone decide, and no route comes before one that it covers."""
    prefixes: set[str] = set()
    segments: set[str] = set()
    for route in routes:
        if route["pathType"] not in ("EXACT", *_PREFIXES) or route.get("conditions"):
            return False
        path = str(route["path"])
        starts = {path[:length] for length in range(len(path) + 1)}
        if path in segments or not prefixes.isdisjoint(starts):
            return False
        if route["pathType"] in _PREFIXES:
            prefixes.add(_covered(route))
        if route["pathType"] == "PREFIX":
            segments.add(path.rstrip("/"))
    return True
