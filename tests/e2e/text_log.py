"""Runs `penstock up` as text, and reads its change log as a person does."""

from __future__ import annotations

import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from e2e.harness import TIMEOUT

_TIME = re.compile(r"^\d\d:\d\d:\d\d ")


class Log:
    """The output of one process."""

    def __init__(self, folder: Path, state: Path, *options: str) -> None:
        self.state = state
        self.lines: list[str] = []
        self._queue: queue.Queue[str | None] = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "penstock", "up", "-f", str(folder), "--state-dir", str(state),
             "--drain-time", "1", *options],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "XDG_STATE_HOME": str(state.parent / "xdg"), "COLUMNS": "80"},
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._queue.put(_TIME.sub("", line.rstrip("\n")))
        self._queue.put(None)

    def until(self, wanted: str) -> list[str]:
        """What is written up to a line that has `wanted` in it, without times."""
        deadline = time.monotonic() + TIMEOUT
        seen: list[str] = []
        while not seen or wanted not in seen[-1]:
            try:
                line = self._queue.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise AssertionError(f"no {wanted!r} in {[*self.lines]}") from None
            seen.append(line)
            self.lines.append(line)
        return seen

    def command(self, *arguments: str) -> str:
        """Another `penstock` command against this instance, as text."""
        done = subprocess.run(
            [sys.executable, "-m", "penstock", *arguments, "--state-dir", str(self.state)],
            capture_output=True, text=True, timeout=TIMEOUT, check=False,
            env={**os.environ, "COLUMNS": "80"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def stop(self) -> None:
        """End it, whatever it does."""
        self.process.terminate()
        try:
            self.process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join(TIMEOUT)
        assert self.process.stdout
        self.process.stdout.close()


@contextmanager
def log_of(folder: Path, state: Path, *options: str) -> Iterator[Log]:
    """A running instance, ready."""
    log = Log(folder, state, *options)
    try:
        log.until("Watching for changes")
        yield log
    finally:
        log.stop()
