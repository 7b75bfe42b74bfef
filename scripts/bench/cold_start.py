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

from figures import judged
from sections import Section, Table, add_json_option, finish

ROOT = Path(__file__).resolve().parents[2]
PENSTOCK = Path(sys.executable).with_name("penstock")
STOP_SECONDS = 30.0
TARGET = 1.2
"""Seconds until ready."""


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


def section(seconds: list[float], manifests: Path) -> Section:
    """Median and spread beside the target."""
    ordered = sorted(seconds)
    median = statistics.median(ordered)
    shown = manifests.resolve()
    name = shown.relative_to(ROOT) if shown.is_relative_to(ROOT) else shown
    rows = (
        ("median", "≤ 1.2 s", judged(median, TARGET, f"{median:.2f} s")),
        ("fastest", "", f"{ordered[0]:.2f} s"),
        ("slowest", "", f"{ordered[-1]:.2f} s"),
    )
    method = (
        f"`penstock up -f {name}` with a new state directory, from just before exec until the "
        f"`ready` line (every proxy has acknowledged the configuration); {len(ordered)} runs."
    )
    return Section(
        "cold_start",
        "Cold start",
        (method,),
        (Table("", ("exec → ready", "target", "value"), rows),),
    )


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description="Measure `penstock up` from exec to ready.")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--manifests", type=Path, default=ROOT / "examples/shop")
    add_json_option(parser)
    parser.add_argument("extra", nargs="*", help="further options of `penstock up`, after --")
    arguments = parser.parse_args()
    try:
        run_once(arguments.manifests, arguments.extra)  # the first one compiles bytecode
        seconds = [run_once(arguments.manifests, arguments.extra) for _ in range(arguments.runs)]
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1
    finish(section(seconds, arguments.manifests), arguments.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
