"""Golden cases of the dialect: where they are, and a matcher for their requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import golden_cases
import re2
from golden_cases import NOW, Case, codes_of, found, options, parse, translated

from penstock.model import Forward, HostKind, Model, PathKind, PathMatch, RouteRule, UrlMap

__all__ = ["NOW", "Case", "all_cases", "codes_of", "found", "options", "parse", "translated"]

CASES = Path(__file__).parent / "cases"


def all_cases() -> list[Case]:
    return golden_cases.all_cases(CASES)


def is_covered(match: PathMatch, path: str) -> bool:
    if match.kind is PathKind.EXACT:
        return path == match.value
    if match.kind is PathKind.PREFIX:
        return match.value == "/" or path == match.value or path.startswith(f"{match.value}/")
    return re2.fullmatch(match.value, path) is not None


def find_route(url_map: UrlMap, host: str, path: str) -> RouteRule | None:
    """The rule that a proxy must choose; None is the default action."""
    parent = host.partition(".")[2]
    for kind, value in (
        (HostKind.EXACT, host),
        (HostKind.ONE_LABEL_WILDCARD, parent),
        (HostKind.ANY, ""),
    ):
        for rule in url_map.host_rules:
            if rule.host.kind is kind and rule.host.value == value:
                return next((r for r in rule.routes if is_covered(r.match.path, path)), None)
    return None


def answer(model: Model, host: str, path: str, lb: str | None = None) -> dict[str, Any]:
    """What a client is to see, with endpoints behind every backend service."""
    url_map = model.url_maps[lb] if lb else next(iter(model.url_maps.values()))
    path = path.partition("?")[0]
    route = find_route(url_map, host.split(":")[0].lower(), path)
    action = route.action if route else url_map.default_action
    if not isinstance(action, Forward):
        return {"status": action.status}
    backend = action.backends[0].backend_service
    service = backend.split("/")[2].split(":")[0]
    if action.rewrite:
        rewrite = action.rewrite.value
        path = re2.sub(rewrite.pattern, rewrite.substitution, path)
    return {"status": 200, "service": service, "path": path}
