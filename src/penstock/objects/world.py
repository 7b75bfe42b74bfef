"""The world: an immutable, indexed snapshot of all objects.

Sources build one per change; dialects read it.  Lookups are by kind, namespace
and name; iteration is always in namespace/name order, so that nothing that
follows depends on the order of input.  A world made after another shares the
tables of all kinds that did not change, so that asking what changed is cheap.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast

from penstock.objects.meta import Object, Resource

R = TypeVar("R", bound=Resource)
Key = tuple[str, str]
Table = Mapping[Key, Object[Any]]

_EMPTY: Table = {}
Replacement = tuple[Object[Any], Object[Any]]
"""An object, and the one of the same kind, namespace and name that took its place."""


class World:
    """All objects at one moment; at most one per kind, namespace and name."""

    __slots__ = ("_homes", "_listed", "_objects", "_tables")

    def __init__(self, objects: Iterable[Object[Any]] = (), previous: World | None = None) -> None:
        """Index `objects`; of several with the same identity the first stays.

        `previous` is an earlier world whose tables are taken over where they fit.
        """
        self._objects = list(objects)
        self._listed: dict[str, list[Object[Any]]] = {}
        self._tables: dict[str, Table] = {}
        self._homes: dict[str, dict[str, list[str]]] = {}
        """By kind and name; only of kinds that somebody has asked about."""
        changed = replacements(previous._objects, self._objects) if previous else None
        if previous is None or changed is None or not self._take_over(previous, changed):
            self._index(previous)

    def _take_over(self, previous: World, changed: Sequence[Replacement]) -> bool:
        """Take the previous tables and replace single objects; False if that is not enough."""
        if len(previous) != len(self._objects):
            return False  # Some were left out, and it may be these.
        self._listed, self._tables = dict(previous._listed), dict(previous._tables)
        for kind in {new.kind for _, new in changed}:
            ours = {id(old): new for old, new in changed if new.kind == kind}
            self._listed[kind] = [ours.get(id(obj), obj) for obj in self._listed[kind]]
            fresh = {new.key: new for new in ours.values()}
            self._tables[kind] = {**self._tables[kind], **fresh}
        return True

    def _index(self, previous: World | None) -> None:
        for obj in self._objects:
            kind = obj.kind
            listed = self._listed.get(kind)
            if listed is None:
                listed = self._listed[kind] = []
            listed.append(obj)
        self._tables = {
            kind: _table(listed, previous, kind) for kind, listed in sorted(self._listed.items())
        }

    def all(self, kind: type[R]) -> tuple[Object[R], ...]:
        """Every object of a kind, by namespace and name."""
        return cast("tuple[Object[R], ...]", tuple(self._tables.get(kind.KIND, _EMPTY).values()))

    def get(self, kind: type[R], namespace: str, name: str) -> Object[R] | None:
        """One object, or None; `namespace` is empty for cluster-wide kinds."""
        found = self._tables.get(kind.KIND, _EMPTY).get((namespace, name))
        return cast("Object[R] | None", found)

    def names(self, kind: type[R], namespace: str) -> tuple[str, ...]:
        """Names of a kind's objects in a namespace, sorted; for "did you mean"."""
        return tuple(name for ns, name in self._tables.get(kind.KIND, _EMPTY) if ns == namespace)

    def homes(self, kind: type[R], name: str) -> tuple[str, ...]:
        """Namespaces that have an object of a kind and name, sorted."""
        if kind.KIND not in self._homes:
            found = self._homes[kind.KIND] = {}
            for namespace, known in self._tables.get(kind.KIND, _EMPTY):
                found.setdefault(known, []).append(namespace)
        return tuple(self._homes[kind.KIND].get(name, ()))

    def table(self, kind: type[R]) -> Table:
        """A kind's objects by namespace and name; the same mapping as the previous world's,
        by identity, if none of them changed."""
        return self._tables.get(kind.KIND, _EMPTY)

    def with_table(self, kind: type[R], table: Table) -> World:
        """The same world but for one kind's objects, for who reads it; it is no `previous`."""
        other = World()
        other._tables = dict(sorted({**self._tables, kind.KIND: table}.items()))
        return other

    def changed_tables(self, before: World) -> Iterator[tuple[Table, Table]]:
        """(old, new) tables of every kind of which some object may have changed."""
        for kind in sorted({*self._tables, *before._tables}):
            old, new = before._tables.get(kind, _EMPTY), self._tables.get(kind, _EMPTY)
            if old is not new:
                yield old, new

    def __len__(self) -> int:
        return sum(len(items) for items in self._tables.values())

    def __iter__(self) -> Iterator[Object[Any]]:
        for table in self._tables.values():
            yield from table.values()


def replacements(
    old: Iterable[Object[Any]], new: Iterable[Object[Any]]
) -> list[Replacement] | None:
    """What to replace in `old` to have `new`; None if not only single objects were replaced."""
    before, after = list(old), list(new)
    if len(before) != len(after):
        return None
    changed = [pair for pair in zip(before, after, strict=True) if operator.is_not(*pair)]
    if all(a.key == b.key and a.kind == b.kind for a, b in changed):
        return changed
    return None


def _table(listed: list[Object[Any]], previous: World | None, kind: str) -> Table:
    """The index of one kind's objects, from the previous one if that saves work."""
    before = previous._listed.get(kind) if previous else None
    if previous is None or before is None or len(before) != len(listed):
        return _indexed(listed)
    # Lists compare items by identity first, and objects are equal to none but themselves.
    if before == listed:
        return previous._tables[kind]
    changed = [(a, b) for a, b in zip(before, listed, strict=True) if operator.is_not(a, b)]
    table = previous._tables[kind]
    if len(table) != len(listed) or any(a.key != b.key for a, b in changed):
        return _indexed(listed)
    return {**table, **{new.key: new for _, new in changed}}


def _indexed(listed: list[Object[Any]]) -> Table:
    table: dict[Key, Object[Any]] = {}
    for obj in listed:
        table.setdefault(obj.key, obj)
    return dict(sorted(table.items()))
