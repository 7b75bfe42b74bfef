"""Compute resources that do not say their kind.

Resources of Network Security, Network Services and Certificate Manager have none, but their names
say the collection; of Compute resources a ``selfLink`` says it.  What was written
by hand for ``gcloud compute … import`` has neither; its fields only tell what it
most likely is.
"""

from __future__ import annotations

import functools
import re
from typing import Any

import msgspec

from penstock.objects.compute.base import ComputeResource
from penstock.objects.compute.kinds import COLLECTIONS, NAMED_COLLECTIONS

_SELF_LINK = re.compile(
    r"/compute/(?:v1|beta|alpha)/projects/[^/]+/(?:global|(?:regions|zones)/[^/]+)/"
    r"(?P<collection>\w+)/[^/]+$"
)
_LONG_NAME = re.compile(r"(?:^|/)projects/[^/]+/locations/[^/]+/(?P<collection>\w+)/[^/]+$")


def kind_by_name(value: dict[str, Any]) -> type[ComputeResource] | None:
    """The kind that ``selfLink`` or a long name says."""
    link, name = value.get("selfLink"), value.get("name")
    found = _SELF_LINK.search(link) if isinstance(link, str) else None
    if found:
        return COLLECTIONS.get(found["collection"])
    found = _LONG_NAME.search(name) if isinstance(name, str) else None
    return NAMED_COLLECTIONS.get(found["collection"]) if found else None


def other_collection(value: dict[str, Any]) -> str | None:
    """The collection of a long name that is none of those that are read: ``certificates``."""
    name = value.get("name")
    found = _LONG_NAME.search(name) if isinstance(name, str) else None
    return found["collection"] if found else None


def self_linked(value: dict[str, Any]) -> str | None:
    """The collection of any Compute resource's ``selfLink``, served or not."""
    link = value.get("selfLink")
    found = _SELF_LINK.search(link) if isinstance(link, str) else None
    return found["collection"] if found else None


def kind_by_fields(value: dict[str, Any]) -> type[ComputeResource] | None:
    """The kind that most of the fields belong to, if one of them belongs to Compute alone."""
    names = {name for name in value if isinstance(name, str)}
    if not names & _telling() or "apiVersion" in names or "metadata" in names:
        return None
    scores = {kind: len(names & _fields(kind)) for kind in COLLECTIONS.values()}
    best = max(scores, key=lambda kind: scores[kind])
    return best if scores[best] * 2 > len(names) else None


_COMMON = frozenset(field.encode_name for field in msgspec.structs.fields(ComputeResource))
# Words that other formats use, too.
_PLAIN_WORDS = """
    address annotations backends certificate instances labels network params port ports protocol
    parent purpose role rules size state status target tests type warnings
"""
_PLAIN = frozenset(_PLAIN_WORDS.split())


@functools.cache
def _fields(kind: type[ComputeResource]) -> frozenset[str]:
    return frozenset(field.encode_name for field in msgspec.structs.fields(kind))


@functools.cache
def _telling() -> frozenset[str]:
    every = frozenset[str]().union(*(_fields(kind) for kind in COLLECTIONS.values()))
    return every - _COMMON - _PLAIN
