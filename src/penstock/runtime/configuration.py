"""What the proxies of one fleet are meant to run."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.envoy.resources import Snapshot
from penstock.envoy.xds.overlay import Overlay


@dataclass(frozen=True, slots=True)
class Configuration:
    """One fleet's part of a revision."""

    snapshot: Snapshot
    overlay: Overlay | None = None
    """What single proxies get in place of what the snapshot says; None where all get the same."""

    @property
    def revision(self) -> str:
        """Content hash of the snapshot; equal ones have equal overlays."""
        return self.snapshot.revision
