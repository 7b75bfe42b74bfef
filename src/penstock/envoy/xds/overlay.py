"""Resources of which each proxy gets its own version: shares of endpoints, with subsetting."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from penstock.envoy.resources import EnvoyResource

NOTHING: Final[Mapping[str, EnvoyResource]] = {}


class Overlay(Protocol):
    """Load assignments by node and name; those of a snapshot hold for all that are not in it.

    What did not change is the same object as in the overlay before.  The names are
    the same for every node, and a snapshot has them, too.
    """

    def of(self, node_id: str) -> Mapping[str, EnvoyResource]:
        """What this node gets, by name; asked only for nodes that are connected."""
