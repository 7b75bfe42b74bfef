"""The benchmark programs work; what they measure here means nothing and is not asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from house_markdown import ROOT

BENCH = ROOT / "scripts/bench"
PROGRAMS = (
    "cold_start",
    "scale",
    "probe",
    "datapath",
    "datapath_parts",
    "openloop",
    "report",
    "backend",
)
CHEAP = {
    "cold_start": ("--runs", "1"),
    "scale": ("--size", "50", "50", "--samples", "2", "--idle", "0.1"),
    "probe": ("--routes", "3"),
}


def run(program: str, *options: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, BENCH / f"{program}.py", *options],
        capture_output=True,
        text=True,
        timeout=100,
    )


@pytest.mark.parametrize("program", PROGRAMS)
def test_help(program: str) -> None:
    done = run(program, "--help")
    assert done.returncode == 0, done.stderr
    assert "usage:" in done.stdout


@pytest.mark.parametrize("program", CHEAP)
def test_tiny_run(program: str, tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    done = run(program, *CHEAP[program], "--json", result)
    assert done.returncode == 0, done.stderr
    section = json.loads(result.read_text())
    assert section["name"] == program
    assert section["title"] in done.stdout
    for table in section["tables"]:
        assert table["rows"]
        assert {len(row) for row in table["rows"]} == {len(table["columns"])}


def test_open_loop_sees_every_request() -> None:
    address = "127.40.4.1:18080"
    backend = subprocess.Popen(
        [sys.executable, BENCH / "backend.py", address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert backend.stdin
    assert backend.stdout
    try:
        assert backend.stdout.readline() == b"listening\n"
        done = run("openloop", *address.split(":"), "any.example", "/", "/b", "--seconds", "0.2")
        outcome = json.loads(done.stdout)
    finally:
        backend.stdin.close()
        backend.wait(10)
        backend.stdout.close()
    assert outcome["answered"] > 0
    assert outcome["errors"] == outcome["missing"] == 0


def test_unknown_benchmark_is_refused() -> None:
    done = run("report", "no-such-benchmark")
    assert done.returncode == 2
    assert "no-such-benchmark" in done.stderr


def test_a_section_is_renewed_and_the_rest_stays(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Benchmarks\n\nhead\n\n## Cold start\n\nold\n\n## Another\n\nstays\n")
    done = run("report", "cold_start", "--trial", "--splice", "--output", page)
    assert done.returncode == 0, done.stderr
    text = page.read_text()
    assert text.startswith("# Benchmarks\n\nhead\n\n## Cold start\n\n*Measured apart")
    assert text.endswith("\n\n## Another\n\nstays\n")
    assert "\nold\n" not in text
    assert "| median |" in text
