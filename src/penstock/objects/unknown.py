"""What to say about a field that its place does not have.

Three cases are told apart: a field that older API versions had there, a field
that belongs elsewhere in the same kind, and a misspelt one.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import inspect

from penstock.model import FieldPath, format_path
from penstock.objects import codes
from penstock.objects.problem import Harm, Problem
from penstock.objects.suggest import nearest

_LIMITING: dict[FieldPath, tuple[str, ...]] = {
    ("BackendConfig", "spec"): ("iap", "securityPolicy"),
    ("BackendService",): ("iap", "securityPolicy", "edgeSecurityPolicy"),
    ("TargetHttpsProxy",): ("serverTlsPolicy", "sslPolicy"),
}
"""Fields without which more would be let through than the author asked for, by their place."""
_SERVICE_PLACE = (
    "A Service stands at spec.defaultBackend.service, or for a path at "
    "spec.rules[].http.paths[].backend.service."
)


def unknown_field(
    kind: inspect.StructType,
    known: Sequence[str],
    value: dict[str, Any],
    path: FieldPath,
    name: str,
) -> Problem | None:
    """The problem with `name` in `value`; None if another field's problem covers it."""
    where = (*path, name)
    if kind.cls.__name__ == "Ingress":
        found, special = _ingress(value, path, name)
        if found:
            return special
    meant = nearest(name, known)
    if meant and meant not in value:
        problem = misspelt(where, _holder(kind, path), meant)
        limits = meant in _LIMITING.get((kind.cls.__name__, *path), ())
        return dataclasses.replace(problem, harm=Harm.LEAVES_OUT) if limits else problem
    message = f"`{name}` is no field of {_holder(kind, path)}."
    return Problem(codes.UNKNOWN_FIELD, where, message, _elsewhere(kind, name, known), Harm.NOTHING)


def misspelt(path: FieldPath, holder: str, meant: str) -> Problem:
    """The problem with a field that most likely stands for another."""
    message = f"`{path[-1]}` is no field of {holder}."
    hint = f"Did you mean `{meant}`?"
    return Problem(codes.UNKNOWN_FIELD, path, message, hint, Harm.NOTHING, meant=meant)


def _holder(kind: inspect.StructType, path: FieldPath) -> str:
    plain = format_path(tuple(step for step in path if isinstance(step, str)))
    return f"{kind.cls.__name__} {plain}" if plain else str(kind.cls.__name__)


def _elsewhere(kind: inspect.StructType, name: str, known: Sequence[str]) -> str:
    places = _places(kind.cls).get(name, ())
    if 0 < len(places) <= 2:
        return f"It belongs at {' or '.join(places)}."
    return f"Known fields here: {', '.join(sorted(known))}." if len(known) <= 8 else ""


@functools.cache
def _places(kind: type) -> dict[str, tuple[str, ...]]:
    places: dict[str, tuple[str, ...]] = {}
    for name, place in _walk(inspect.type_info(kind), ""):
        places[name] = (*places.get(name, ()), place)
    return places


def _walk(of: inspect.Type, place: str) -> Iterator[tuple[str, str]]:
    match of:
        case inspect.UnionType():
            for option in of.types:
                yield from _walk(option, place)
        case inspect.VarTupleType():
            yield from _walk(of.item_type, f"{place}[]")
        case inspect.StructType():
            for field in of.fields:
                here = f"{place}.{field.encode_name}" if place else field.encode_name
                yield field.encode_name, here
                yield from _walk(field.type, here)


def _ingress(value: dict[str, Any], path: FieldPath, name: str) -> tuple[bool, Problem | None]:
    """Fields of old books and old API versions; the first part says whether it is one."""
    where = (*path, name)
    if path == ("spec",) and name == "service":
        message = "`service` has no meaning directly under an Ingress's spec."
        return True, Problem(codes.MISPLACED_FIELD, where, message, _SERVICE_PLACE, Harm.NOTHING)
    if path == ("spec",) and name == "backend":
        message = "`backend` of extensions/v1beta1 is `defaultBackend` in networking.k8s.io/v1."
        return True, Problem(
            codes.OLD_FIELD, where, message, _new_backend(value[name]), Harm.NOTHING
        )
    if name == "serviceName" and path[-1:] in (("backend",), ("defaultBackend",)):
        message = (
            "`serviceName` and `servicePort` of extensions/v1beta1 are `service.name` and "
            "`service.port` in networking.k8s.io/v1."
        )
        return True, Problem(codes.OLD_FIELD, where, message, _new_backend(value))
    if name == "servicePort" and path[-1:] in (("backend",), ("defaultBackend",)):
        return "serviceName" in value, None
    if name == "paths" and path[:2] == ("spec", "rules") and len(path) == 3:
        message = "`paths` has no meaning directly under a rule."
        hint = "Put it under `http`: rules[].http.paths."
        return True, Problem(codes.MISPLACED_FIELD, where, message, hint)
    return False, None


def _new_backend(old: Any) -> str:
    """How an old backend is written now."""
    name = old.get("serviceName") if isinstance(old, dict) else None
    port = old.get("servicePort") if isinstance(old, dict) else None
    if not isinstance(name, str):
        return "Write service: {name: NAME, port: {number: 80}}."
    named = isinstance(port, str) and not port.isdecimal()
    key = "name" if named else "number"
    return f"Write service: {{name: {name}, port: {{{key}: {port if port is not None else 80}}}}}."
