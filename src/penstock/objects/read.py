"""One document to objects and findings: what `parse` does for each piece of a file."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from penstock.model import Finding, FindingCode, Origin
from penstock.objects import codes
from penstock.objects.compute.base import ComputeResource, place_of, short_name
from penstock.objects.compute.kinds import item_kind
from penstock.objects.compute.recognise import kind_by_name, self_linked
from penstock.objects.decode import decode
from penstock.objects.dns.base import PREFIX as DNS_PREFIX
from penstock.objects.dns.base import DnsResource
from penstock.objects.dns.kinds import LISTS as DNS_LISTS
from penstock.objects.identify import Verdict, identify, not_kubernetes_hint
from penstock.objects.known_kinds import KINDS
from penstock.objects.meta import Object, Resource
from penstock.objects.schema import describe
from penstock.objects.yaml.documents import Document
from penstock.objects.yaml.locate import ItemLocator, Point
from penstock.objects.yaml.nodes import Node, compose
from penstock.objects.yaml.problem import BadYamlError
from penstock.objects.yaml.values import build, build_with_aliases, duplicate_keys

Identity = tuple[str, str, str]
"""Kind, namespace, name."""


@dataclass(frozen=True, slots=True)
class Read:
    """What one document gave."""

    objects: tuple[Object[Any], ...] = ()
    findings: tuple[Finding, ...] = ()
    left_out: tuple[Identity, ...] = ()
    broken: bool = False


_DOCUMENT_OUT = "The document is left out."
_MOST_DOUBLES = 100
"""Findings on duplicate keys in one document; who sees a hundred needs no more."""
_BEGINNINGS = frozenset(("apiVersion", "kind"))
"""Keys that begin an object: who has one twice has two objects."""
_FORBIDDEN = re.compile(r"[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CHART = re.compile(r"\{\{-?[^}]{0,200}?(?:\.(?:Values|Release|Chart|Capabilities)\b|\binclude\s)")


def read_document(document: Document) -> Read:
    """Read one document; whatever is wrong with it becomes a finding."""
    forbidden = _FORBIDDEN.search(document.text)
    if forbidden:
        return _forbidden(document, forbidden)
    try:
        value, doubles = _value(document)
    except BadYamlError as problem:
        return _unreadable(document, problem)
    if value is None:
        return Read()
    items = list(_array(value) if _is_array(value) else _items(value, ()))
    read = _joined([_item(document, item, base) for item, base in items])
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
    ref = _ref_of(value)
    doubles = list(itertools.islice(duplicate_keys(node), _MOST_DOUBLES))
    twice = {path[0] for path, _, _ in doubles if len(path) == 1}
    hint = "Is a line `---` missing between two documents?" if twice & _BEGINNINGS else ""
    return value, [_double(document, ref, *double, hint) for double in doubles]


def _double(
    document: Document,
    ref: str,
    path: tuple[str | int, ...],
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


def _joined(reads: list[Read]) -> Read:
    if len(reads) == 1:
        return reads[0]
    return Read(
        tuple(obj for read in reads for obj in read.objects),
        tuple(finding for read in reads for finding in read.findings),
        tuple(identity for read in reads for identity in read.left_out),
        any(read.broken for read in reads),
    )


def _forbidden(document: Document, found: re.Match[str]) -> Read:
    number = ord(found.group())
    if 0xDC80 <= number <= 0xDCFF:
        message = f"The byte 0x{number - 0xDC00:02X} here is not UTF-8. {_DOCUMENT_OUT}"
        hint = "Save the file as UTF-8."
        return _broken(document, found.start(), codes.NOT_UTF8, message, hint)
    message = f"The character U+{number:04X} is not allowed here. {_DOCUMENT_OUT}"
    hint = "Remove it; in double quotes it may be written as an escape."
    return _broken(document, found.start(), codes.CONTROL_CHARACTER, message, hint)


def _unreadable(document: Document, problem: BadYamlError) -> Read:
    template = _template_at(document.text, problem.index)
    if template >= 0:
        return _template(document, template)
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


def _template(document: Document, index: int) -> Read:
    message = "This is a template, not a manifest: what stands in {{ }} has to be rendered first."
    hint = "Render it: helm template CHART | penstock up -f -"
    return _broken(document, index, codes.HELM_TEMPLATE, message, hint)


def _broken(document: Document, index: int, code: FindingCode, message: str, hint: str) -> Read:
    place = document.position(index)
    origin = Origin("", (), Point(document.file, place), at=f"{document.file}:{place.line}")
    consequence = _DOCUMENT_OUT if message.endswith(_DOCUMENT_OUT) else ""
    finding = dataclasses.replace(code.at(origin, message, hint), consequence=consequence)
    return Read(findings=(finding,), broken=True)


def _items(value: Any, base: tuple[str | int, ...]) -> Iterator[tuple[Any, tuple[str | int, ...]]]:
    """The objects of a document: itself, or the items of a list."""
    if _is_compute_list(value):
        yield from _compute_items(value, base)
        return
    if _is_dns_list(value):
        holder = DNS_LISTS[value["kind"]]
        yield from ((item, (*base, holder, i)) for i, item in enumerate(value[holder]))
        return
    if not _is_list(value):
        yield value, base
        return
    of_kind = {"apiVersion": value["apiVersion"], "kind": value["kind"].removesuffix("List")}
    typed = of_kind["kind"] in KINDS
    for index, item in enumerate(value["items"]):
        if typed and isinstance(item, dict) and "kind" not in item:
            item = {**of_kind, **item}
        yield from _items(item, (*base, "items", index))


def _compute_items(
    value: dict[str, Any], base: tuple[str | int, ...]
) -> Iterator[tuple[Any, tuple[str | int, ...]]]:
    """The items of a ``compute#urlMapList``, or of an aggregated one, which has them by place."""
    kind, items = item_kind(value["kind"]), value.get("items")
    places = items.items() if isinstance(items, dict) else ()
    found = [((*base, "items"), items)] if isinstance(items, list) else []
    for place, holder in places:
        lists = holder.items() if isinstance(holder, dict) else ()
        found += [((*base, "items", place, name), of) for name, of in lists if name != "warning"]
    for path, listed in found:
        for index, item in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(item, dict) and "kind" not in item:
                item = {"kind": kind, **item}
            yield item, (*path, index)


def _is_array(value: Any) -> bool:
    """Whether a document is what ``gcloud compute … list --format=json`` prints."""
    if not isinstance(value, list):
        return False
    return not value or any(isinstance(item, dict) and _is_compute(item) for item in value)


def _is_compute(value: dict[str, Any]) -> bool:
    kind = value.get("kind")
    if isinstance(kind, str) and kind.startswith(("compute#", DNS_PREFIX)):
        return True
    return kind is None and (kind_by_name(value) is not None or self_linked(value) is not None)


def _is_compute_list(value: Any) -> bool:
    """A list of a kind that is read, with or without items."""
    if not isinstance(value, dict) or item_kind(str(value.get("kind"))) not in KINDS:
        return False
    return isinstance(value.get("items", []), list | dict)


def _is_dns_list(value: Any) -> bool:
    """An answer of Cloud DNS that lists resources."""
    holder = DNS_LISTS.get(str(value.get("kind"))) if isinstance(value, dict) else None
    return holder is not None and isinstance(value.get(holder), list)


def _array(value: list[Any]) -> Iterator[tuple[Any, tuple[str | int, ...]]]:
    for index, item in enumerate(value):
        yield from _items(item, (index,))


def _is_list(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("items"), list):
        return False
    kind = value.get("kind")
    if not isinstance(kind, str) or not isinstance(value.get("apiVersion"), str):
        return False
    return kind == "List" or (kind.endswith("List") and kind.removesuffix("List") in KINDS)


def _item(document: Document, value: Any, base: tuple[str | int, ...]) -> Read:
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
    identity = _identity(value, kind)
    ref = _ref(kind, identity)
    if identity and "{{" in identity[1] + identity[2]:
        return _template(locator.document, locator.document.text.index("{{"))
    decoded = decode(kind, value, ref, locator)
    objects = () if decoded.object is None else (decoded.object,)
    if decoded.whole:
        return Read(objects, decoded.findings)
    left_out = ((kind.KIND, *identity[1:]),) if identity else ()
    return Read(objects, decoded.findings, left_out, broken=identity is None)


def _identity(value: dict[str, Any], kind: type[Resource] | None) -> Identity | None:
    """What an object is called, as far as its raw value says it; None if it has no name."""
    if kind is not None and issubclass(kind, ComputeResource):
        return _compute_identity(value, kind)
    if kind is not None and issubclass(kind, DnsResource):
        identity = kind.named(value)
        return (kind.KIND, *identity) if identity[1] else None
    metadata = value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if not isinstance(metadata, dict) or not isinstance(name, str) or not name:
        return None
    namespace = metadata.get("namespace")
    namespace = namespace if isinstance(namespace, str) and namespace else "default"
    return (str(value.get("kind")), namespace if kind is None or kind.NAMESPACED else "", name)


def _compute_identity(value: dict[str, Any], kind: type[ComputeResource]) -> Identity | None:
    name, link, region, zone = (
        text if isinstance(text := value.get(key), str) else ""
        for key in ("name", "selfLink", "region", "zone")
    )
    if not short_name(name):
        return None
    place = place_of(link or (name if "/" in name else ""), region or zone)
    return (kind.KIND, str(place), short_name(name))


def _ref_of(value: Any) -> str:
    """What a document's object is called; empty for lists and unknown kinds."""
    kind = KINDS.get(str(value.get("kind"))) if isinstance(value, dict) else None
    return _ref(kind, _identity(value, kind)) if kind else ""


def _ref(kind: type[Resource], identity: Identity | None) -> str:
    if identity is None:
        return kind.KIND.rpartition("#")[2]
    return kind.reference(identity[1], identity[2])


def _refused(value: dict[str, Any], verdict: Verdict, locator: ItemLocator) -> Read:
    assert verdict.code is not None
    code, message, hint = verdict.code, verdict.message, verdict.hint
    if code is codes.NOT_KUBERNETES:
        hint = not_kubernetes_hint(locator.file, value) or hint
    kind = KINDS.get(str(value.get("kind")))
    identity = _identity(value, kind)
    ref = _refused_ref(value, kind, identity)
    document = locator.document
    origin = Origin(ref, verdict.path, locator, at=f"{document.file}:{document.first_line}")
    finding = dataclasses.replace(code.at(origin, message, hint), consequence=verdict.consequence)
    known = identity if kind else None
    left_out = (known,) if known and verdict.unread else ()
    return Read((), (finding,), left_out, broken=verdict.unread and known is None)


def _refused_ref(
    value: dict[str, Any], kind: type[Resource] | None, identity: Identity | None
) -> str:
    if kind is not None:
        return _ref(kind, identity) if identity else ""
    said, name = value.get("kind"), value.get("name")
    if identity and said:
        return f"{identity[0]} {identity[1]}/{identity[2]}"
    if isinstance(said, str) and said.startswith("compute#") and isinstance(name, str):
        return f"{said.removeprefix('compute#')} {name[:80]}"
    return ""


def _no_mapping(value: Any, locator: ItemLocator) -> Read:
    document = locator.document
    what = "a text" if isinstance(value, str) else describe(value)
    message = f"A Kubernetes object is a mapping of keys to values, but this is {what}."
    hint = "Start with apiVersion: and kind:."
    if isinstance(value, list):
        hint = "Write the objects as documents separated by ---, or as items of a kind: List."
    if "{{" in document.text:
        return _template(document, document.text.index("{{"))
    origin = Origin("", (), locator, at=f"{document.file}:{document.first_line}")
    finding = codes.NOT_KUBERNETES.at(origin, message, hint)
    return Read((), (finding,), broken=True)
