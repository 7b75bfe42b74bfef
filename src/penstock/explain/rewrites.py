"""What backends are asked for: path and host after a route's rewrites."""

from __future__ import annotations

import re
from typing import Final

from penstock.explain import templates
from penstock.explain.regexes import compiled
from penstock.model import (
    PathKind,
    PathMatch,
    PathRewrite,
    PrefixRewrite,
    Rewrite,
    TemplateRewrite,
)

_REFERENCE: Final = re.compile(r"\\(.)", re.DOTALL)


def rewritten(rewrite: Rewrite, match: PathMatch | None, path: str) -> str:
    """The path that backends see; ``match`` is what the path satisfied, None the default action."""
    if isinstance(rewrite, PrefixRewrite):
        return prefix_replaced(rewrite.prefix, match, path)
    if isinstance(rewrite, TemplateRewrite):
        return _templated(rewrite, match, path)
    return _substituted(rewrite, path)


def prefix_replaced(prefix: str, match: PathMatch | None, path: str) -> str:
    """The part of a path that a match covers, replaced."""
    return prefix + path[_covered(match, path) :]


def _covered(match: PathMatch | None, path: str) -> int:
    """How many characters of the path a match is about; for the default action that is ``/``."""
    if match is None:
        return 1
    if match.kind in (PathKind.PREFIX, PathKind.TEXT_PREFIX):
        return len(match.value)
    return len(path)


def _templated(rewrite: TemplateRewrite, match: PathMatch | None, path: str) -> str:
    if match is None or match.kind is not PathKind.TEMPLATE:
        return path
    found = templates.captures(match.value, path, ignore_case=match.ignore_case)
    return path if found is None else templates.filled(rewrite.template, found)


def _substituted(rewrite: PathRewrite, path: str) -> str:
    regex = compiled(f"^(?:{rewrite.pattern})$")
    groups = regex.groups(path) if regex is not None else None
    if groups is None:
        return path

    def fill(reference: re.Match[str]) -> str:
        what = reference[1]
        return groups[int(what)] if what.isdigit() else what

    return _REFERENCE.sub(fill, rewrite.substitution)
