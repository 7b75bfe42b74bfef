"""Who holds which address on this machine.

Instances that share a pool must never share an address: Envoy listens with
SO_REUSEPORT, which would silently split traffic between two of them.  A claim is
an abstract Unix socket: it is machine-wide (per network namespace) and the
kernel drops it when its holder ends, however it ends.
"""

from __future__ import annotations

import socket


class Claims:
    """Names this process holds against all others on the machine."""

    def __init__(self) -> None:
        self._held: dict[str, socket.socket] = {}

    def take(self, name: str) -> bool:
        """Claim `name`; False if another process has it."""
        if name in self._held:
            return True
        holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            holder.bind(f"\0penstock/{name}")
        except OSError:
            holder.close()
            return False
        self._held[name] = holder
        return True

    def holds(self, name: str) -> bool:
        """Whether this process has claimed `name`."""
        return name in self._held

    def release(self, name: str) -> None:
        """Give up a claim."""
        holder = self._held.pop(name, None)
        if holder:
            holder.close()

    def close(self) -> None:
        """Give up all claims."""
        for name in list(self._held):
            self.release(name)
