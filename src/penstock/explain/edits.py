"""Header edits of every level, in the order in which they are applied.

The most specific level comes first (weighted backend, route rule, host rule, URL
map); within one, as Envoy does it, removals, then replacements, then additions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from penstock.explain.request import Request
from penstock.explain.result import HeaderChange, Source, source
from penstock.explain.situation import Situation
from penstock.model import HeaderEdit, HeaderEdits, Variable, WeightedBackend

_NO_CERTIFICATE: Final = {
    Variable.CLIENT_CERT_PRESENT: "false",
    Variable.CLIENT_CERT_CHAIN_VERIFIED: "false",
    Variable.CLIENT_CERT_ERROR: "client_cert_not_provided",
}
"""Variables that have a value though no client is asked for a certificate; others are empty."""


class Step(NamedTuple):
    """One edit: ``value`` is None for a removal."""

    name: str
    value: str | None
    is_replacing: bool
    level: str
    origin: Source | None


def levels(
    situation: Situation, backend: WeightedBackend | None
) -> Iterator[tuple[str, HeaderEdits]]:
    """All edits that a request meets, in order."""
    if backend is not None:
        yield "weighted backend", backend.headers
    if situation.rule is not None:
        yield "route rule", situation.rule.headers
        if situation.host is not None:
            yield "host rule", situation.host.headers
    yield "URL map", situation.url_map.headers


def request_steps(situation: Situation, backend: WeightedBackend | None) -> Iterator[Step]:
    """On the way to the backend."""
    for level, edits in levels(situation, backend):
        removals = source(edits.origin) if edits.origin else None
        for name in edits.request_remove:
            yield Step(name, None, True, level, removals)
        yield from _added(edits.request_add, level, situation)


def response_steps(situation: Situation, backend: WeightedBackend | None) -> Iterator[Step]:
    """On the way back."""
    for level, edits in levels(situation, backend):
        removals = source(edits.origin) if edits.origin else None
        for name in edits.response_remove:
            yield Step(name, None, True, level, removals)
        yield from _added(edits.response_add, level, situation)


def _added(edits: tuple[HeaderEdit, ...], level: str, situation: Situation) -> Iterator[Step]:
    for edit in sorted(edits, key=lambda edit: not edit.replace):
        value = value_of(edit, situation)
        yield Step(edit.name, value, edit.replace, level, source(edit.origin))


def value_of(edit: HeaderEdit, situation: Situation) -> str:
    """An edit's value; a variable of which nothing is known stays ``{name}``."""
    return "".join(
        _resolved(part, situation) if isinstance(part, Variable) else part for part in edit.value
    )


def _resolved(variable: Variable, situation: Situation) -> str:
    request, listener = situation.request, situation.listener
    known = {
        Variable.CLIENT_IP_ADDRESS: request.client,
        Variable.CLIENT_PROTOCOL: "HTTP/1.1",
        Variable.CLIENT_ENCRYPTED: "true" if request.tls else "false",
        Variable.ORIGIN_REQUEST_HEADER: _origin(request),
        Variable.SERVER_IP_ADDRESS: listener.address,
        Variable.SERVER_PORT: str(listener.port),
    }
    if request.tls:
        known[Variable.TLS_SNI_HOSTNAME] = request.server_name or ""
    elif variable.startswith("tls_"):
        return ""
    if situation.proxy.client_tls is None and variable.startswith("client_cert_"):
        return _NO_CERTIFICATE.get(variable, "")
    value = known.get(variable)
    return f"{{{variable.value}}}" if value is None else value


def _origin(request: Request) -> str:
    return next((value for name, value in request.headers if name.lower() == "origin"), "")


def as_change(step: Step, before: str | None) -> tuple[HeaderChange, str | None]:
    """A step as it is shown, and the header's value after it; ``before`` is that before it."""
    if step.value is None:
        return _change(step, "remove", None), None
    if step.is_replacing or before is None:
        return _change(step, "set" if step.is_replacing else "add", step.value), step.value
    joined = ",".join(part for part in (before, step.value) if part)
    return _change(step, "append", joined), joined


def _change(step: Step, change: str, value: str | None) -> HeaderChange:
    return HeaderChange(step.name, change, value, step.level, step.origin)
