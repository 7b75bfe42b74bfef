"""Which addresses and ports a process of ours listens on already.

A proxy that outlived the last control plane still has its listeners.  The
kernel is asked, not a file: it knows what is true now.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
from collections.abc import Iterator
from pathlib import Path

_LISTEN = "0A"


def own_listeners(pid: int) -> frozenset[tuple[str, int]]:
    """(address, port) of every TCP listener of the process; empty if it may not be asked."""
    inodes = _sockets(pid)
    return frozenset(place for place, inode in _listeners(pid) if inode in inodes)


def listening_addresses() -> frozenset[str]:
    """Every address of this network namespace on which anybody listens."""
    return frozenset(address for (address, _), _ in _listeners("self"))


def _sockets(pid: int) -> set[str]:
    found: set[str] = set()
    folder = f"/proc/{pid}/fd"
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):  # noqa: PTH208 - thousands; no objects wanted
            with contextlib.suppress(OSError):
                target = os.readlink(f"{folder}/{name}")  # noqa: PTH115
                if target.startswith("socket:["):
                    found.add(target[8:-1])
    return found


def _listeners(pid: int | str) -> Iterator[tuple[tuple[str, int], str]]:
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{pid}/net/{table}").read_text().splitlines()
            for fields in (line.split() for line in lines[1:]):
                if fields[3] == _LISTEN:
                    address, _, port = fields[1].partition(":")
                    yield (_address(address), int(port, 16)), fields[9]


def _address(text: str) -> str:
    """The kernel prints each 32 bits in the byte order of the machine."""
    words = [bytes.fromhex(text[i : i + 8])[::-1] for i in range(0, len(text), 8)]
    return str(ipaddress.ip_address(b"".join(words)))
