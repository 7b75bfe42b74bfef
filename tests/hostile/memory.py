"""How much memory a process has, and that it stays within bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hostile.site import Site

MIB = 1 << 20


def resident(pid: int, kind: str = "VmHWM") -> int:
    """Bytes; `VmHWM` is the most that it ever was, `VmRSS` what it is."""
    text = Path(f"/proc/{pid}/status").read_text()
    found = re.search(rf"^{kind}:\s+(\d+) kB$", text, re.MULTILINE)
    assert found
    return int(found[1]) * 1024


@contextmanager
def bounded(site: Site, envoy: int, control: int = 32) -> Iterator[None]:
    """Within the block neither Envoy nor the control plane grows by more than so many MiB."""
    limits = {site.envoy: envoy, site.up.process.pid: control}
    before = {pid: resident(pid, "VmRSS") for pid in limits}
    peaks = {pid: resident(pid) for pid in limits}
    yield
    for pid, mib in limits.items():
        peak = resident(pid)
        # An earlier peak hides a lower one of this block: then the present is what can be told.
        grown = (peak if peak > peaks[pid] else resident(pid, "VmRSS")) - before[pid]
        assert grown < mib * MIB, f"{pid} grew by {grown / MIB:.0f} MiB"
