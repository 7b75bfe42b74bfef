"""Nodes to plain values (dict, list, str, int, float, bool, None), as Kubernetes reads them.

Most documents have neither aliases, merge keys nor tags, and take the fast way;
the others are built with care, so that what aliases expand to stays bounded.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any

from penstock.model import FieldPath
from penstock.objects import codes
from penstock.objects.yaml.nodes import (
    MAX_DEPTH,
    PLAIN,
    QUOTED,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
)
from penstock.objects.yaml.problem import BadYamlError
from penstock.objects.yaml.scalars import Scalar, key_text, resolve_plain

Value = Any
"""A plain value; untyped by nature until `decode` has checked it."""

MAX_ALIASED = 100_000
"""Nodes that aliases may add to a document in all."""
_MERGE = "<<"
_STANDARD = "tag:yaml.org,2002:"


def build(node: Node, doubled: list[Node]) -> Value:
    """The value of a document without aliases.

    Of duplicate keys the last counts; mappings that have some are added to `doubled`.
    """
    kind = type(node)
    if kind is ScalarNode:
        if node.tag == QUOTED:
            return node.value
        return resolve_plain(node.value) if node.tag == PLAIN else _tagged(node)
    if kind is SequenceNode:
        return [build(item, doubled) for item in node.value]
    built = {key_of(key): build(value, doubled) for key, value in node.value}
    if len(built) < len(node.value):
        doubled.append(node)
    if _MERGE in built and any(is_merge(key) for key, _ in node.value):
        return _Careful().value(node, 0)
    return built


def build_with_aliases(node: Node) -> Value:
    """The value of a document that may have aliases.

    Raises:
        BadYamlError: it contains itself, or expands beyond `MAX_ALIASED` nodes.
    """
    return _Careful().value(node, 0)


def key_of(node: Node) -> str:
    """A mapping key as text.

    Raises:
        BadYamlError: the key is a list or a mapping.
    """
    if type(node) is not ScalarNode:
        raise BadYamlError(
            codes.SYNTAX,
            node.start_mark.index,
            "A key must be plain text, but this one is a list or a mapping.",
            "Quote the value if it is text that starts with { or [.",
        )
    return key_text(node.value) if node.tag == PLAIN else str(node.value)


def _tagged(node: Node) -> Scalar:
    """A scalar with an explicit tag; tags that Kubernetes does not know do not count."""
    tag, text = node.tag.removeprefix(_STANDARD), node.value
    if tag in ("str", "!"):
        return str(text)
    if tag == "binary":
        return _binary(node)
    return resolve_plain(text)


def _binary(node: Node) -> str:
    try:
        return base64.b64decode("".join(node.value.split()), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise BadYamlError(
            codes.SYNTAX,
            node.start_mark.index,
            "The value after !!binary is not base64 of UTF-8 text.",
            "Remove the tag, or correct the value.",
        ) from None


class _Careful:
    """Builds values with a bound on depth and on what aliases add."""

    def __init__(self) -> None:
        self.seen: set[int] = set()
        self.open: set[int] = set()
        self.aliased = 0

    def value(self, node: Node, depth: int) -> Value:
        self._count(node, depth)
        if type(node) is ScalarNode:
            return build(node, [])
        self.open.add(id(node))
        if type(node) is SequenceNode:
            built: Value = [self.value(item, depth + 1) for item in node.value]
        else:
            built = self._mapping(node, depth)
        self.open.discard(id(node))
        return built

    def _count(self, node: Node, depth: int) -> None:
        if id(node) in self.open:
            raise _bomb(node, "An alias refers to the value that it is part of.")
        if depth > MAX_DEPTH:
            raise _bomb(node, f"Aliases nest values more than {MAX_DEPTH} levels deep.")
        if id(node) not in self.seen:
            self.seen.add(id(node))
            return
        self.aliased += 1
        if self.aliased > MAX_ALIASED:
            raise _bomb(node, f"Aliases expand this document by more than {MAX_ALIASED:,} values.")

    def _mapping(self, node: Node, depth: int) -> dict[str, Value]:
        merged: dict[str, Value] = {}
        own: dict[str, Value] = {}
        for key, value in node.value:
            if is_merge(key):
                for source in merge_sources(value):
                    for name, inherited in self.value(source, depth + 1).items():
                        merged.setdefault(name, inherited)
            else:
                own[key_of(key)] = self.value(value, depth + 1)
        return {**merged, **own}


def is_merge(key: Node) -> bool:
    """Whether a key is ``<<``, which takes over another mapping's entries."""
    return key.tag == PLAIN and key.value == _MERGE


def merge_sources(node: Node) -> list[MappingNode]:
    """The mappings that a merge key takes over, strongest first.

    Raises:
        BadYamlError: the value is neither a mapping nor a list of mappings.
    """
    sources = node.value if type(node) is SequenceNode else [node]
    if all(type(source) is MappingNode for source in sources):
        return list(sources)
    raise BadYamlError(
        codes.SYNTAX,
        node.start_mark.index,
        "The merge key << needs a mapping, or a list of mappings.",
        "Write << : *name, where &name marks a mapping.",
    )


def _bomb(node: Node, message: str) -> BadYamlError:
    hint = "Write the values out; manifests need few aliases or none."
    return BadYamlError(codes.ALIAS_BOMB, node.start_mark.index, message, hint)


def duplicate_keys(root: Node) -> Iterator[tuple[FieldPath, int, int]]:
    """Keys written twice: path, and the characters where the second and the first are."""
    stack: list[tuple[Node, FieldPath]] = [(root, ())]
    seen: set[int] = set()
    while stack:
        node, path = stack.pop()
        if id(node) in seen or type(node) is ScalarNode:
            continue
        seen.add(id(node))
        if type(node) is SequenceNode:
            stack.extend((item, (*path, i)) for i, item in enumerate(node.value))
            continue
        first: dict[str, int] = {}
        for key, value in node.value:
            name, index = key_of(key), key.start_mark.index
            if name in first:
                yield (*path, name), index, first[name]
            first.setdefault(name, index)
            stack.append((value, (*path, name)))
