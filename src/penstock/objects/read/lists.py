"""The objects of a document: itself, or the items of a list, of every form that lists come in.

Those are Kubernetes' (``kind: List``, ``kind: ServiceList``, lists in lists), the Compute and
Cloud DNS APIs' answers, and the bare array that ``gcloud compute … list --format=json`` prints.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from penstock.model import FieldPath
from penstock.objects.compute.kinds import item_kind
from penstock.objects.compute.recognise import kind_by_name, self_linked
from penstock.objects.dns.base import PREFIX as DNS_PREFIX
from penstock.objects.dns.kinds import LISTS as DNS_LISTS
from penstock.objects.known_kinds import KINDS

Item = tuple[Any, FieldPath]
"""An object's raw value, and where it stands in the document."""


def items_of(value: Any) -> Iterator[Item]:
    """The objects of a document's value."""
    if not _is_array(value):
        yield from _items(value, ())
        return
    for index, item in enumerate(value):
        yield from _items(item, (index,))


def _items(value: Any, base: FieldPath) -> Iterator[Item]:
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


def _compute_items(value: dict[str, Any], base: FieldPath) -> Iterator[Item]:
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
    return not value or any(isinstance(item, dict) and _is_compute_resource(item) for item in value)


def _is_compute_resource(value: dict[str, Any]) -> bool:
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


def _is_list(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("items"), list):
        return False
    kind = value.get("kind")
    if not isinstance(kind, str) or not isinstance(value.get("apiVersion"), str):
        return False
    return kind == "List" or (kind.endswith("List") and kind.removesuffix("List") in KINDS)
