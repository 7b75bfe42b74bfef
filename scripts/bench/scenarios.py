"""How clients talk to the proxies under test, and the program that plays them at full speed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

from instance import BenchError
from peers import HOSTS, Peer

PACKAGES = {"nginx": "nginx-light", "haproxy": "haproxy", "h2load": "nghttp2-client"}
"""Program → Debian package."""
HOST = HOSTS[7]
PATHS = ("/", "/api/items/7", "/static/app.js")


@dataclass(frozen=True, slots=True)
class Scenario:
    """How clients talk to the proxies."""

    title: str
    tls: bool
    http2: bool
    connections: int
    streams: int
    """At once on a connection, in the closed loop."""


SCENARIOS = {
    "plain": Scenario("HTTP/1.1", False, False, 32, 1),
    "tls": Scenario("HTTP/1.1 over TLS", True, False, 32, 1),
    "h2": Scenario("HTTP/2 over TLS", True, True, 8, 8),
}


def h2load(peer: Peer, how: Scenario, *limits: str) -> list[str]:
    """The command for requests of all paths, as many and as long as `limits` say."""
    scheme = "https" if how.tls else "http"
    command = ["h2load", "-c", str(how.connections), "-m", str(how.streams), *limits]
    command += ["--connect-to", f"{peer.address}:{peer.ports[how.tls]}"]
    command += [] if how.http2 else ["--h1"]
    return command + [f"{scheme}://{HOST}{path}" for path in PATHS]


def require_programs(*programs: str) -> None:
    """Install what is missing if we may.

    Raises:
        BenchError: we may not, or it does not help.
    """
    missing = [PACKAGES[name] for name in programs if not shutil.which(name)]
    if not missing:
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update"], check=False, stdout=sys.stderr, env=environment)
        subprocess.run(command, check=False, stdout=sys.stderr, env=environment)
    if any(not shutil.which(name) for name in programs):
        raise BenchError(f"this needs other programs: sudo {' '.join(command)}")
