"""A process stops listening, and no client notices more than that.

The kernel finishes handshakes for a listening socket by itself, and resets what it has
finished, or half finished, when the socket closes: to the client a connection that was
made and lost, perhaps with its request.  So the sockets first take no further handshake,
and Envoy accepts the rest before it closes them.

They take none because we bind them to a network interface that does not exist.  Whoever
connects is refused, as if nobody listened; connections that are made or being made keep
what they were bound to before.  It is not for a process that shares an address with one
that goes on listening: the kernel may choose the wrong one for a client, whose packet
is then lost, and sent again a second later; such a process's queue can move
(`accept_queue`).

It takes the right to borrow the sockets, and no capability (Linux 5.7).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import closing
from typing import Final

from penstock.envoy.borrowed import listening_sockets
from penstock.envoy.tcp_table import Waiting, waiting

_POLL: Final = 0.01

# Linux's asm-generic/socket.h.
_SO_BINDTOIFINDEX: Final = 62
_NOWHERE: Final = 0x7FFF_FFFF
"""The largest index of an interface; the kernel does not ask whether there is one."""


async def quiesce(pid: int, within: float) -> bool:
    """Take no new connection at any listening socket of a process; let it accept those begun.

    Returns:
        Whether all were accepted within so many seconds.

    Raises:
        OSError: it is not permitted, or the process has ended.
    """
    failure = await asyncio.to_thread(_refuse_new, pid)
    # A handshake that ends while we look is in neither number; it is the next time.
    accepted = await _until(pid, within, lambda now: now.queued == now.handshakes == 0, times=2)
    if failure is not None:
        raise failure
    return accepted


async def closed(pid: int, within: float) -> bool:
    """Whether a process listens nowhere any more, within so many seconds.

    Raises:
        OSError: it is another user's.
    """
    return await _until(pid, within, lambda now: now.sockets == 0)


async def _until(
    pid: int, within: float, reached: Callable[[Waiting], bool], times: int = 1
) -> bool:
    """Whether it is reached, so many times in a row."""
    seen = 0
    try:
        async with asyncio.timeout(within):
            while True:
                seen = seen + 1 if reached(await asyncio.to_thread(waiting, pid)) else 0
                if seen == times:
                    return True
                await asyncio.sleep(_POLL)
    except TimeoutError:
        return False


def _refuse_new(pid: int) -> OSError | None:
    """Close as many as possible; returns why one could not be."""
    failure = None
    with closing(listening_sockets(pid)) as sockets:
        for found in sockets:
            if found.getsockopt(socket.SOL_SOCKET, _SO_BINDTOIFINDEX) == _NOWHERE:
                continue  # To bind it once more would take a capability.
            try:
                found.setsockopt(socket.SOL_SOCKET, _SO_BINDTOIFINDEX, _NOWHERE)
            except OSError as error:
                failure = error
    return failure
