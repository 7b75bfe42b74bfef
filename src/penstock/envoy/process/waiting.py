"""Waiting for what a process becomes, with the end of its log if it does not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from penstock.envoy.admin import AdminClient, AdminError
from penstock.envoy.child import Child
from penstock.envoy.envoy_log import last_lines
from penstock.envoy.launch import EnvoyError

_POLL_READY: Final = 0.005


async def until_answering(admin: AdminClient, log: Path, has_ended: Callable[[], bool]) -> None:
    """Return once the admin interface answers; raises EnvoyError if Envoy ends before."""
    with _no_timeout("Envoy's admin interface did not answer", log):
        async with asyncio.timeout(30):
            while True:
                if has_ended():
                    raise EnvoyError(_with_log("Envoy ended at once", log))
                with suppress(AdminError):
                    await admin.ready()
                    return
                await asyncio.sleep(_POLL_READY)


async def until_live(admin: AdminClient, log: Path, within: float) -> None:
    """Return when Envoy has its first configuration; raises EnvoyError after `within` seconds."""
    with _no_timeout("Envoy got no configuration in time", log):
        async with asyncio.timeout(within):
            while True:
                with suppress(AdminError):
                    if await admin.ready():
                        return
                await asyncio.sleep(_POLL_READY)


async def until_serving(
    admin: AdminClient, log: Path, fresh: Child, epoch: int, within: float
) -> None:
    """Return when it is `fresh`, of this epoch, that serves; raises EnvoyError if it ends."""
    with _no_timeout("The new Envoy did not come up", log):
        async with asyncio.timeout(within):
            while not fresh.ended:
                with suppress(AdminError):
                    info = await admin.server_info()
                    if info.epoch == epoch and info.state == "LIVE":
                        return
                await asyncio.sleep(_POLL_READY)
    raise EnvoyError(_with_log("The new Envoy ended at once", log))


@contextmanager
def _no_timeout(what: str, log: Path) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise EnvoyError(_with_log(what, log)) from None


def _with_log(what: str, log: Path) -> str:
    return "\n".join([f"{what}; the end of {log}:", *last_lines(log)])
