"""A process that may outlive us: started detached, known by pid and start time.

Envoy serves on when the control plane dies, and the next control plane has to
recognise it.  A pid alone may mean another process by then; pid and start time
together cannot.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec


@dataclass(frozen=True, slots=True)
class Identity:
    """Which process: also the content of the pid file."""

    pid: int
    start_ticks: int
    """Clock ticks between the machine's start and the process's."""
    boot_id: str

    @classmethod
    def of(cls, pid: int) -> Self | None:
        """The process that has this pid now, or None."""
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            boot_id = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        except OSError:
            return None
        if fields[0] in ("Z", "X"):
            return None
        return cls(pid, int(fields[19]), boot_id)

    @property
    def alive(self) -> bool:
        """Whether that very process still runs."""
        return Identity.of(self.pid) == self

    def save(self, path: Path) -> None:
        """Write the pid file, whole or not at all."""
        fresh = path.with_name(path.name + ".new")
        fresh.write_bytes(msgspec.json.encode(self))
        fresh.replace(path)

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """Read a pid file; None when there is none or it is damaged."""
        try:
            return msgspec.json.decode(path.read_bytes(), type=cls)
        except (OSError, msgspec.DecodeError):
            return None


class Child:
    """A running process, ours or a former control plane's, through its pidfd.

    The descriptor means this process and no other, however long we wait
    before we send a signal.
    """

    def __init__(self, identity: Identity, popen: subprocess.Popen[bytes] | None = None) -> None:
        self.identity = identity
        self.return_code: int | None = None
        """Known for our own children only; negative: ended by that signal."""
        self._popen = popen
        self._pidfd = os.pidfd_open(identity.pid)
        self._ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._pidfd, self._on_end)

    @classmethod
    def spawn(cls, arguments: list[str], log: Path) -> Self:
        """Start detached from our terminal and session, output appended to `log`.

        Raises OSError when the program cannot be executed.
        """
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            popen = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                start_new_session=True,
            )
        finally:
            os.close(descriptor)
        identity = Identity.of(popen.pid) or Identity(popen.pid, 0, "")
        return cls(identity, popen)

    @classmethod
    def adopt(cls, identity: Identity) -> Self | None:
        """A process that somebody else started, or None when it has ended."""
        try:
            child = cls(identity)
        except ProcessLookupError:
            return None
        if identity.alive:
            return child
        child._on_end()
        return None

    def _on_end(self) -> None:
        if self._ended.is_set():
            return
        asyncio.get_running_loop().remove_reader(self._pidfd)
        os.close(self._pidfd)
        if self._popen is not None:
            self.return_code = self._popen.wait()
        self._ended.set()

    @property
    def ended(self) -> bool:
        """Whether the process is gone."""
        return self._ended.is_set()

    async def wait(self) -> None:
        """Return when the process is gone."""
        await self._ended.wait()

    def send(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens when the process is gone."""
        if not self.ended:
            try:
                signal.pidfd_send_signal(self._pidfd, number)
            except ProcessLookupError:
                return

    async def terminate(self, *, patience: float) -> None:
        """SIGTERM, and SIGKILL after `patience` seconds."""
        self.send(signal.SIGTERM)
        try:
            async with asyncio.timeout(patience):
                await self.wait()
        except TimeoutError:
            self.send(signal.SIGKILL)
            await self.wait()
