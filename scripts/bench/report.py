"""Runs benchmarks one after the other and writes docs/benchmarks.md.

`report.py cold_start scale` runs these two and leaves the page alone; with `--splice` their
sections take the place of those on the page, and say when they were measured.  Without
names all run.  `--trial` runs each for a moment only, to show that everything works, and
marks the page as such.
"""

from __future__ import annotations

import argparse
import datetime
import subprocess
import sys
import tempfile
from pathlib import Path

import machine
from sections import Section, Table, load, markdown

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/benchmarks.md"
TRIAL = {
    "cold_start": ["--runs", "2"],
    "scale": ["--size", "500", "100", "--samples", "5", "--idle", "1"],
    "probe": ["--routes", "50"],
    "affinity": ["--sessions", "50", "--size", "5"],
    "subsetting": ["--samples", "2"],
    "eds_fleet": ["--samples", "5", "--endpoints", "200", "--proxies", "10"],
    "failover": ["--samples", "1"],
    "datapath": ["--rounds", "1", "--seconds", "0.5"],
    "datapath_parts": ["--rounds", "1", "--requests", "300"],
}
"""Benchmark → options of a short run; the order is that of the page."""
INTRODUCTION = """\
`make bench` writes this page. `make bench BENCH="cold_start scale"` runs only these and only \
prints; with `SPLICE=--splice` it renews their sections, which then say when they were measured; \
`RUNS`, `SAMPLES`, `ROUTES`, `ROUNDS` and `TURN` say how much. The programs are in \
`scripts/bench`, each has `--help`. What is compared was measured in one run, in turns; figures \
of different runs, let alone of different machines, say nothing about each other. A figure that \
misses its target is marked. Everything is on the loopback interface: there is no network in any \
of this."""
WARNING = """\
> **This page is from a trial run** on a busy machine with far too few samples. It shows that the \
programs work and what they tell; the figures mean nothing."""


def options(name: str, given: argparse.Namespace) -> list[str]:
    """What a benchmark is told."""
    if given.trial:
        return TRIAL[name]
    full = {
        "cold_start": ["--runs", str(given.runs)],
        "scale": ["--samples", str(given.samples), "--large"],
        "probe": ["--routes", str(given.routes)],
        "affinity": [],
        "subsetting": [],
        "eds_fleet": ["--samples", str(given.samples)],
        "failover": ["--samples", str(given.rounds)],
        "datapath": ["--rounds", str(given.rounds), "--seconds", str(given.seconds)],
        "datapath_parts": ["--rounds", str(8 * given.rounds)],
    }
    return full[name]


def run(name: str, extra: list[str], result: Path) -> Section | None:
    """One benchmark in a process of its own; None if it failed (it has said why)."""
    script = Path(__file__).with_name(f"{name}.py")
    command = [sys.executable, str(script), "--json", str(result), *extra]
    print(f"== {name}", flush=True)
    if subprocess.run(command, check=False).returncode != 0:
        return None
    print(flush=True)
    return load(result)


def page(machine_rows: Table, sections: list[Section], trial: bool) -> str:
    """The whole page."""
    date = datetime.datetime.now(datetime.UTC).date().isoformat()
    parts = ["# Benchmarks", *[WARNING] * trial, INTRODUCTION, f"## Machine\n\nMeasured {date}."]
    parts.append(markdown(Section("", "", (), (machine_rows,))).partition("\n\n")[2])
    parts += map(markdown, sections)
    return "\n\n".join(parts) + "\n"


def spliced(old: str, sections: list[Section], described: Table) -> str:
    """The page with newer sections in the place of those of the same titles, or at its end."""
    for section in sections:
        title = f"## {section.title}\n"
        before, found, rest = old.partition(title)
        if not found:
            before, rest = f"{before.rstrip()}\n\n", ""
        _, following, after = rest.partition("\n## ")
        fresh = markdown(section).removeprefix(title)
        old = f"{before}{title}\n{_when(described)}\n{fresh.rstrip()}\n{following}{after}"
    return old


def _when(described: Table) -> str:
    """Says of a section that it is not of the page's run."""
    facts = {row[0]: row[1] for row in described.rows}
    date = datetime.datetime.now(datetime.UTC).date().isoformat()
    return (
        f"*Measured apart from the rest of this page: {date}, Penstock {facts['Penstock']}, "
        f"load before {facts['load before']}.*\n"
    )


def main() -> int:
    """Run, write, and say whether all went well."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(TRIAL)}")
    parser.add_argument("--runs", type=int, default=10, help="of cold_start")
    parser.add_argument("--samples", type=int, default=100, help="of scale and eds_fleet")
    parser.add_argument("--routes", type=int, default=3000, help="of probe")
    parser.add_argument(
        "--rounds",
        type=int,
        default=5,
        help="of datapath and failover; eight times as many of datapath_parts",
    )
    parser.add_argument("--seconds", type=float, default=1.5, help="of a turn in datapath")
    parser.add_argument("--trial", action="store_true", help="everything, but very short")
    parser.add_argument("--splice", action="store_true", help="renew the named sections only")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="default: the page, if all benchmarks run"
    )
    given = parser.parse_args()
    if unknown := set(given.names) - set(TRIAL):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    names = [name for name in TRIAL if name in given.names or not given.names]
    described = Table("", ("", ""), machine.rows())
    with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
        results = {n: run(n, options(n, given), Path(folder) / f"{n}.json") for n in names}
    sections = [section for section in results.values() if section is not None]
    if not sections:
        return 1
    output = given.output or (PAGE if given.splice or not given.names else None)
    if output:
        if given.splice:
            text = spliced(output.read_text(encoding="utf-8"), sections, described)
        else:
            text = page(described, sections, given.trial)
        output.write_text(text, encoding="utf-8")
        print(f"wrote {output}")
    failed = [name for name, section in results.items() if section is None]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
