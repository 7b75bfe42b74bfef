"""Holds single threads of a real Envoy, to see what happens when the machine is busy elsewhere."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Linux's uapi/linux/ptrace.h and uapi/linux/wait.h.
_DETACH, _SEIZE, _INTERRUPT = 17, 0x4206, 0x4207
_WALL = 0x40000000


def worker_of(pid: int) -> int:
    """The thread that accepts connections, of an Envoy with one worker."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text().startswith("wrk:worker_"):
            return int(task.name)
    raise AssertionError("no worker")


@contextmanager
def held(thread: int) -> Iterator[None]:
    """The thread of another process does nothing meanwhile; all in one thread of ours."""
    _ptrace(_SEIZE, thread)
    _ptrace(_INTERRUPT, thread)
    os.waitpid(thread, _WALL)
    try:
        yield
    finally:
        _ptrace(_DETACH, thread)


def obstacle() -> str:
    """Why threads cannot be held here; empty when they can."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        try:
            with held(process.pid):
                return ""
        except OSError as error:
            return f"processes cannot be traced: {error.strerror}"
        finally:
            process.kill()


def _ptrace(request: int, thread: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    if libc.ptrace(request, thread, None, None) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
