"""A process stops listening, and no client notices more than that.

The kernel finishes handshakes for a listening socket by itself, and resets what it has
finished, or half finished, when the socket closes: to the client a connection that was
made and lost, perhaps with its request.  So the sockets first take no further handshake,
and Envoy accepts the rest before it closes them.

They take none because we bind them to a network interface that does not exist.  Whoever
connects is refused, as if nobody listened; connections that are made or being made keep
what they were bound to before.  Where other processes listen on the same address, the
kernel may still choose one of ours for a client: then its packet is lost, and sent again
a second later.

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
    await asyncio.to_thread(_refuse_new, pid)
    return await _until(pid, within, lambda now: now.accepted == now.handshakes == 0)


async def closed(pid: int, within: float) -> bool:
    """Whether a process listens nowhere any more, within so many seconds.

    Raises:
        OSError: it is another user's.
    """
    return await _until(pid, within, lambda now: now.sockets == 0)


async def _until(pid: int, within: float, reached: Callable[[Waiting], bool]) -> bool:
    try:
        async with asyncio.timeout(within):
            while True:
                if reached(await asyncio.to_thread(waiting, pid)):
                    return True
                await asyncio.sleep(_POLL)
    except TimeoutError:
        return False


def _refuse_new(pid: int) -> None:
    with closing(listening_sockets(pid)) as sockets:
        for found in sockets:
            found.setsockopt(socket.SOL_SOCKET, _SO_BINDTOIFINDEX, _NOWHERE)
