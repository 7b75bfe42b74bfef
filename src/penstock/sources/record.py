"""A file's live objects as bytes, and back: the documents' own text, so that origins come back too.

The first line holds a checksum of everything after it and the file's name; a
record that was cut or changed is refused.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from penstock.objects.meta import Object
from penstock.objects.read import Identity, read_document
from penstock.objects.yaml.documents import Document
from penstock.objects.yaml.locate import ItemLocator
from penstock.sources.last_good import View, identity_of

_MAGIC = "penstock-last-good-1"


class DamagedError(ValueError):
    """The bytes are no record, or no longer the one that was written."""


@dataclass(frozen=True, slots=True)
class _Head:
    magic: str
    digest: str
    name: str


@dataclass(frozen=True, slots=True)
class _Piece:
    """A document, and which of its objects are live."""

    first_line: int
    text: str
    objects: tuple[Identity, ...]


@dataclass(frozen=True, slots=True)
class _Body:
    path: str
    """Absolute: the same name means another file elsewhere."""
    pieces: tuple[_Piece, ...]


def encode(name: str, view: View) -> bytes:
    """The record of a file."""
    path = os.path.abspath(name)  # noqa: PTH100
    body = msgspec.json.encode(_Body(path, tuple(_pieces(view))))
    head = msgspec.json.encode(_Head(_MAGIC, _digest(name, body), name))
    return head + b"\n" + body


def decode(data: bytes) -> tuple[str, View]:
    """The file's absolute path, and what it gave; raises DamagedError."""
    line, _, rest = data.partition(b"\n")
    head = _head(line)
    if _digest(head.name, rest) != head.digest:
        raise DamagedError("the checksum does not fit")
    try:
        body = msgspec.json.decode(rest, type=_Body)
    except msgspec.DecodeError as error:
        raise DamagedError(str(error)) from error
    return body.path, _view(head.name, body)


def decode_name(line: bytes) -> str:
    """The name of the file, from a record's first line; raises DamagedError."""
    return _head(line).name


def _head(line: bytes) -> _Head:
    try:
        head = msgspec.json.decode(line, type=_Head)
    except msgspec.DecodeError as error:
        raise DamagedError(str(error)) from error
    if head.magic != _MAGIC:
        raise DamagedError("another format")
    return head


def _digest(name: str, body: bytes) -> str:
    return hashlib.blake2b(name.encode() + b"\0" + body, digest_size=16).hexdigest()


def _pieces(view: View) -> Iterator[_Piece]:
    taken: dict[tuple[int, str], list[Identity]] = {}
    for obj in (*view.fresh, *view.kept):
        if isinstance(obj.locator, ItemLocator):
            document = obj.locator.document
            taken.setdefault((document.first_line, document.text), []).append(identity_of(obj))
    for (line, text), identities in taken.items():
        yield _Piece(line, text, tuple(identities))


def _view(name: str, body: _Body) -> View:
    objects: list[Object[Any]] = []
    left_out: set[Identity] = set()
    for piece in body.pieces:
        read = read_document(Document(name, piece.text, piece.first_line))
        objects += [obj for obj in read.objects if identity_of(obj) in piece.objects]
        left_out.update(read.left_out)
    whole = frozenset(identity_of(obj) for obj in objects) - left_out
    return View(tuple(objects), whole=whole)
