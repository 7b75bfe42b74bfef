"""What the proxy changes in headers on the way to the backend and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec.structs import replace

from penstock.explain.edits import as_change, request_steps, response_steps
from penstock.explain.incoming import dropped
from penstock.explain.policies import cors_headers
from penstock.explain.result import Cors, HeaderChange, source
from penstock.explain.situation import Situation
from penstock.model import BackendServiceName, Forward, ForwardedFor, WeightedBackend

_UNKNOWN_CLIENT: Final = "the client's address"


def forwarded(action: Forward, situation: Situation, original: str | None) -> list[HeaderChange]:
    """On the way to the backend; ``original`` is the path before a rewrite."""
    weighted = [backend for backend in action.backends if backend.weight]
    found = {b.backend_service: _to(b, action, situation, original) for b in weighted}
    return _common(found)


def returned(action: Forward, situation: Situation, cors: Cors | None) -> list[HeaderChange]:
    """On the way back."""
    weighted = [backend for backend in action.backends if backend.weight]
    own = cors_headers(cors, situation.request)
    return _common({b.backend_service: _from(b, situation, own) for b in weighted})


def answered(situation: Situation) -> list[HeaderChange]:
    """On the way back of what the proxy answers by itself for the rule."""
    return _from(None, situation, [])


def _common(found: Mapping[BackendServiceName, list[HeaderChange]]) -> list[HeaderChange]:
    """Changes that are made for all backends once, those of single ones with their names.

    All changes of one header stay together, because their order matters.
    """
    per_header = {name: _by_header(changes) for name, changes in found.items()}
    first, *others = per_header.values()
    shared = {
        header
        for header, changes in first.items()
        if all(other.get(header) == changes for other in others)
    }
    rows = [c for c in next(iter(found.values())) if c.name.lower() in shared]
    for name, changes in found.items():
        own = (change for change in changes if change.name.lower() not in shared)
        rows += [replace(change, backend=name) for change in own]
    return rows


def _by_header(changes: Iterable[HeaderChange]) -> dict[str, list[HeaderChange]]:
    found: dict[str, list[HeaderChange]] = {}
    for change in changes:
        found.setdefault(change.name.lower(), []).append(change)
    return found


def _to(
    backend: WeightedBackend, action: Forward, situation: Situation, original: str | None
) -> list[HeaderChange]:
    request = situation.request
    values: dict[str, str | None] = {
        name: ",".join(lines) for name, lines in situation.routed.headers.items()
    }
    trail, own = _trail(situation), _own(situation, action, original)
    said = {change.name.lower() for change in (trail, *own)}
    gone = [name for name in dropped(request) if name not in said]
    changes = [trail, *own, *(HeaderChange(_title(name), "remove", None) for name in gone)]
    for step in request_steps(situation, backend):
        name = step.name.lower()
        if step.value is None and values.get(name) is None:
            continue  # There is nothing to remove.
        change, values[name] = as_change(step, values.get(name))
        changes.append(change)
    return changes


def _own(situation: Situation, action: Forward, original: str | None) -> list[HeaderChange]:
    """What the proxy does to every request."""
    request = situation.request
    given = request.header("x-request-id")
    changes = [
        HeaderChange("X-Forwarded-Proto", "set", situation.scheme),
        HeaderChange("X-Request-Id", "keep" if given else "add", given or "a new UUID"),
    ]
    if original is not None:
        changes.append(HeaderChange("X-Envoy-Original-Path", "set", original))
    if action.host_rewrite is not None:
        authority = situation.routed.host.authority
        changes.append(HeaderChange("X-Envoy-Original-Host", "set", authority))
    if action.timeout.value and not (action.max_duration and action.max_duration.value):
        limit = f"{action.timeout.value * 1000:.0f}"
        changes.append(HeaderChange("X-Envoy-Expected-Rq-Timeout-Ms", "set", limit))
    if via := situation.proxy.via:
        before = request.header("via")
        own = f"1.1 {via.value}"
        whole = f"{before}, {own}" if before else own
        how = "append" if before else "add"
        changes.append(HeaderChange("Via", how, whole, origin=source(via.origin)))
    return changes


def _trail(situation: Situation) -> HeaderChange:
    """X-Forwarded-For: whoever came before, the client, and for some the forwarding rule."""
    client = situation.request.client or _UNKNOWN_CLIENT
    if situation.url_map.forwarded_for is ForwardedFor.CLIENT_AND_VIP:
        client = f"{client},{situation.listener.address}"
    before = situation.request.header("x-forwarded-for")
    trail = f"{before},{client}" if before else client
    return HeaderChange("X-Forwarded-For", "append" if before else "add", trail)


def _from(
    backend: WeightedBackend | None, situation: Situation, own: list[HeaderChange]
) -> list[HeaderChange]:
    """Nothing is known of what a backend sends, so all edits are shown."""
    steps = [as_change(step, None)[0] for step in response_steps(situation, backend)]
    changes = [
        *own,
        *steps,
        HeaderChange("X-Request-Id", "set", "that of the request"),
        HeaderChange("Server", "add", "only if the backend sends none"),
    ]
    if via := situation.proxy.via:
        changes.append(HeaderChange("Via", "append", f"1.1 {via.value}", origin=source(via.origin)))
    return changes


def _title(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))
