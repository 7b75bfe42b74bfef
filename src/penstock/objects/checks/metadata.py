"""Names, labels and annotations."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from penstock.model import FieldPath
from penstock.objects import codes
from penstock.objects.meta import Resource
from penstock.objects.naming import (
    bad_dns_1035,
    bad_label,
    bad_label_value,
    bad_qualified,
    bad_subdomain,
    lower_hint,
)
from penstock.objects.problem import Problem

_NAME_RULES: dict[str, Callable[[str], str | None]] = {
    "Service": bad_dns_1035,
    "Namespace": bad_label,
}
_LARGEST_ANNOTATIONS = 256 * 1024


def check_metadata(resource: Resource) -> Iterator[Problem]:
    """Problems of an object's metadata."""
    meta = resource.metadata
    yield from _name(resource)
    if meta.namespace and resource.NAMESPACED:
        reason = bad_label(meta.namespace)
        if reason:
            yield _bad_name(("metadata", "namespace"), "namespace", meta.namespace, reason)
    if meta.labels:
        yield from check_labels(meta.labels, ("metadata", "labels"))
    if meta.annotations:
        yield from _annotations(meta.annotations)


def _name(resource: Resource) -> Iterator[Problem]:
    meta = resource.metadata
    if not meta.name:
        hint = "Give it a fixed name under metadata.name."
        message = "The object has no name."
        if meta.generate_name:
            message = "The object has generateName instead of a name."
        yield Problem(codes.MISSING_NAME, ("metadata",), message, hint, absent=("name",))
        return
    reason = _NAME_RULES.get(resource.KIND, bad_subdomain)(meta.name)
    if reason:
        yield _bad_name(("metadata", "name"), "name", meta.name, reason)


def _bad_name(path: FieldPath, what: str, name: str, reason: str) -> Problem:
    message = f"The {what} `{name[:80]}` is not allowed: {reason}."
    return Problem(codes.BAD_NAME, path, message, lower_hint(name[:80]))


def check_labels(labels: dict[str, str], path: FieldPath) -> Iterator[Problem]:
    """Problems of labels, or of a selector by labels."""
    for key, value in labels.items():
        reason = bad_qualified(key)
        if reason:
            message = f"The label key `{key[:80]}` is not allowed: {reason}."
            yield Problem(codes.BAD_LABEL, (*path, key), message)
        elif reason := bad_label_value(value):
            message = f"The value of label `{key}` is not allowed: {reason}."
            yield Problem(codes.BAD_LABEL, (*path, key), message)


def _annotations(annotations: dict[str, str]) -> Iterator[Problem]:
    size = 0
    for key, value in annotations.items():
        size += len(key) + len(value)
        reason = bad_qualified(key)
        if reason:
            message = f"The annotation key `{key[:80]}` is not allowed: {reason}."
            yield Problem(codes.BAD_LABEL, ("metadata", "annotations", key), message)
    if size > _LARGEST_ANNOTATIONS:
        message = "The annotations take more than 256 KiB together."
        yield Problem(codes.BAD_LABEL, ("metadata", "annotations"), message)
