"""The listening sockets of another process of ours, borrowed to set an option on them.

The control plane that supervises an Envoy may duplicate what it has open
(`pidfd_getfd`, with the right to trace it: the same user, where Yama or the lack of
capabilities do not forbid it).  A duplicate keeps a socket listening although Envoy has
closed it, so each is held for one turn of the caller's loop only (which wants
`contextlib.closing` around it).
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
from collections.abc import Generator
from functools import cache
from typing import Final

from penstock.envoy.tcp_table import listening_descriptors

_PIDFD_GETFD: Final = 438
"""The system call's number, the same for every processor."""


def listening_sockets(pid: int) -> Generator[socket.socket, None, None]:
    """Every TCP socket at which a process listens, each open until the next is asked for.

    Raises:
        OSError: it is not permitted, or the process has ended.
    """
    process = os.pidfd_open(pid)
    try:
        for number in listening_descriptors(pid):
            found = _borrowed(process, number)
            if found is not None:
                with found:
                    if _listens(found):
                        yield found
    finally:
        os.close(process)


def _borrowed(process: int, number: int) -> socket.socket | None:
    """A duplicate of that descriptor; None if it is no socket any more."""
    try:
        borrowed = system_call(_PIDFD_GETFD, process, number, 0)
    except OSError as error:
        if error.errno == errno.EBADF:  # Closed meanwhile.
            return None
        raise
    try:
        return socket.socket(fileno=borrowed)
    except OSError:  # Closed meanwhile, and the number is that of a file.
        os.close(borrowed)
        return None


def _listens(found: socket.socket) -> bool:
    return (
        found.family in (socket.AF_INET, socket.AF_INET6)
        and found.type is socket.SOCK_STREAM
        and bool(found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    )


def system_call(number: int, *arguments: int) -> int:
    """One that Python's library has not; raises OSError."""
    result: int = _libc().syscall(
        ctypes.c_long(number), *(ctypes.c_ulong(value) for value in arguments)
    )
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


@cache
def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc
