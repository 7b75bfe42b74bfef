"""What this machine grants: memory and file descriptors.

The bootstrap's overload manager is sized from these figures, so that a flood
of clients meets Envoy's own limits before it meets the kernel's.
"""

from __future__ import annotations

import os
import resource
from dataclasses import dataclass
from pathlib import Path

_CGROUP_ROOT = Path("/sys/fs/cgroup")
_UNLIMITED = 1 << 60
"""Version 1 control groups write "no limit" as a number near 2^63."""


@dataclass(frozen=True, slots=True)
class MemoryLimit:
    """How much memory there is to use."""

    size: int
    """Bytes."""
    cgroup: bool
    """Whether a control group enforces it (then everything in the group counts)."""

    def shared(self, proxies: int) -> MemoryLimit:
        """What each of so many proxies may take; of a group they all watch the whole."""
        return self if self.cgroup else MemoryLimit(self.size // proxies, cgroup=False)


def memory_limit(
    proc_cgroup: Path = Path("/proc/self/cgroup"), root: Path = _CGROUP_ROOT
) -> MemoryLimit:
    """The control group's limit if there is one below the machine's memory, else the machine's."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    granted = _cgroup_limit(proc_cgroup, root)
    if granted is not None and granted < machine:
        return MemoryLimit(granted, cgroup=True)
    return MemoryLimit(machine, cgroup=False)


def _cgroup_limit(proc_cgroup: Path, root: Path) -> int | None:
    """The tightest limit between our own group and the root, of version 2 or 1."""
    try:
        lines = proc_cgroup.read_text().splitlines()
    except OSError:
        return None
    found = [limit for line in lines for limit in _limits_of(line, root)]
    return min(found, default=None)


def _limits_of(line: str, root: Path) -> list[int]:
    _, controllers, path = line.split(":", 2)
    if controllers == "":
        base, file = root, "memory.max"
    elif "memory" in controllers.split(","):
        base, file = root / "memory", "memory.limit_in_bytes"
    else:
        return []
    group = base / path.lstrip("/")
    candidates = [group, *(p for p in group.parents if p == base or base in p.parents)]
    # Inside a container the path of /proc is the host's; the group is then the root itself.
    limits = (_read_limit(directory / file) for directory in {*candidates, base})
    return [limit for limit in limits if limit is not None]


def _read_limit(path: Path) -> int | None:
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() and int(text) < _UNLIMITED else None


def file_limit() -> int:
    """How many file descriptors a child process may be given (the hard limit)."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return hard if hard != resource.RLIM_INFINITY else 1 << 20


def raise_file_limit(pid: int) -> None:
    """Lift a child's soft limit of open files to its hard limit; a sandbox may refuse."""
    try:
        _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError):
        return
