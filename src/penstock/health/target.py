"""What is probed: an endpoint by a health check, and when it is."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from penstock.model import HealthCheck, HealthCheckName


class Key(NamedTuple):
    """What makes probes the same: whoever uses the endpoint, and through whatever port."""

    check: HealthCheckName
    address: str
    port: int
    """That is probed."""


class Target(NamedTuple):
    """One endpoint of a backend service with a health check."""

    check: HealthCheck
    address: str
    port: int
    """That serves."""

    @property
    def key(self) -> Key:
        """Endpoints with one key share their probes."""
        fixed = self.check.port
        return Key(self.check.name, self.address, fixed.value if fixed else self.port)


def phase(key: Key) -> float:
    """At which part of an interval the second probe comes: the same every time, and spread out.

    All first probes come at once, after a start; the others must not, nor right after them.
    """
    digest = hashlib.blake2b("/".join(map(str, key)).encode(), digest_size=4).digest()
    return 0.1 + 0.9 * int.from_bytes(digest, "big") / (1 << 32)
