"""A supervised Envoy for the time of a block: no process or task of it is without an owner."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from penstock.envoy.envoy_log import LogFollower
from penstock.envoy.launch import EnvoySettings, only_one
from penstock.envoy.paths import ProxyPaths
from penstock.envoy.process.state import ProcessState
from penstock.envoy.process.supervisor import EnvoyProcess


@asynccontextmanager
async def run_envoy(
    paths: ProxyPaths,
    settings: EnvoySettings,
    on_change: Callable[[ProcessState], None] | None = None,
) -> AsyncIterator[EnvoyProcess]:
    """A supervised Envoy for the time of the block; it is drained and ended at its end.

    Entering returns when the admin interface answers (`wait_ready` waits for
    configuration).  Raises EnvoyError when Envoy does not start, or when
    another control plane uses the same directory.
    """
    failure: BaseException | None = None
    with only_one(paths.lock):
        async with asyncio.TaskGroup() as tasks:
            envoy = EnvoyProcess(paths, settings, tasks, on_change)
            follower = LogFollower(paths.log, settings.node_id)
            following = tasks.create_task(follower.run())
            try:
                await envoy.begin()
                yield envoy
            except Exception as error:
                failure = error  # Raised below as itself, not as a group of one.
            finally:
                follower.poll()
                follower.expected = True
                if not envoy.is_stopping:
                    await envoy.stop()
                envoy.end_watches()
                following.cancel()
                follower.poll()
    if failure is not None:
        raise failure
