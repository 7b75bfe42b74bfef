"""One object's raw value to the object, or to what is wrong with it."""

from __future__ import annotations

import dataclasses
from typing import Any

from penstock.model import FieldPath, Origin
from penstock.objects import codes
from penstock.objects.compute.recognise import kind_by_name
from penstock.objects.decode import decode
from penstock.objects.identify import Verdict, identify, not_kubernetes_hint
from penstock.objects.known_kinds import KINDS
from penstock.objects.read.identity import identity_of, ref, refused_ref
from penstock.objects.read.result import Read
from penstock.objects.read.unreadable import template
from penstock.objects.schema import describe
from penstock.objects.yaml.documents import Document
from penstock.objects.yaml.locate import ItemLocator


def read_item(document: Document, value: Any, base: FieldPath) -> Read:
    """Read the object that stands at `base` of the document; what is wrong is a finding."""
    locator = ItemLocator(document, base)
    if not isinstance(value, dict):
        return _no_mapping(value, locator)
    if "kind" not in value and (named := kind_by_name(value)):
        value = {"kind": named.KIND, **value}
    verdict = identify(value)
    if verdict.kind is None:
        return Read() if verdict.code is None else _refused(value, verdict, locator)
    return _decoded(value, verdict, locator)


def _decoded(value: dict[str, Any], verdict: Verdict, locator: ItemLocator) -> Read:
    kind = verdict.kind
    assert kind is not None
    identity = identity_of(value, kind)
    called = ref(kind, identity)
    if identity and "{{" in identity[1] + identity[2]:
        return template(locator.document, locator.document.text.index("{{"))
    decoded = decode(kind, value, called, locator)
    objects = () if decoded.object is None else (decoded.object,)
    if decoded.whole:
        return Read(objects, decoded.findings)
    left_out = ((kind.KIND, *identity[1:]),) if identity else ()
    return Read(objects, decoded.findings, left_out, broken=identity is None)


def _refused(value: dict[str, Any], verdict: Verdict, locator: ItemLocator) -> Read:
    assert verdict.code is not None
    code, message, hint = verdict.code, verdict.message, verdict.hint
    if code is codes.NOT_KUBERNETES:
        hint = not_kubernetes_hint(locator.file, value) or hint
    kind = KINDS.get(str(value.get("kind")))
    identity = identity_of(value, kind)
    called, document = refused_ref(value, kind, identity), locator.document
    origin = Origin(called, verdict.path, locator, at=f"{document.file}:{document.first_line}")
    finding = dataclasses.replace(code.at(origin, message, hint), consequence=verdict.consequence)
    known = identity if kind else None
    left_out = (known,) if known and verdict.unread else ()
    return Read((), (finding,), left_out, broken=verdict.unread and known is None)


def _no_mapping(value: Any, locator: ItemLocator) -> Read:
    document = locator.document
    what = "a text" if isinstance(value, str) else describe(value)
    message = f"A Kubernetes object is a mapping of keys to values, but this is {what}."
    hint = "Start with apiVersion: and kind:."
    if isinstance(value, list):
        hint = "Write the objects as documents separated by ---, or as items of a kind: List."
    if "{{" in document.text:
        return template(document, document.text.index("{{"))
    origin = Origin("", (), locator, at=f"{document.file}:{document.first_line}")
    finding = codes.NOT_KUBERNETES.at(origin, message, hint)
    return Read((), (finding,), broken=True)
