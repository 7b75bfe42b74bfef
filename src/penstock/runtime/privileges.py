"""Whether this process may bind low ports, and by how much listeners move if not."""

from __future__ import annotations

from pathlib import Path

from penstock.runtime.settings import UNPRIVILEGED_PORT_OFFSET

_CAP_NET_BIND_SERVICE = 10


def first_bindable_port() -> int:
    """The lowest TCP port this process may bind.

    Root-like processes have CAP_NET_BIND_SERVICE; for others the sysctl
    ``net.ipv4.ip_unprivileged_port_start`` draws the line (1024 by default).
    """
    if _has_capability(_CAP_NET_BIND_SERVICE):
        return 1
    try:
        return int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    except (OSError, ValueError):
        return 1024


def _has_capability(number: int) -> bool:
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return False
    for line in status.splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> number & 1)
    return False


def default_port_offset(lowest_port: int = 80) -> int:
    """0 where `lowest_port` may be bound, else the usual offset."""
    return 0 if first_bindable_port() <= lowest_port else UNPRIVILEGED_PORT_OFFSET
