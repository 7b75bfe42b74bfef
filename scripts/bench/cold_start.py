"""How long from typing `penstock up` until traffic flows.

Each run starts a new process with a new state directory, waits for the `ready`
line (every proxy has acknowledged the configuration) and stops it again.
Measured is the time from just before exec to the arrival of that line.
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PENSTOCK = Path(sys.executable).with_name("penstock")
STOP_SECONDS = 30.0


class BenchError(Exception):
    """A run did not become ready; the message holds what it said."""


def run_once(manifests: Path, extra: list[str]) -> float:
    """Seconds until one new instance is ready.

    Raises:
        BenchError: it stopped, or said something else first.
    """
    with (
        tempfile.TemporaryDirectory(prefix="penstock-bench-") as state,
        tempfile.TemporaryFile() as log,
    ):
        command = [str(PENSTOCK), "up", "-f", str(manifests), "--output", "json"]
        command += ["--state-dir", state, "--no-watch", *extra]
        started = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            elapsed = time.perf_counter() - started
            stop(process)
        if not is_ready(line):
            log.seek(0)
            raise BenchError(f"{' '.join(command)}: {line.decode()}\n{log.read().decode()}")
        return elapsed


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a run as Ctrl-C does."""
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


def is_ready(line: bytes) -> bool:
    """Whether a line of output is the `ready` event."""
    try:
        event = json.loads(line)
    except ValueError:
        return False
    return isinstance(event, dict) and event.get("event") == "ready"


def table(seconds: list[float]) -> str:
    """Median and spread, in milliseconds."""
    ordered = sorted(seconds)
    rows = {
        "runs": f"{len(ordered)}",
        "median": f"{statistics.median(ordered) * 1000:.0f} ms",
        "fastest": f"{ordered[0] * 1000:.0f} ms",
        "slowest": f"{ordered[-1] * 1000:.0f} ms",
    }
    return "\n".join(f"{name:<10}{value:>10}" for name, value in rows.items())


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description="Measure `penstock up` from exec to ready.")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--manifests", type=Path, default=ROOT / "examples/shop")
    parser.add_argument("extra", nargs="*", help="further options of `penstock up`, after --")
    arguments = parser.parse_args()
    try:
        run_once(arguments.manifests, arguments.extra)  # the first one compiles bytecode
        seconds = [run_once(arguments.manifests, arguments.extra) for _ in range(arguments.runs)]
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"cold start: exec → ready, {arguments.manifests}")
    print(table(seconds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
