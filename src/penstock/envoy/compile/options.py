"""What a compiler is told once, apart from the model: where to log, where to bind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class SocketAddress(NamedTuple):
    """An address a listener is bound to."""

    address: str
    """IPv4 or IPv6 literal."""
    port: int


@dataclass(frozen=True, slots=True)
class CompileOptions:
    """Settings of the installation that end up in Envoy's configuration."""

    access_log: str | None = None
    """A file's path, ``stdout``, or None for no access log."""
    proxy_source: str | None = None
    """Source address of connections to endpoints on IPv4 loopback, e.g. ``127.30.0.1``."""
    server_name: str = "penstock"
    """The ``Server`` header of answers that carry none."""
    region: str = ""
    """Where the proxies are, for the access log; empty where there is one fleet only."""
