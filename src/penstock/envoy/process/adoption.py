"""Taking over a running Envoy that an earlier control plane has left."""

from __future__ import annotations

import logging
from typing import NamedTuple

from penstock.envoy.admin import AdminClient, AdminError
from penstock.envoy.child import Child
from penstock.envoy.drain import drain
from penstock.envoy.launch import EnvoySettings
from penstock.envoy.record import Running

_log = logging.getLogger(__name__)


class Adopted(NamedTuple):
    """Processes that are watched from now on."""

    child: Child
    former: Child | None
    """The one before it, which still has connections to finish."""


async def adopt(found: Running, admin: AdminClient, settings: EnvoySettings) -> Adopted | None:
    """Make `found` ours; None, with everything of it ended, when it cannot go on serving."""
    child = Child.adopt(found.identity)
    former = Child.adopt(found.former) if found.former is not None else None
    if child is not None and not found.draining and await _serves(found, admin):
        _log.info("envoy adopted epoch=%d pid=%d", found.epoch, found.identity.pid)
        return Adopted(child, former)
    if child is not None:
        _log.warning("envoy left over, cannot be taken over pid=%d", found.identity.pid)
        alone = settings.fellows == 1
        await drain(found.identity.pid, admin, settings.drain, alone=alone)
        await child.terminate(patience=settings.terminate_patience)
    if former is not None:
        await former.terminate(patience=settings.terminate_patience)
    return None


async def _serves(found: Running, admin: AdminClient) -> bool:
    try:
        info = await admin.server_info()
    except AdminError:
        return False
    return info.state != "DRAINING" and info.epoch == found.epoch
