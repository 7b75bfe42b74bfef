"""What has to be left out for a problem: the smallest part that leaves a valid object.

Which parts may go is a table by kind; a part goes as a whole or not at all.
Fields and annotations that limit or select (a class name, source ranges, a BackendConfig's
name) are never left out by themselves, because the object would then do more than its
author asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from penstock.model import FieldPath
from penstock.objects.compute.parts import KEEP_ONE
from penstock.objects.compute.parts import PARTS as COMPUTE_PARTS
from penstock.objects.dns.parts import KEEP_ONE as DNS_KEEP_ONE
from penstock.objects.dns.parts import PARTS as DNS_PARTS
from penstock.objects.gke.annotations import LIMITING


@dataclass(frozen=True, slots=True)
class Part:
    """A part that may be left out."""

    pattern: FieldPath
    """Path with ``*`` for any index or key."""
    name: str
    """In words, for messages."""
    keep_one: bool = False
    """The last of its list cannot go alone: the part around it has to."""


def _part(path: str, name: str, keep_one: bool = False) -> Part:
    return Part(tuple(path.split("/")), name, keep_one)


_ANNOTATIONS: FieldPath = ("metadata", "annotations")
_COMMON = (
    _part("metadata/labels/*", "label"),
    _part("metadata/annotations/*", "annotation"),
)
_CONTAINER = (
    _part("containers/*", "container"),
    _part("containers/*/ports/*", "port"),
    _part("containers/*/readinessProbe", "probe"),
    _part("containers/*/livenessProbe", "probe"),
)


def _below(prefix: str, parts: Iterable[Part]) -> tuple[Part, ...]:
    return tuple(
        Part((*prefix.split("/"), *part.pattern), part.name, part.keep_one) for part in parts
    )


_WORKLOAD = (
    *_below("spec/template/spec", _CONTAINER),
    *_below("spec/template", _COMMON),
)
_PARTS: dict[str, tuple[Part, ...]] = {
    "Ingress": (
        _part("spec/rules/*", "rule"),
        _part("spec/rules/*/http/paths/*", "path", keep_one=True),
        _part("spec/tls/*", "TLS entry"),
        _part("spec/tls/*/hosts/*", "host name", keep_one=True),
        _part("spec/defaultBackend", "default backend"),
    ),
    "Service": (_part("spec/ports/*", "port"),),
    "EndpointSlice": (
        _part("endpoints/*", "endpoint"),
        _part("endpoints/*/addresses/*", "address", keep_one=True),
        _part("ports/*", "port", keep_one=True),
    ),
    "Endpoints": (
        _part("subsets/*", "subset"),
        _part("subsets/*/addresses/*", "address"),
        _part("subsets/*/notReadyAddresses/*", "address"),
        _part("subsets/*/ports/*", "port", keep_one=True),
    ),
    "Secret": (_part("data/*", "entry"), _part("stringData/*", "entry")),
    "ConfigMap": (_part("data/*", "entry"), _part("binaryData/*", "entry")),
    "Node": (_part("status/addresses/*", "address"),),
    "Pod": _below("spec", _CONTAINER),
    **dict.fromkeys(("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"), _WORKLOAD),
    "PenstockConfig": (
        _part("spec/projects/*", "project"),
        _part("spec/projects/*/grants/*", "grant"),
        _part("spec/projects/*/grants/*/to/*", "project", keep_one=True),
        _part("spec/regions/*", "region"),
        _part("spec/regions/*/zones/*", "zone"),
        _part("spec/networks/*", "network"),
        _part("spec/networks/*/connected/*", "connection"),
        _part("spec/regions/*/neighbours/*", "neighbour"),
        _part("spec/subnets/*", "subnet"),
        _part("spec/instances/*", "instance"),
        _part("spec/services/*", "service"),
        _part("spec/certificates/*", "certificate"),
        _part("spec/addresses/*", "address"),
        # A policy without one of its rules might let more through: it goes as a whole.
        _part("spec/securityPolicies/*", "security policy"),
        _part("spec/clients/*", "entry"),
        _part("spec/clients/*/ranges/*", "range", keep_one=True),
        _part("spec/via", "value"),
        _part("spec/gkeClasses/*", "class"),
        _part("spec/vpcNative", "value"),
    ),
    # What limits who gets through (iap, securityPolicy) never goes alone.
    "BackendConfig": (
        _part("spec/timeoutSec", "value"),
        _part("spec/connectionDraining", "block"),
        _part("spec/sessionAffinity", "block"),
        _part("spec/customRequestHeaders", "block"),
        _part("spec/customRequestHeaders/headers/*", "header"),
        _part("spec/customResponseHeaders", "block"),
        _part("spec/customResponseHeaders/headers/*", "header"),
        _part("spec/healthCheck", "block"),
        _part("spec/logging", "block"),
        _part("spec/cdn", "block"),
    ),
    "FrontendConfig": (_part("spec/redirectToHttps/responseCodeName", "value"),),
    "ManagedCertificate": (_part("spec/domains/*", "domain", keep_one=True),),
    **{
        kind: tuple(_part(path, name, keep_one=name in one_stays) for path, name in parts)
        for table, one_stays in ((COMPUTE_PARTS, KEEP_ONE), (DNS_PARTS, DNS_KEEP_ONE))
        for kind, parts in table.items()
    },
}


def parts_around(kind: str, path: FieldPath) -> Iterator[tuple[FieldPath, Part]]:
    """The parts that hold a path and may be left out, smallest first."""
    for length in range(len(path), 0, -1):
        prefix = path[:length]
        if prefix[:-1] == _ANNOTATIONS and prefix[-1] in LIMITING:
            return
        for part in (*_PARTS.get(kind, ()), *_COMMON):
            if _matches(part.pattern, prefix):
                yield prefix, part


def _matches(pattern: FieldPath, path: FieldPath) -> bool:
    if len(pattern) != len(path):
        return False
    return all(want in ("*", step) for want, step in zip(pattern, path, strict=True))


def to_drop(kind: str, value: Any, paths: Iterable[FieldPath]) -> dict[FieldPath, Part] | None:
    """The parts to leave out for problems at some paths; None if it is the whole object."""
    dropped: dict[FieldPath, Part] = {}
    for path in paths:
        around = next(iter(parts_around(kind, path)), None)
        if around is None:
            return None
        dropped[around[0]] = around[1]
    while True:
        wider = _emptied(kind, value, dropped)
        if wider is None:
            return dropped
        path, part = wider
        if part is None:
            return None
        dropped[path] = part


def _emptied(
    kind: str, value: Any, dropped: dict[FieldPath, Part]
) -> tuple[FieldPath, Part | None] | None:
    """A part that has to go because nothing would be left of a list in it."""
    for path, part in dropped.items():
        if not part.keep_one or any(path[:length] in dropped for length in range(len(path))):
            continue
        parent = path[:-1]
        gone = sum(1 for other in dropped if other[:-1] == parent)
        if gone >= len(_at(value, parent)):
            return next(parts_around(kind, parent), (parent, None))
    return None


def _at(value: Any, path: FieldPath) -> Any:
    for step in path:
        value = value[step]
    return value
