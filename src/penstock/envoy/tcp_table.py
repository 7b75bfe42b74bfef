"""What the kernel knows of a process's listening sockets: who waits there.

From `/proc/PID/net/tcp` (proc_net_tcp.rst), the table of the process's network
namespace, in which a listening socket's receive queue is its accept queue, and each
handshake that is under way has a row of its own.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# The column `st`, as numbered in net/tcp_states.h.
_SYN_RECEIVED: Final = "03"
_LISTENING: Final = "0A"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Connections of clients that a process has not accepted yet."""

    sockets: int
    """At how many sockets the process listens."""
    accepted: int
    """Connections that are made and only wait to be accepted."""
    handshakes: int
    """Those that are being made to a port of the process, whatever the address."""


def waiting(pid: int) -> Waiting:
    """As it is now; of a process that has ended, nothing.

    Raises:
        PermissionError: the process is another user's.
    """
    rows = [row for name in ("tcp", "tcp6") for row in _rows(pid, name)]
    inodes = set(socket_inodes(pid).values())
    ours = [row for row in rows if row[3] == _LISTENING and int(row[9]) in inodes]
    ports = {_port(row) for row in ours}
    return Waiting(
        len(ours),
        sum(int(row[4].partition(":")[2], 16) for row in ours),
        sum(1 for row in rows if row[3] == _SYN_RECEIVED and _port(row) in ports),
    )


def socket_inodes(pid: int) -> dict[int, int]:
    """Which file descriptors of a process are sockets, and the number of each socket."""
    found = {}
    with suppress(FileNotFoundError):
        for entry in sorted(Path(f"/proc/{pid}/fd").iterdir()):
            with suppress(FileNotFoundError):
                kind, _, number = entry.readlink().name.partition(":")
                if kind == "socket":
                    found[int(entry.name)] = int(number.strip("[]"))
    return found


def _rows(pid: int, name: str) -> list[list[str]]:
    try:
        lines = Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]
    except (FileNotFoundError, ProcessLookupError):  # No IPv6, or the process has ended.
        return []
    # Rows of other states may be very many, and are not worth taking apart.
    states = (f" {_LISTENING} ", f" {_SYN_RECEIVED} ")
    return [line.split() for line in lines if any(state in line for state in states)]


def _port(row: list[str]) -> str:
    return row[1].rpartition(":")[2]
