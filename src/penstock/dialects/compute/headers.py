"""Header actions: what is added to and taken from headers, with variables in values.

``replace`` is true by default, false where the value names a variable.  A variable
that Penstock does not know stands for the empty string, as in the API, and is a finding.
https://docs.cloud.google.com/load-balancing/docs/l7-internal/custom-headers
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from penstock.dialects.compute import codes
from penstock.model import (
    NO_EDITS,
    Finding,
    HeaderEdit,
    HeaderEdits,
    HeaderPart,
    Origin,
    Variable,
)
from penstock.objects.compute.route_action import HttpHeaderAction, HttpHeaderOption
from penstock.objects.suggest import nearest

_VARIABLE: Final = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")
_EXTERNAL: Final = frozenset({Variable.ORIGIN_REQUEST_HEADER})
"""Variables that internal load balancers do not have."""
_KNOWN: Final = frozenset(Variable) - _EXTERNAL


def read_headers(
    action: HttpHeaderAction | None, origin: Origin, findings: list[Finding]
) -> HeaderEdits:
    """The edits of one ``headerAction``, at `origin`."""
    if action is None:
        return NO_EDITS
    edits = HeaderEdits(
        request_add=_added(
            action.request_headers_to_add, origin.child("requestHeadersToAdd"), findings
        ),
        request_remove=tuple(action.request_headers_to_remove or ()),
        response_add=_added(
            action.response_headers_to_add, origin.child("responseHeadersToAdd"), findings
        ),
        response_remove=tuple(action.response_headers_to_remove or ()),
        origin=origin,
    )
    return edits if edits else NO_EDITS


def _added(
    options: Iterable[HttpHeaderOption] | None, origin: Origin, findings: list[Finding]
) -> tuple[HeaderEdit, ...]:
    edits = []
    for i, option in enumerate(options or ()):
        if option.header_name:
            where = origin.child(i)
            value = tuple(
                value_parts(option.header_value or "", where.child("headerValue"), findings)
            )
            has_variable = _VARIABLE.search(option.header_value or "") is not None
            replace = not has_variable if option.replace is None else option.replace
            edits.append(HeaderEdit(option.header_name, value, replace, where))
    return tuple(edits)


def _all_filled(name: str, origin: Origin) -> Finding | None:
    return None


def value_parts(
    text: str,
    origin: Origin,
    findings: list[Finding],
    *,
    more: Iterable[Variable] = (),
    unfilled: Callable[[str, Origin], Finding | None] = _all_filled,
) -> Iterator[HeaderPart]:
    """A header's value as literals and variables.

    `more` are variables beyond those of internal load balancers; `unfilled` says it of names that
    are variables, but have no value here.
    """
    known = _KNOWN.union(more)
    end = 0
    for found in _VARIABLE.finditer(text):
        if found.start() > end:
            yield text[end : found.start()]
        end = found.end()
        if found[1] in known:
            yield Variable(found[1])
        else:
            findings.append(unfilled(found[1], origin) or _unknown(found[1], origin, known))
    if end < len(text):
        yield text[end:]


def _unknown(name: str, origin: Origin, known: frozenset[Variable]) -> Finding:
    near = nearest(name, sorted(known))
    hint = f"Did you mean {{{near}}}?" if near else f"Known are {', '.join(sorted(known))}"
    message = f"{{{name}}} is not a variable of custom headers; it stands for the empty string"
    return codes.UNKNOWN_VARIABLE.at(origin, message, hint)
