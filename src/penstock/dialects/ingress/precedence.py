"""The order in which one host's paths are tried.

Kubernetes: the longest matching path wins, and of equal ones Exact before
Prefix.  An Exact path that matches is as long as the request's path, hence at
least as long as any prefix that matches, so Exact paths may all come first.
ingress-nginx: regexes are tried in descending length of the path as written,
mixed with prefixes.  Rules that answer 500 because they are broken come last,
so that they take only what no living rule takes.
"""

from __future__ import annotations

from penstock.model import PathKind

Order = tuple[bool, int, int, str, str]

_RANK = {PathKind.EXACT: 0, PathKind.PREFIX: 1, PathKind.REGEX: 1}


def path_order(kind: PathKind, written: str, *, broken: bool = False) -> Order:
    """Sort key of a path in its host; the smallest is tried first.

    `written` is the path as the user wrote it, for a Prefix without trailing
    slash (``/foo/`` and ``/foo`` are the same prefix).
    """
    return (broken, _RANK[kind], -len(written), kind.value, written)
