"""The world: an immutable, indexed snapshot of all objects.

Sources build one per change; dialects read it.  Lookups are by kind, namespace
and name; iteration is always in namespace/name order, so that nothing that
follows depends on the order of input.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, cast

from penstock.objects.meta import Object, Resource

R = TypeVar("R", bound=Resource)


class World:
    """All objects at one moment; at most one per kind, namespace and name."""

    __slots__ = ("_by_kind",)

    def __init__(self, objects: Iterable[Object[Any]] = ()) -> None:
        """Index `objects`; of several with the same identity the first stays."""
        by_kind: dict[str, dict[tuple[str, str], Object[Any]]] = {}
        for obj in objects:
            by_kind.setdefault(obj.kind, {}).setdefault(obj.key, obj)
        self._by_kind: Mapping[str, Mapping[tuple[str, str], Object[Any]]] = {
            kind: dict(sorted(items.items())) for kind, items in by_kind.items()
        }

    def all(self, kind: type[R]) -> tuple[Object[R], ...]:
        """Every object of a kind, by namespace and name."""
        return cast("tuple[Object[R], ...]", tuple(self._by_kind.get(kind.KIND, {}).values()))

    def get(self, kind: type[R], namespace: str, name: str) -> Object[R] | None:
        """One object, or None; `namespace` is empty for cluster-wide kinds."""
        found = self._by_kind.get(kind.KIND, {}).get((namespace, name))
        return cast("Object[R] | None", found)

    def names(self, kind: type[R], namespace: str) -> tuple[str, ...]:
        """Names of a kind's objects in a namespace, sorted; for "did you mean"."""
        return tuple(name for ns, name in self._by_kind.get(kind.KIND, {}) if ns == namespace)

    def __len__(self) -> int:
        return sum(len(items) for items in self._by_kind.values())

    def __iter__(self) -> Any:
        for kind in sorted(self._by_kind):
            yield from self._by_kind[kind].values()
