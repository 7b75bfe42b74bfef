"""Tells the xDS server when a proxy really uses what it has acknowledged.

Envoy acknowledges a cluster before it has its endpoints, and a listener before
it has its routes; only the admin interface shows the end of warming.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

from penstock.envoy.admin import AdminClient, AdminError

_FIRST_PAUSE: Final = 0.001
_LONGEST_PAUSE: Final = 0.05


class AdminWarm:
    """Asks the admin interfaces of the proxies that this process runs, by node id."""

    def __init__(self, admins: Mapping[str, AdminClient]) -> None:
        self._admins = admins

    async def clusters(self, node_id: str, names: Collection[str]) -> None:
        """Return when none of the clusters is warming; at once for a proxy we cannot ask."""
        if (admin := self._admins.get(node_id)) is not None:
            await _poll(lambda: _none_warming(admin, names))

    async def listeners(self, node_id: str, names: Collection[str]) -> None:
        """Return when the proxy is live and serves the listeners' newest versions."""
        if (admin := self._admins.get(node_id)) is not None:
            await _poll(lambda: _in_service(admin, names))


async def _none_warming(admin: AdminClient, names: Collection[str]) -> bool:
    return await admin.warming_clusters(names) == 0


async def _in_service(admin: AdminClient, names: Collection[str]) -> bool:
    return await admin.warming_listeners(names) == 0 and await admin.ready()


async def _poll(condition: Callable[[], Awaitable[bool]]) -> None:
    """Until it holds; the caller bounds the time."""
    pause = _FIRST_PAUSE
    while True:
        try:
            if await condition():
                return
        except AdminError:
            pause = _LONGEST_PAUSE  # Not up yet, or shutting down.
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)
