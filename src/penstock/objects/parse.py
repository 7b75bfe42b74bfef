"""A file's text to objects and findings: the entrance of this room.

Each document is read by itself.  A `Parser` remembers what the documents of a
file's last text gave, so that a file with thousands of documents is read again
in the time of the one that changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from penstock.model import Finding, FindingCode, Origin, Position
from penstock.objects import codes
from penstock.objects.duplicates import drop_duplicates
from penstock.objects.meta import Object
from penstock.objects.read import Identity, Read, read_document
from penstock.objects.yaml.documents import Document, normalise, split
from penstock.objects.yaml.locate import ItemLocator, Point

MAX_BYTES = 64 * 1024 * 1024
"""The largest text that is read."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text holds."""

    objects: tuple[Object[Any], ...]
    """In the order of the text, each identity once."""
    findings: tuple[Finding, ...]
    left_out: frozenset[Identity] = frozenset()
    """Objects that are written, but invalid as a whole or in part."""
    broken: Position | None = None
    """Where the first document is of which nobody knows which objects it holds."""
    blank: bool = False
    """Whether the text is empty."""


_Memo = dict[str, tuple[Document, Read]]


def parse_text(text: str | bytes, file: str) -> Parsed:
    """Read manifests (YAML or JSON, several documents); `file` is how findings name the text.

    Whatever is wrong becomes a finding; nothing is raised.
    """
    return Parser(file).parse(text)


class Parser:
    """Reads one file, again and again."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._memo: _Memo = {}

    def parse(self, text: str | bytes) -> Parsed:
        """Read the file's text; documents that did not change keep their objects."""
        if len(text) > MAX_BYTES:
            return self._refused(codes.TOO_BIG, _too_big(len(text)), "Split it into smaller files.")
        decoded = _decode(text) if isinstance(text, bytes) else text
        if decoded is None:
            hint = "Save it as UTF-8 (PowerShell: Out-File -Encoding utf8)."
            return self._refused(codes.NOT_UTF8, "The file is UTF-16, not UTF-8.", hint)
        return self._documents(normalise(decoded))

    def _documents(self, text: str) -> Parsed:
        memo: _Memo = {}
        reads = []
        for first_line, piece in split(text):
            document, read = self._read(Document(self.file, piece, first_line))
            memo[piece] = (document, read)
            reads.append((document, read))
        self._memo = memo
        return _together(reads, blank=not text.strip())

    def _read(self, document: Document) -> tuple[Document, Read]:
        known, read = self._memo.get(document.text, (None, None))
        if known is None or read is None:
            return document, read_document(document)
        if known.first_line == document.first_line:
            return known, read
        if read.findings:
            return document, read_document(document)
        return document, Read(tuple(_moved(obj, document) for obj in read.objects))

    def _refused(self, code: FindingCode, message: str, hint: str) -> Parsed:
        place = Position(1, 1)
        origin = Origin("", (), Point(self.file, place), at=self.file)
        return Parsed((), (code.at(origin, message, hint),), broken=place)


def _too_big(size: int) -> str:
    return (
        f"The file has {size // 2**20} MiB; Penstock reads files up to {MAX_BYTES // 2**20} MiB. "
        "Nothing of it is read."
    )


def _decode(data: bytes) -> str | None:
    """The text; bytes that are not UTF-8 stay as lone surrogates, None for UTF-16."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None
    return data.decode("utf-8", "surrogateescape")


def _moved(obj: Object[Any], document: Document) -> Object[Any]:
    assert isinstance(obj.locator, ItemLocator)
    return Object(obj.resource, obj.locator.moved(document))


def _together(reads: list[tuple[Document, Read]], blank: bool) -> Parsed:
    objects, duplicates = drop_duplicates(obj for _, read in reads for obj in read.objects)
    findings = [finding for _, read in reads for finding in read.findings]
    broken = next((Position(doc.first_line, 1) for doc, read in reads if read.broken), None)
    return Parsed(
        tuple(objects),
        tuple(_one_template(findings + duplicates)),
        frozenset(identity for _, read in reads for identity in read.left_out),
        broken,
        blank,
    )


def _one_template(findings: list[Finding]) -> Iterator[Finding]:
    """One finding for a whole file of templates is enough."""
    said = False
    for finding in findings:
        if finding.code == codes.HELM_TEMPLATE.name:
            if said:
                continue
            said = True
        yield finding
