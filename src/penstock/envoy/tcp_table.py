"""What the kernel knows of a process's listening sockets: who waits there.

From `/proc/PID/net/tcp` (proc_net_tcp.rst), the table of the process's network
namespace, in which a listening socket's receive queue is its accept queue, and each
handshake that is under way has a row of its own.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# The column `st`, as numbered in net/tcp_states.h.
_SYN_RECEIVED: Final = "03"
_LISTENING: Final = "0A"

_SOCKET: Final = re.compile(r"socket:\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Waiting:
    """Connections of clients that a process has not accepted yet."""

    sockets: int
    """At how many sockets the process listens."""
    queued: int
    """Connections that are made and only wait to be accepted."""
    handshakes: int
    """Those that are being made to an address of the process."""


def waiting(pid: int) -> Waiting:
    """As it is now; of a process that has ended, nothing.

    The kernel gives one row after the other: a connection may be in none while it
    changes from one to the other.

    Raises:
        PermissionError: the process is another user's.
    """
    rows = _rows(pid)
    ours = _listening(rows, pid)
    addresses = {row[1] for row in ours}
    return Waiting(
        len(ours),
        sum(int(row[4].partition(":")[2], 16) for row in ours),
        sum(1 for row in rows if row[3] == _SYN_RECEIVED and _is_at(row[1], addresses)),
    )


def listening_descriptors(pid: int) -> list[int]:
    """File descriptors with which a process listens, one of each socket."""
    inodes = {int(row[9]) for row in _listening(_rows(pid), pid)}
    found = {inode: number for number, inode in _sockets(pid).items() if inode in inodes}
    return sorted(found.values())


def _sockets(pid: int) -> dict[int, int]:
    """Which file descriptors of a process are sockets, and the number of each socket."""
    found = {}
    with suppress(FileNotFoundError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):
                if match := _SOCKET.fullmatch(str(entry.readlink())):
                    found[int(entry.name)] = int(match[1])
    return found


def _rows(pid: int) -> list[list[str]]:
    """Those of listening sockets and handshakes; others may be very many."""
    states = (f" {_LISTENING} ", f" {_SYN_RECEIVED} ")
    found = []
    for name in ("tcp", "tcp6"):
        with suppress(FileNotFoundError, ProcessLookupError):  # No IPv6, or it has ended.
            lines = Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]
            found += [line.split() for line in lines if any(state in line for state in states)]
    return found


def _listening(rows: list[list[str]], pid: int) -> list[list[str]]:
    inodes = set(_sockets(pid).values())
    return [row for row in rows if row[3] == _LISTENING and int(row[9]) in inodes]


def _is_at(local: str, addresses: set[str]) -> bool:
    """Whether that is one of the addresses, or its port one of all addresses."""
    port = local.rpartition(":")[2]
    return not addresses.isdisjoint((local, f"{'0' * 8}:{port}", f"{'0' * 32}:{port}"))
