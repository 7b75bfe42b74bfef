"""TCP and SSL: a connection, and if the check says so a text for a text."""

from __future__ import annotations

from penstock.health.probes.ask import Ask, FailedError, lacks
from penstock.health.probes.connection import Connection, connected


async def ask_clear(ask: Ask) -> str:
    """TCP."""
    async with connected(ask) as connection:
        return await _exchange(ask, connection, "connected")


async def ask_tls(ask: Ask) -> str:
    """SSL."""
    async with connected(ask, tls=True) as connection:
        return await _exchange(ask, connection, "TLS connected")


async def _exchange(ask: Ask, connection: Connection, reason: str) -> str:
    if ask.check.request:
        await connection.send(ask.check.request)
    wanted = ask.check.response
    if not wanted:
        return reason
    came = b""
    while len(came) < len(wanted) and wanted.startswith(came):
        data = await connection.receive()
        if not data:
            break
        came += data
    if not came.startswith(wanted):
        raise FailedError(lacks(wanted, "the beginning of the answer"))
    return "answered"
