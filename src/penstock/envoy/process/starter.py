"""Makes the processes of one proxy, and tells whether a running one was made alike."""

from __future__ import annotations

import logging
from collections.abc import Callable

from penstock.envoy.bootstrap import BootstrapSettings, bootstrap, write_bootstrap
from penstock.envoy.child import Child, Identity
from penstock.envoy.launch import EnvoySettings, arguments, restart_options, rotate
from penstock.envoy.limits import memory_limit, raise_file_limit
from penstock.envoy.paths import ProxyPaths
from penstock.envoy.record import fingerprint

_log = logging.getLogger(__name__)


class Starter:
    """Bootstrap, program and options are those of now, for every process it makes."""

    def __init__(self, paths: ProxyPaths, settings: EnvoySettings) -> None:
        self._paths = paths
        self._settings = settings
        self._bootstrap = bootstrap(
            BootstrapSettings(
                settings.node_id,
                settings.cluster,
                paths.xds_socket,
                paths.admin_socket,
                memory_limit().shared(settings.fellows),
            )
        )

    def start(self, epoch: int, note: Callable[[Identity], None]) -> Child:
        """Start a process; `note` is told which, before it is Envoy.

        Raises OSError, or EnvoyError when its parent is not known.
        """
        if epoch == 0:
            rotate(self._paths.log)
        write_bootstrap(self._bootstrap, self._paths.bootstrap)
        options = restart_options(self._paths, epoch)
        command = [*arguments(self._paths, self._settings), *options]
        started = Child.launch(command, self._paths.log, note)
        raise_file_limit(started.identity.pid)
        _log.info("envoy started node=%s pid=%d", self._settings.node_id, started.identity.pid)
        return started

    def fingerprint(self) -> str:
        """Of all that a process is started with."""
        message = self._bootstrap.SerializeToString(deterministic=True)
        return fingerprint(arguments(self._paths, self._settings), message)
