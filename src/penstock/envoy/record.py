"""What is written down of a running Envoy, so that the next control plane can take it over."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import msgspec

from penstock.envoy import atomic
from penstock.envoy.admin import AdminClient, AdminError
from penstock.envoy.child import Identity
from penstock.envoy.paths import ProxyPaths


@dataclass(frozen=True, slots=True)
class Running:
    """One Envoy process: the content of the pid file."""

    identity: Identity
    epoch: int = 0
    """How many hot restarts there were since the first start."""
    fingerprint: str = ""
    """Of what it was started with, see `fingerprint`; empty: nobody knows."""
    draining: bool = False
    """Whether it was on its way out."""
    former: Identity | None = None
    """The process before it, which still has connections to finish."""

    def save(self, path: Path) -> None:
        """Write the pid file, whole or not at all; raises OSError."""
        # Not durable: no process outlives the machine.
        atomic.replace(path, msgspec.json.encode(self), durable=False)

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """Read a pid file; None when there is none or it is damaged."""
        try:
            return msgspec.json.decode(path.read_bytes(), type=cls)
        except (OSError, msgspec.DecodeError):
            return None


async def find_running(paths: ProxyPaths) -> Running | None:
    """The Envoy that a former control plane left running in this directory, if there is one.

    Who listens on the admin socket is the one that serves, whatever the pid file
    says: that may be lost, or from a moment before a hot restart.
    """
    known = Running.load(paths.pid_file)
    ours = [i for i in (known.identity, known.former) if i and i.alive] if known else []
    serving = await _behind_socket(paths, patient=bool(ours))
    if serving is None:
        return Running(ours[0], draining=True, former=next(iter(ours[1:]), None)) if ours else None
    if known is not None and known.identity == serving.identity:
        return known
    return replace(serving, former=next((i for i in ours if i != serving.identity), None))


async def _behind_socket(paths: ProxyPaths, *, patient: bool) -> Running | None:
    """The process behind the admin socket; a hot restart leaves it orphaned for a moment."""
    for _ in range(20 if patient else 1):
        pid = serving_pid(paths)
        if pid is not None and (identity := Identity.of(pid)) is not None:
            with suppress(AdminError):
                info = await AdminClient(paths.admin_socket).server_info()
                return Running(identity, info.epoch)
        if patient:
            await asyncio.sleep(0.05)
    return None


def serving_pid(paths: ProxyPaths) -> int | None:
    """The process that listens on the admin socket; None when none does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        peer.settimeout(1.0)
        try:
            peer.connect(str(paths.admin_socket))
            credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        except OSError:
            return None
    pid: int = struct.unpack("iII", credentials)[0]
    return pid


def fingerprint(arguments: Sequence[str], bootstrap: bytes) -> str:
    """Tells whether a running Envoy is what would be started now: program, options, bootstrap."""
    digest = hashlib.blake2b(bootstrap, digest_size=12)
    program = Path(arguments[0])
    status = program.stat()
    for part in (*arguments, str(status.st_size), str(status.st_mtime_ns)):
        digest.update(b"\0" + part.encode())
    return digest.hexdigest()
