"""What an instance is asked to do: the options of `penstock up`, typed and checked.

The CLI builds one; everything below the CLI reads only this.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from penstock.standin.plan import StandInMode

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

ADDRESS_POOL = ipaddress.ip_network("127.10.0.0/16")
"""VIPs of local load balancers."""
POD_NETWORK = ipaddress.IPv4Network("127.20.0.0/16")
"""Stand-in pods, one /24 block after the other."""
PROXY_SOURCE = "127.30.0.1"
"""The proxy-only subnet is 127.30.0.0/24: proxies connect to loopback backends from it."""
PROBE_SOURCE = "127.30.1.1"
"""Where health checks of loopback endpoints come from, so that endpoints can tell them from
proxies; Google's come from 35.191.0.0/16 and 130.211.0.0/22."""
UNPRIVILEGED_PORT_OFFSET = 8000
"""Added to ports below 1024 when the process may not bind them: 80 → 8080, 443 → 8443."""


@dataclass(frozen=True, slots=True)
class EndpointOverride:
    """Endpoints that the user gives for a Service: real backends instead of stand-ins."""

    namespace: str
    service: str
    port: str
    """Name or number of the Service's port; empty for all of them."""
    targets: tuple[tuple[str, int], ...]
    """(IP address, port) pairs."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of an instance; the defaults are those of the CLI."""

    sources: tuple[str, ...]
    """Files, directories, or ``-``."""
    state_dir: Path | None = None
    """None derives one from the sources."""
    address_pool: Network = ADDRESS_POOL
    port_offset: int | None = None
    """None: 0 where low ports may be bound, else UNPRIVILEGED_PORT_OFFSET."""
    stand_ins: StandInMode = StandInMode.SERVICES
    endpoints: tuple[EndpointOverride, ...] = field(default=())
    watch: bool = True
    strict: bool = False
    allow_external_names: bool = False
    access_log: str | None = None
    """Path, ``stdout``, ``off``, or None for a file in the state directory."""
    metrics_address: tuple[str, int] | None = None
    """Where to serve Prometheus metrics over TCP; None serves them on the control socket only."""
    dns: tuple[str, int] | None = None
    """Address and port where names of load balancers are answered; None is nowhere."""
    forget: bool = False
    """Start without the last good state of earlier runs."""
    proxies: int = 1
    """Envoys of a fleet; they share its addresses."""
    drain_seconds: float = 10.0
    """How long stopping waits for open requests."""
