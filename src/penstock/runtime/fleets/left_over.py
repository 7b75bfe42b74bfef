"""Proxies of an earlier run of the instance that this run has no use for."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from penstock.envoy.drain import DrainPolicy
from penstock.envoy.process import EnvoyError, end_left_over
from penstock.runtime.nodes import paths_of, recorded
from penstock.runtime.settings import Settings
from penstock.runtime.state import StateDir

_log = logging.getLogger(__name__)


class LeftOver:
    """Ends them once; which they are shows with the first configuration that is published."""

    def __init__(self, settings: Settings, state: StateDir) -> None:
        self._count = settings.proxies
        self._policy = DrainPolicy(timeout=max(0.1, settings.drain_seconds))
        self._state = state
        self.is_pending = True
        """Whether it has still to be looked for them."""

    async def end_all_but(self, regions: Iterable[str]) -> None:
        """Drain and end those of no fleet of `regions`; does nothing the second time."""
        if not self.is_pending:
            return
        self.is_pending = False
        fleets = [paths_of(self._state, region, self._count) for region in regions]
        kept = {paths.state for fleet in fleets for paths in fleet.values()}
        for paths in recorded(self._state):
            if paths.state not in kept:
                try:
                    await end_left_over(paths, self._policy)
                except (EnvoyError, OSError) as error:
                    _log.error("event=left-over path=%s error=%r", paths.state, str(error))
