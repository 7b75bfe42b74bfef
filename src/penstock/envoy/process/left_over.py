"""Ends an Envoy of an earlier run that nobody has a use for any more."""

from __future__ import annotations

import logging
from typing import Final

from penstock.envoy.admin import AdminClient
from penstock.envoy.child import Child
from penstock.envoy.drain import DrainPolicy, drain
from penstock.envoy.launch import only_one
from penstock.envoy.paths import ProxyPaths, discard_socket_directory
from penstock.envoy.record import find_running

_log = logging.getLogger(__name__)
_PATIENCE: Final = 5.0
"""Seconds between SIGTERM and SIGKILL."""


async def end_left_over(paths: ProxyPaths, policy: DrainPolicy) -> None:
    """Drain the Envoy of this directory and end it, with the one before it; none is fine, too.

    Raises EnvoyError when another control plane uses the directory.
    """
    with only_one(paths.lock):
        found = await find_running(paths)
        identities = (found.identity, found.former) if found is not None else ()
        adopted = [Child.adopt(identity) for identity in identities if identity is not None]
        children = [child for child in adopted if child is not None]
        if children:
            _log.info("envoy left over path=%s", paths.state)
            pid, admin = children[0].identity.pid, AdminClient(paths.admin_socket)
            await drain(pid, admin, policy, alone=False)
        for child in children:
            await child.terminate(patience=_PATIENCE)
        paths.sweep()
    discard_socket_directory(paths.state)
