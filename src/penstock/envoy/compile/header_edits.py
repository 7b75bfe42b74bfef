"""Header edits → Envoy's lists of headers to add and to remove.

Envoy applies the edits of a weighted cluster, of its route, and of the route
configuration in that order, at each level removals first.  Edits of a host rule are
put together with those of each of its routes, because a virtual host may serve routes
of several host rules (`ports`, `Fallback`).

An edit that Envoy would refuse is left out alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from typing import Any, Final, NamedTuple

from envoy.config.core.v3 import base_pb2

from penstock.envoy.compile.client_certificates import tells_state
from penstock.envoy.compile.messages import checked
from penstock.envoy.compile.piece import refused
from penstock.envoy.compile.variables import OPERATORS
from penstock.model import NO_EDITS as UNEDITED
from penstock.model import Finding, HeaderEdit, HeaderEdits, HeaderPart, Origin, Variable

_KINDS: Final = base_pb2.HeaderValueOption.HeaderAppendAction
_UNTOUCHABLE: Final = frozenset(
    {
        *("host", "connection", "keep-alive", "proxy-connection", "te", "trailer"),
        *("transfer-encoding", "upgrade", "content-length"),
    }
)
"""What frames a message or belongs to one connection (RFC 9110, 7.6.1) is the proxy's."""
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""A header's name (RFC 9110, 5.6.2); Envoy would take and send others too."""


class Edits(NamedTuple):
    """Edits of one level as Envoy takes them."""

    request_add: tuple[Any, ...] = ()
    request_remove: tuple[str, ...] = ()
    response_add: tuple[Any, ...] = ()
    response_remove: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    tells_state: bool = False
    """Whether they name variables that only variants of a route know (`client_certificates`)."""

    def fill(self, target: Any) -> None:
        """Put the edits into a route, a weighted cluster or a route configuration."""
        target.request_headers_to_add.extend(self.request_add)
        target.request_headers_to_remove.extend(self.request_remove)
        target.response_headers_to_add.extend(self.response_add)
        target.response_headers_to_remove.extend(self.response_remove)

    def then(self, outer: Edits) -> Edits:
        """These edits and after them ``outer`` ones, as edits of one level.

        Findings of ``outer`` are its own business.
        """
        if outer is NO_EDITS:
            return self
        return Edits(
            _kept(self.request_add, outer.request_remove, outer.request_add) + outer.request_add,
            _joined(self.request_remove, outer.request_remove),
            _kept(self.response_add, outer.response_remove, outer.response_add)
            + outer.response_add,
            _joined(self.response_remove, outer.response_remove),
            self.findings,
            self.tells_state or outer.tells_state,
        )


NO_EDITS: Final = Edits()


def compile_edits(edits: HeaderEdits, origin: Origin) -> Edits:
    """The edits of one level; removals without an origin of their own are ``origin``'s."""
    if edits is UNEDITED or not edits:  # The first is quick, and nearly always so.
        return NO_EDITS
    origin = edits.origin or origin
    findings: list[Finding] = []
    return Edits(
        _additions(edits.request_add, findings),
        _removals(edits.request_remove, origin, findings),
        _additions(edits.response_add, findings),
        _removals(edits.response_remove, origin, findings),
        tuple(findings),
        tells_state(edits),
    )


def header_value(parts: Iterable[HeaderPart]) -> str:
    """Envoy's format of a value; a percent sign of the user's stays one."""
    return "".join(
        OPERATORS[part] if isinstance(part, Variable) else part.replace("%", "%%") for part in parts
    )


def _additions(edits: Iterable[HeaderEdit], findings: list[Finding]) -> tuple[Any, ...]:
    kept = []
    for edit in edits:
        option, refusals = checked(partial(_option, edit))
        refusals = _name_problems(edit.name) or refusals
        if refusals:
            findings.append(refused(edit.origin, refusals, f"header {edit.name!r} is left out"))
        else:
            kept.append(option)
    return tuple(kept)


def _option(edit: HeaderEdit) -> Any:
    """An empty value is kept: else a client's own header of that name would pass."""
    replace, add = _KINDS.OVERWRITE_IF_EXISTS_OR_ADD, _KINDS.APPEND_IF_EXISTS_OR_ADD
    return base_pb2.HeaderValueOption(
        header=base_pb2.HeaderValue(key=edit.name, value=header_value(edit.value)),
        append_action=replace if edit.replace else add,
        keep_empty_value=True,
    )


def _removals(names: Iterable[str], origin: Origin, findings: list[Finding]) -> tuple[str, ...]:
    kept = []
    for name in names:
        probe, refusals = checked(partial(base_pb2.HeaderValue, key=name))
        refusals = _name_problems(name) or refusals
        if probe is None or refusals:
            findings.append(refused(origin, refusals, f"header {name!r} is not removed"))
        else:
            kept.append(name)
    return tuple(kept)


def _name_problems(name: str) -> tuple[str, ...]:
    if name.startswith(":") or name.lower() in _UNTOUCHABLE:
        return (f"header {name!r} is the proxy's own",)
    if not _TOKEN.fullmatch(name):
        return (f"{name!r} is not a header",)
    return ()


def _kept(
    additions: tuple[Any, ...], removed: tuple[str, ...], later: tuple[Any, ...]
) -> tuple[Any, ...]:
    """Without those that an outer level takes away or replaces.

    Within one level Envoy replaces before it adds, so both would be there.
    """
    gone = {name.lower() for name in removed}
    overwriting = _KINDS.OVERWRITE_IF_EXISTS_OR_ADD
    gone |= {option.header.key.lower() for option in later if option.append_action == overwriting}
    return tuple(option for option in additions if option.header.key.lower() not in gone)


def _joined(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(first + second))
