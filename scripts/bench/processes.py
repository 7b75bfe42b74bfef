"""What other processes use, from /proc, and how ours are ended."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

STOP_SECONDS = 30.0


def family(pid: int) -> tuple[int, ...]:
    """A process and its children, all generations."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return (pid,)
    return (pid, *(member for child in listed for member in family(int(child))))


def resident(pid: int) -> int:
    """Bytes of memory in use (VmRSS)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def cpu_seconds(pids: tuple[int, ...]) -> float:
    """Time on the processor so far, user and system, all threads (that live) and children.

    To the nanosecond; the ticks of `/proc/PID/stat` are too coarse for short turns.
    """
    members = dict.fromkeys(member for root in pids for member in family(root))
    tasks = (task for pid in members for task in Path(f"/proc/{pid}/task").iterdir())
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def stop(process: subprocess.Popen[bytes], number: int = signal.SIGINT) -> None:
    """End a process that we started, by force if it takes too long."""
    if process.poll() is None:
        process.send_signal(number)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def pinned(command: list[str], core: int | None) -> list[str]:
    """The command, on one processor only if `core` is given."""
    return command if core is None else ["taskset", "-c", str(core), *command]


def two_cores() -> tuple[int | None, int | None]:
    """Processors for the proxies and for the load; neither if there is but one."""
    cores = sorted(os.sched_getaffinity(0))
    return (cores[0], cores[1]) if len(cores) > 1 else (None, None)
