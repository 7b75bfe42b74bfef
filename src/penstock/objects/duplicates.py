"""Of several objects with the same identity the first counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from penstock.model import Finding, Origin
from penstock.objects import codes
from penstock.objects.meta import Object


def drop_duplicates(objects: Iterable[Object[Any]]) -> tuple[list[Object[Any]], list[Finding]]:
    """The first of each kind, namespace and name, and a finding on every other one."""
    first: dict[tuple[str, tuple[str, str]], Object[Any]] = {}
    findings = []
    for obj in objects:
        key = (obj.kind, obj.key)
        if first.setdefault(key, obj) is not obj:
            findings.append(_finding(obj, first[key]))
    return list(first.values()), findings


def _finding(second: Object[Any], first: Object[Any]) -> Finding:
    here, there = _place(second), _place(first)
    origin = Origin(second.ref, second.resource.NAME_PATH, second.locator, at=here)
    message = (
        f"{second.ref} is already defined at {there}. The one here ({here}) is left out; "
        "the first counts."
    )
    return codes.DUPLICATE.at(origin, message, "Remove or rename one of them.")


def _place(obj: Object[Any]) -> str:
    if obj.locator is None:
        return "an unknown place"
    return f"{obj.locator.file}:{obj.locator.locate(obj.resource.NAME_PATH).line}"
