"""Debian's own client, as users ask."""

from __future__ import annotations

import shutil
import subprocess

import pytest

needs_dig = pytest.mark.skipif(
    shutil.which("dig") is None, reason="dig is not installed (Debian: bind9-dnsutils)"
)


def dig(port: int, *arguments: str, server: str = "127.0.0.1") -> str:
    """What ``dig`` prints."""
    done = subprocess.run(
        ["dig", f"@{server}", "-p", str(port), "+time=5", "+tries=2", *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def short(port: int, *arguments: str, server: str = "127.0.0.1") -> list[str]:
    """The answers only, sorted."""
    return sorted(dig(port, "+short", *arguments, server=server).split())
