"""A running `penstock up`, as the benchmarks see it: its events, its processes, its status."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from processes import pinned, stop

Json = dict[str, Any]
OWN = f"127.40.{20 + os.getpid() % 200}"
"""The first octets of addresses for this process; benchmarks may run side by side."""
PENSTOCK = (sys.executable, "-m", "penstock")
PATIENCE = 120.0


class BenchError(Exception):
    """Something did not happen as it must; the message holds what the process said."""


class Instance:
    """One process with a state directory of its own; enter it, leave it stopped.

    `started` is the time (perf_counter) just before exec.
    """

    def __init__(
        self,
        source: Path,
        *options: str,
        pool: str = f"{OWN}.128/26",
        core: int | None = None,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="penstock-bench-")
        self._state = str(Path(self._folder.name) / "state")
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed by __exit__)
        self._events: queue.Queue[Json | None] = queue.Queue()
        command = [*PENSTOCK, "up", "-f", str(source), "--output", "json"]
        command += [
            "--state-dir",
            self._state,
            "--address-pool",
            pool,
            "--drain-time",
            "1",
        ]
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            pinned([*command, *options], core), stdout=subprocess.PIPE, stderr=self._log
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        stop(self._process)
        self._reader.join()
        assert self._process.stdout
        self._process.stdout.close()
        self._log.close()
        self._folder.cleanup()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._events.put(json.loads(line))
        self._events.put(None)

    def wait(self, wanted: Callable[[Json], bool]) -> Json:
        """The next event that is `wanted`.

        Raises:
            BenchError: it does not come, or the process ends.
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                event = self._events.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                event = None
            if event is None:
                self._log.seek(0)
                raise BenchError(f"no such event\n{self._log.read().decode()}")
            if wanted(event):
                return event

    def ready(self) -> Json:
        """The `ready` event: every proxy has acknowledged the configuration."""
        return self.wait(lambda event: event["event"] == "ready")

    def applied(self, changed: str) -> Json:
        """The next `applied` event with a change of `changed`."""
        return self.wait(
            lambda event: (
                event["event"] == "applied"
                and any(changed in change for change in event["changes"])
            )
        )

    @property
    def pid(self) -> int:
        """The control plane."""
        return self._process.pid

    def status(self) -> Json:
        """`penstock status`."""
        command = [*PENSTOCK, "status", "-o", "json", "--state-dir", self._state]
        answer: Json = json.loads(subprocess.check_output(command))
        return answer

    def proxy_pid(self) -> int:
        """Envoy."""
        return int(self.status()["proxies"][0]["pid"])


def address_of(ready: Json) -> str:
    """The first address of the first load balancer."""
    return str(ready["loadBalancers"][0]["addresses"][0])
