"""Rewrites of path and host → the fields of a RouteAction."""

from __future__ import annotations

import re
from typing import Any, Final

from penstock.envoy.compile.templates import (
    template_problem,
    template_rewrite,
    template_rewrite_problem,
)
from penstock.envoy.preflight import regex_problem
from penstock.model import PathKind, PathMatch, PathRewrite, PrefixRewrite, Rewrite, TemplateRewrite

HOST: Final = r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?"
"""A host, with or without a port, in RE2 and in Python."""
_WHOLE_PATH: Final = "^.*$"
_PATH: Final = re.compile(r"/[^\x00-\x20\x7f-\U0010ffff?#]*")
"""What a rewritten path may begin with: blanks would end it in a request line, ``?`` and ``#``
would begin something else, and no URI has other letters than ASCII's (RFC 3986, 2)."""


def fill_rewrite(target: Any, rewrite: Rewrite, path: PathMatch) -> None:
    """Put a rewrite of ``path`` into a RouteAction.

    Envoy's `prefix_rewrite` takes the place of a matched prefix, and of the whole path where
    the match is on the whole path; with templates it does not work.
    """
    if isinstance(rewrite, PathRewrite):
        _replace(target, f"^(?:{rewrite.pattern})$", rewrite.substitution)
    elif isinstance(rewrite, TemplateRewrite):
        target.path_rewrite_policy.CopyFrom(template_rewrite(rewrite.template))
    elif path.kind is PathKind.TEMPLATE:
        replace_path(target, rewrite.prefix)
    else:
        target.prefix_rewrite = rewrite.prefix


def replace_path(target: Any, path: str) -> None:
    """Another path in the place of the whole one, whatever it is."""
    _replace(target, _WHOLE_PATH, path.replace("\\", "\\\\"))


def _replace(target: Any, pattern: str, substitution: str) -> None:
    """Anchored: Envoy replaces every match in the path, the model means the whole path."""
    target.regex_rewrite.pattern.regex = pattern
    target.regex_rewrite.substitution = substitution


def rewrite_problem(rewrite: Rewrite, path: PathMatch) -> str | None:
    """Why a rewrite of ``path`` cannot be done, or None.

    A pattern is checked as the user wrote it too, because what is put around it could make a
    broken one whole: ``a)(b``.
    """
    if isinstance(rewrite, PathRewrite):
        return regex_problem(rewrite.pattern)
    if isinstance(rewrite, PrefixRewrite):
        return path_problem(rewrite.prefix)
    if path.kind is not PathKind.TEMPLATE or template_problem(path.value):
        return "a rewrite by template of a path that is not matched by one"
    return template_rewrite_problem(path.value, rewrite.template)


def path_problem(path: str) -> str | None:
    """Why ``path`` cannot be (the beginning of) a path, or None."""
    return None if _PATH.fullmatch(path) else f"{path!r} is not a path"


def host_problem(host: str) -> str | None:
    """Why ``host`` cannot be a host, or None."""
    return None if re.fullmatch(HOST, host) else f"{host!r} is not a host"
