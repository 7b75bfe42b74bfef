"""What an object is called, as far as its raw value says it, read or not."""

from __future__ import annotations

from typing import Any

from penstock.objects.compute.base import ComputeResource, place_of, short_name
from penstock.objects.dns.base import DnsResource
from penstock.objects.known_kinds import KINDS
from penstock.objects.meta import Resource

Identity = tuple[str, str, str]
"""Kind, namespace, name."""


def identity_of(value: dict[str, Any], kind: type[Resource] | None) -> Identity | None:
    """What an object is called, as far as its raw value says it; None if it has no name."""
    if kind is not None and issubclass(kind, ComputeResource):
        return _of_compute(value, kind)
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


def _of_compute(value: dict[str, Any], kind: type[ComputeResource]) -> Identity | None:
    name, link, region, zone = (
        text if isinstance(text := value.get(key), str) else ""
        for key in ("name", "selfLink", "region", "zone")
    )
    if not short_name(name):
        return None
    place = place_of(link or (name if "/" in name else ""), region or zone)
    return (kind.KIND, str(place), short_name(name))


def ref_of(value: Any) -> str:
    """How findings call a document's object; empty for lists and unknown kinds."""
    kind = KINDS.get(str(value.get("kind"))) if isinstance(value, dict) else None
    return ref(kind, identity_of(value, kind)) if kind else ""


def ref(kind: type[Resource], identity: Identity | None) -> str:
    """How findings call an object of a known kind; by its kind if it has no name."""
    if identity is None:
        return kind.KIND.rpartition("#")[2]
    return kind.reference(identity[1], identity[2])


def refused_ref(
    value: dict[str, Any], kind: type[Resource] | None, identity: Identity | None
) -> str:
    """How findings call an object that is not read; empty if it does not say."""
    if kind is not None:
        return ref(kind, identity) if identity else ""
    said, name = value.get("kind"), value.get("name")
    if identity and said:
        return f"{identity[0]} {identity[1]}/{identity[2]}"
    if isinstance(said, str) and said.startswith("compute#") and isinstance(name, str):
        return f"{said.removeprefix('compute#')} {name[:80]}"
    return ""
