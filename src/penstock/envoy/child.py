"""A process that outlives us: started as nobody's child, known by pid and start time.

Envoy serves on when the control plane dies, and the next control plane has to
recognise it.  A pid alone may mean another process by then; pid and start time
together cannot.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

_LAUNCHER: Final = Path(__file__).with_name("orphan.py")

_GO: Final = b"."
"""Lets the launcher's child become the program."""

_PIDFD_INFO: Final = struct.Struct("QQ11Ii")
"""`struct pidfd_info` of linux/pidfd.h: mask, cgroup, pids and user ids, exit code."""
_PIDFD_GET_INFO: Final = (3 << 30) | (_PIDFD_INFO.size << 16) | (0xFF << 8) | 11
_PIDFD_INFO_EXIT: Final = 1 << 3


@dataclass(frozen=True, slots=True)
class Identity:
    """Which process."""

    pid: int
    start_ticks: int
    """Clock ticks between the machine's start and the process's."""
    boot_id: str

    @classmethod
    def of(cls, pid: int) -> Self | None:
        """The process that has this pid now, or None."""
        fields = _stat(pid)
        if not fields or fields[0] in ("Z", "X"):
            return None
        boot_id = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return cls(pid, int(fields[19]), boot_id)

    @property
    def alive(self) -> bool:
        """Whether that very process still runs."""
        return Identity.of(self.pid) == self


class Child:
    """A running process, ours or a former control plane's, through its pidfd.

    The descriptor means this process and no other, however long we wait
    before we send a signal.
    """

    def __init__(self, identity: Identity) -> None:
        """Raises ProcessLookupError when nothing has that pid."""
        self.identity = identity
        self.return_code: int | None = None
        """Negative: ended by that signal.  None: running, or the kernel (before 6.15) is silent."""
        self._pidfd = os.pidfd_open(identity.pid)
        self._ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._pidfd, self._on_end)

    @classmethod
    def launch(cls, arguments: Sequence[str], log: Path, note: Callable[[Identity], None]) -> Self:
        """Start as a child of init, in a session of its own, output appended to `log`.

        `note` is called before the program runs, to write down which process it will be.
        Raises OSError when the program cannot be executed or is gone at once.
        """
        # Not awaited: the process must be known, whenever we are cancelled.  The launcher
        # takes some 20 ms, at the start and after a death.
        identity, problem = _launch(arguments, log, note)
        if problem or identity is None:
            raise OSError(f"cannot execute {arguments[0]}: {problem or 'the launcher failed'}")
        return cls(identity)

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
        self.return_code = _exit_code(self.identity, self._pidfd)
        os.close(self._pidfd)
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


def _launch(
    arguments: Sequence[str], log: Path, note: Callable[[Identity], None]
) -> tuple[Identity | None, str]:
    """The process, and why it cannot be executed; empty if it runs."""
    errors = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        launcher = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_LAUNCHER), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    finally:
        os.close(errors)
    with launcher:
        assert launcher.stdin is not None
        assert launcher.stdout is not None
        pid = launcher.stdout.readline().strip()
        if not pid.isdigit():
            return None, ""
        identity = Identity.of(int(pid)) or Identity(int(pid), 0, "")
        note(identity)
        with suppress(BrokenPipeError):
            launcher.stdin.write(_GO)
            launcher.stdin.flush()
        return identity, launcher.stdout.read().decode()


def _exit_code(identity: Identity, pidfd: int) -> int | None:
    """How a process ended that is not our child.

    As long as init has not reaped it, /proc tells; afterwards the kernel, from 6.15 on.
    """
    fields = _stat(identity.pid)
    if fields and fields[0] == "Z" and int(fields[19]) == identity.start_ticks:
        return os.waitstatus_to_exitcode(int(fields[-1]))
    info = bytearray(_PIDFD_INFO.pack(_PIDFD_INFO_EXIT, *[0] * 13))
    try:
        fcntl.ioctl(pidfd, _PIDFD_GET_INFO, info)
    except OSError:
        return None
    mask, *_, status = _PIDFD_INFO.unpack(info)
    return os.waitstatus_to_exitcode(status) if mask & _PIDFD_INFO_EXIT else None


def _stat(pid: int) -> list[str]:
    """/proc/PID/stat from the third field (the state) on; empty when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
