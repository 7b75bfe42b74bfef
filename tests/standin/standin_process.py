"""A stand-in process for tests, and addresses nobody else has."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

from penstock.standin.client import StandInClient

_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
# A quarter of the network for each worker, and in it room for 1,500 pods for each run.
_numbers = itertools.count(_WORKER % 4 * 0x4000 + os.getpid() % 10 * 0x600 + 1)


def next_address() -> str:
    """An address of 127.21.0.0/16; processes of a parallel run begin at different places."""
    number = next(_numbers) % 0xFF00
    return f"127.21.{number // 256}.{number % 256}"


class Process:
    """A running `python -m penstock.standin`."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        command = [sys.executable, "-m", "penstock.standin", "--socket", str(socket)]
        log = socket.with_suffix(".log").open("w")
        self.popen = subprocess.Popen(command, stderr=log, start_new_session=True)
        log.close()
        self.client = StandInClient(socket)

    def memory(self, field: str = "VmRSS") -> int:
        """Resident memory in bytes."""
        for line in Path(f"/proc/{self.popen.pid}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) * 1024
        raise LookupError(field)

    def log(self) -> str:
        """What it has written."""
        return self.socket.with_suffix(".log").read_text()

    def end(self) -> None:
        """Terminate, unless it has ended."""
        if self.popen.poll() is None:
            self.popen.terminate()
            self.popen.wait(10)
