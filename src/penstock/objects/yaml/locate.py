"""Finds a field's place in the text again, only when somebody asks.

For an entry of a mapping the place is its key, for an item of a list the
item's first character, for a whole object its first key; of what is not
written, the nearest parent.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field

from penstock.model import FieldPath, Position
from penstock.objects.yaml.documents import Document
from penstock.objects.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode, compose_cached
from penstock.objects.yaml.problem import BadYamlError
from penstock.objects.yaml.values import is_merge, key_of, merge_sources


@dataclass(frozen=True, slots=True)
class Point:
    """A locator for what is about one place of a file, whatever field is asked for."""

    file: str
    position: Position

    def locate(self, path: FieldPath) -> Position:
        """The place."""
        return self.position

    def written(self, path: FieldPath) -> FieldPath:
        """The path itself."""
        return path


@dataclass(frozen=True, slots=True, eq=False)
class ItemLocator:
    """The locator of one object: a document, or an item of a list in it."""

    document: Document
    base: FieldPath = ()
    kept: Mapping[FieldPath, tuple[int, ...]] = field(default_factory=dict, repr=False)
    """For lists from which items were left out: the written indexes of those that stayed."""

    @property
    def file(self) -> str:
        """The file, as the user named it."""
        return self.document.file

    def locate(self, path: FieldPath) -> Position:
        """Where a field of the object is written."""
        index, _ = find(self.document, (*self.base, *self.written(path)))
        return self.document.position(index)

    def written(self, path: FieldPath) -> FieldPath:
        """A path in the typed object as it was written."""
        return written(path, self.kept)

    def text_at(self, path: FieldPath) -> str | None:
        """The scalar at a path, as it is written; None if there is none."""
        _, node = find(self.document, (*self.base, *path))
        return node.value if type(node) is ScalarNode else None

    def moved(self, document: Document) -> ItemLocator:
        """The same object in an equal document elsewhere in the file."""
        return ItemLocator(document, self.base, self.kept)


def written(path: FieldPath, kept: Mapping[FieldPath, tuple[int, ...]]) -> FieldPath:
    """A path as it was written, before items were left out."""
    if not kept:
        return path
    result: FieldPath = ()
    for step in path:
        indexes = kept.get(result) if isinstance(step, int) else None
        if indexes is not None and isinstance(step, int) and step < len(indexes):
            step = indexes[step]
        result = (*result, step)
    return result


def find(document: Document, path: FieldPath) -> tuple[int, Node | None]:
    """The character at which a path is written, and its node; None if only a parent is."""
    try:
        node = compose_cached(document.text)
    except BadYamlError as problem:
        return problem.index, None
    if node is None:
        return 0, None
    index = _start(node)
    for step in path:
        found = _step(node, step)
        if found is None:
            return index, None
        index, node = found
    return index, node


def _start(node: Node) -> int:
    return int(node.start_mark.index)


def _step(node: Node, step: str | int) -> tuple[int, Node] | None:
    if isinstance(step, str):
        return _entries(node).get(step) if type(node) is MappingNode else None
    if type(node) is SequenceNode and step < len(node.value):
        return _start(node.value[step]), node.value[step]
    return None


@functools.lru_cache(maxsize=256)
def _entries(node: MappingNode) -> dict[str, tuple[int, Node]]:
    """Every key that a mapping has, with those that it takes over; nodes hash by identity."""
    return _own_and_inherited(node, frozenset())


def _own_and_inherited(node: Node, above: frozenset[int]) -> dict[str, tuple[int, Node]]:
    found: dict[str, tuple[int, Node]] = {}
    if id(node) in above:
        return found
    for key, value in node.value:
        if is_merge(key):
            for source in merge_sources(value):
                for name, entry in _own_and_inherited(source, above | {id(node)}).items():
                    found.setdefault(name, entry)
    own = {key_of(key): (_start(key), value) for key, value in node.value if not is_merge(key)}
    return {**found, **own}
