"""Resources → snapshot, at the cost of the types that changed.

`Snapshot.of` sorts and hashes everything; with thousands of clusters that takes
longer than compiling one changed route.  Tables of unchanged types are kept.
"""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from penstock.envoy.resources import TYPE_URLS, EnvoyResource, Snapshot, fingerprint_line


@dataclass(slots=True)
class _Type:
    """The newest resources of one type."""

    listed: Sequence[EnvoyResource] = ()
    """As they came."""
    table: Mapping[str, EnvoyResource] = field(default_factory=dict)
    """By name, sorted."""
    lines: dict[str, str] = field(default_factory=dict)
    """What each adds to the fingerprint, in the same order."""
    fingerprint: bytes = b""

    def take(self, url: str, listed: Sequence[EnvoyResource]) -> None:
        """Take over a new list; single resources that were replaced are no reason to sort."""
        # Lists compare items by identity first: cheap when nothing changed.
        if self.listed == listed:
            return
        fresh = self._replaced(listed)
        if fresh is None:
            fresh = sorted(listed, key=operator.attrgetter("name"))
            self.table, self.lines = {}, {}
        self.table = {**self.table, **{resource.name: resource for resource in fresh}}
        for resource in fresh:
            self.lines[resource.name] = fingerprint_line(url, resource)
        self.listed = listed
        self.fingerprint = "".join(self.lines.values()).encode()

    def _replaced(self, listed: Sequence[EnvoyResource]) -> list[EnvoyResource] | None:
        """What took the place of resources of the same names; None if names have changed."""
        if len(listed) != len(self.listed):
            return None
        pairs = zip(self.listed, listed, strict=True)
        changed = [(old, new) for old, new in pairs if old is not new]
        if any(old.name != new.name for old, new in changed):
            return None
        return [new for _, new in changed]


class SnapshotMaker:
    """Makes the snapshots of successive revisions; equal to what `Snapshot.of` gives."""

    def __init__(self) -> None:
        self._types = {url: _Type() for url in TYPE_URLS}

    def make(self, resources: Iterable[EnvoyResource]) -> Snapshot:
        """The snapshot of all ``resources``."""
        by_type: dict[str, list[EnvoyResource]] = {url: [] for url in TYPE_URLS}
        for resource in resources:
            by_type[resource.type_url].append(resource)
        digest = hashlib.blake2b(digest_size=8)
        for url, known in self._types.items():
            known.take(url, by_type[url])
            digest.update(known.fingerprint)
        tables = {url: known.table for url, known in self._types.items()}
        return Snapshot(MappingProxyType(tables), digest.hexdigest())
