"""Documents that cannot be read at all: what is wrong, and where, instead of objects."""

from __future__ import annotations

import dataclasses
import re

from penstock.model import FindingCode, Origin
from penstock.objects import codes
from penstock.objects.read.result import Read
from penstock.objects.yaml.documents import Document
from penstock.objects.yaml.locate import Point
from penstock.objects.yaml.problem import BadYamlError

_DOCUMENT_OUT = "The document is left out."
_FORBIDDEN = re.compile(r"[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CHART = re.compile(r"\{\{-?[^}]{0,200}?(?:\.(?:Values|Release|Chart|Capabilities)\b|\binclude\s)")


def forbidden(document: Document) -> Read | None:
    """What a character says that no YAML may have; None if there is none."""
    found = _FORBIDDEN.search(document.text)
    return _forbidden(document, found) if found else None


def _forbidden(document: Document, found: re.Match[str]) -> Read:
    number = ord(found.group())
    if 0xDC80 <= number <= 0xDCFF:
        message = f"The byte 0x{number - 0xDC00:02X} here is not UTF-8. {_DOCUMENT_OUT}"
        hint = "Save the file as UTF-8."
        return _broken(document, found.start(), codes.NOT_UTF8, message, hint)
    message = f"The character U+{number:04X} is not allowed here. {_DOCUMENT_OUT}"
    hint = "Remove it; in double quotes it may be written as an escape."
    return _broken(document, found.start(), codes.CONTROL_CHARACTER, message, hint)


def unreadable(document: Document, problem: BadYamlError) -> Read:
    """What a document says that is no YAML."""
    braces = _template_at(document.text, problem.index)
    if braces >= 0:
        return template(document, braces)
    message = f"{problem.message} {_DOCUMENT_OUT}"
    return _broken(document, problem.index, problem.code, message, problem.hint)


def _template_at(text: str, index: int) -> int:
    """Where a template's braces stand that are the likely reason for a problem; -1 if none are."""
    start = text.rfind("\n", 0, index) + 1
    end = text.find("\n", start)
    on_line = text.find("{{", start, end if end >= 0 else len(text))
    if on_line >= 0:
        return on_line
    chart = _CHART.search(text)
    return chart.start() if chart else -1


def template(document: Document, index: int) -> Read:
    """What a document says that is a template, by braces at `index`."""
    message = "This is a template, not a manifest: what stands in {{ }} has to be rendered first."
    hint = "Render it: helm template CHART | penstock up -f -"
    return _broken(document, index, codes.HELM_TEMPLATE, message, hint)


def _broken(document: Document, index: int, code: FindingCode, message: str, hint: str) -> Read:
    place = document.position(index)
    origin = Origin("", (), Point(document.file, place), at=f"{document.file}:{place.line}")
    consequence = _DOCUMENT_OUT if message.endswith(_DOCUMENT_OUT) else ""
    finding = dataclasses.replace(code.at(origin, message, hint), consequence=consequence)
    return Read(findings=(finding,), broken=True)
