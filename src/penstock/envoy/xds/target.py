"""A published snapshot together with what it changed against the one before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from penstock.envoy.resources import TYPE_URLS, EnvoyResource, Snapshot
from penstock.envoy.xds.overlay import NOTHING, Overlay


@dataclass(frozen=True, slots=True)
class Target:
    """What every proxy is meant to run from now on."""

    snapshot: Snapshot
    sequence: int
    """Grows with every snapshot; a proxy that answered a later one answered this one too."""
    changed: Mapping[str, frozenset[str]]
    """Type URL → names added or changed."""
    removes: bool
    """Whether anything of the snapshot before is gone."""
    overlay: Overlay | None = None
    """Load assignments that differ from proxy to proxy."""

    @property
    def revision(self) -> str:
        """The snapshot's revision."""
        return self.snapshot.revision

    def of(self, type_url: str) -> Mapping[str, EnvoyResource]:
        """The snapshot's resources of one type."""
        return self.snapshot.resources[type_url]

    def own(self, node_id: str) -> Mapping[str, EnvoyResource]:
        """Load assignments of one proxy in place of the snapshot's."""
        return self.overlay.of(node_id) if self.overlay is not None and node_id else NOTHING


def follow(
    before: Snapshot | None, snapshot: Snapshot, sequence: int, overlay: Overlay | None = None
) -> Target:
    """The next target; the difference is computed here once for all proxies."""
    changed: dict[str, frozenset[str]] = {}
    removes = False
    for url in TYPE_URLS:
        old = before.resources[url] if before else {}
        new = snapshot.resources[url]
        if old is new:
            changed[url] = frozenset()
            continue
        changed[url] = frozenset(n for n, resource in new.items() if differs(old.get(n), resource))
        removes = removes or any(name not in new for name in old)
    return Target(snapshot, sequence, changed, removes, overlay)


def differs(old: EnvoyResource | None, new: EnvoyResource) -> bool:
    """Whether it is another one, or there was none."""
    return old is not new and (old is None or old.version != new.version)
