"""A document's text to its value, and each object in that to what it is."""

from __future__ import annotations

import itertools
from typing import Any

from penstock.model import FieldPath, Finding, Origin
from penstock.objects import codes
from penstock.objects.read.identity import ref_of
from penstock.objects.read.item import read_item
from penstock.objects.read.lists import items_of
from penstock.objects.read.result import Read, joined
from penstock.objects.read.unreadable import forbidden, unreadable
from penstock.objects.yaml.documents import Document
from penstock.objects.yaml.locate import Point
from penstock.objects.yaml.nodes import Node, compose
from penstock.objects.yaml.problem import BadYamlError
from penstock.objects.yaml.values import build, build_with_aliases, duplicate_keys

_MOST_DOUBLES = 100
"""Findings on duplicate keys in one document; who sees a hundred needs no more."""
_BEGINNINGS = frozenset(("apiVersion", "kind"))
"""Keys that begin an object: who has one twice has two objects."""


def read_document(document: Document) -> Read:
    """Read one document; whatever is wrong with it becomes a finding."""
    if (bad := forbidden(document)) is not None:
        return bad
    try:
        value, doubles = _value(document)
    except BadYamlError as problem:
        return unreadable(document, problem)
    if value is None:
        return Read()
    read = joined([read_item(document, item, base) for item, base in items_of(value)])
    if not doubles:
        return read
    return Read(read.objects, (*doubles, *read.findings), read.left_out, read.broken)


def _value(document: Document) -> tuple[Any, list[Finding]]:
    text = document.text
    node = compose(text)
    if node is None:
        return None, []
    if "&" in text and "*" in text:
        value, doubled = build_with_aliases(node), True
    else:
        mappings: list[Node] = []
        value, doubled = build(node, mappings), bool(mappings)
    if not doubled:
        return value, []
    ref = ref_of(value)
    doubles = list(itertools.islice(duplicate_keys(node), _MOST_DOUBLES))
    twice = {path[0] for path, _, _ in doubles if len(path) == 1}
    hint = "Is a line `---` missing between two documents?" if twice & _BEGINNINGS else ""
    return value, [_double(document, ref, *double, hint) for double in doubles]


def _double(
    document: Document,
    ref: str,
    path: FieldPath,
    second: int,
    first: int,
    of_objects: str,
) -> Finding:
    """`of_objects` is the hint for keys that objects have only once."""
    place = document.position(second)
    message = (
        f"The key `{path[-1]}` is written twice in one mapping, first on line "
        f"{document.position(first).line}. The last one counts."
    )
    locator = Point(document.file, place)
    origin = Origin(ref, path, locator, at=f"{document.file}:{place.line}")
    hint = (of_objects if len(path) == 1 else "") or "Remove one of them."
    return codes.DUPLICATE_KEY.at(origin, message, hint)
