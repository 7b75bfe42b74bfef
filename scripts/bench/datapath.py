"""Throughput and latency of the data path, beside other proxies set up for the same routes.

In every round all proxies take turns (in another order each time), so that what the
machine does otherwise meets all of them; ratios are made within a round.  The proxies
share one processor and the load and the endpoints the other one; proxies that are not
being asked are at rest.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from figures import judged, milliseconds, percentile, spread
from instance import BenchError
from peers import Peer, envoy, haproxy, nginx, penstock, responder, write_certificate
from processes import cpu_seconds, pinned, two_cores
from scenarios import HOST, PATHS, SCENARIOS, Scenario, h2load, require_programs
from sections import Section, Table, add_json_option, finish

BASE = "Envoy, minimal"
LOGGING = "Envoy, minimal, logging"
TARGET = 0.97
OPEN_SHARE = 0.5
"""Of what the slowest peer can do: far enough from saturation for all."""
WARM_UP = 0.2
"""Seconds of the closed loop that are not counted."""
HIGHEST_RATE = 6000.0
"""Requests per second that the generator (Python) can send without falling behind."""


@dataclass(frozen=True, slots=True)
class Round:
    """One peer's turn."""

    rate: float
    """Answers per second."""
    p50: float
    p99: float
    cpu: float
    """Processor seconds of the proxy per request."""
    busy: float
    """Share of its processor that the proxy used."""
    failed: int


def closed(peer: Peer, how: Scenario, seconds: float, core: int | None, folder: Path) -> Round:
    """As fast as it goes, with a fixed number of requests under way (h2load)."""
    log = folder / "h2load.log"
    log.unlink(missing_ok=True)
    limits = ["--duration", f"{round(seconds * 1000)}ms"]
    limits += ["--warm-up-time", f"{round(WARM_UP * 1000)}ms", "--log-file", str(log)]
    command = h2load(peer, how, *limits)
    before = cpu_seconds(peer.pids)
    said = subprocess.run(pinned(command, core), capture_output=True, text=True, check=True).stdout
    used = cpu_seconds(peer.pids) - before
    rows = [line.split() for line in log.read_text().splitlines()]
    good = [int(took) / 1e6 for _, status, took in rows if status == "200"]
    rate = re.search(r"finished in .*?, ([0-9.]+) req/s", said)
    if not good or rate is None:
        raise BenchError(f"{peer.name}: {said}")
    # h2load tells nothing about the warm-up, but it costs the proxy as much time per second.
    used *= seconds / (seconds + WARM_UP)
    return Round(
        float(rate[1]), percentile(good, 0.5), percentile(good, 0.99), used / len(good),
        used / seconds, len(rows) - len(good),
    )  # fmt: skip


def opened(
    peer: Peer, how: Scenario, seconds: float, core: int | None, rate: float, seed: int
) -> Round:
    """At a given rate, whatever the proxy does (openloop.py)."""
    command = [sys.executable, str(Path(__file__).with_name("openloop.py")), peer.address]
    command += [str(peer.ports[how.tls]), HOST, *PATHS, "--rate", f"{rate:.0f}"]
    command += ["--seconds", str(seconds), "--connections", str(how.connections)]
    command += ["--seed", str(seed), *["--tls"] * how.tls, *["--http2"] * how.http2]
    before = cpu_seconds(peer.pids)
    said = json.loads(subprocess.check_output(pinned(command, core)))
    used = cpu_seconds(peer.pids) - before
    if not said["answered"]:
        raise BenchError(f"{peer.name} answers nothing: {said}")
    return Round(
        said["answered"] / said["seconds"], said["p50"], said["p99"], used / said["answered"],
        used / said["seconds"], said["errors"] + said["missing"],
    )  # fmt: skip


Rounds = dict[str, list[Round]]


@dataclass(frozen=True, slots=True)
class Settings:
    """How long, how often, where."""

    rounds: int
    seconds: float
    proxy_core: int | None
    load_core: int | None
    folder: Path


def compare(
    peers: Sequence[Peer], how: Scenario, settings: Settings
) -> tuple[float, Rounds, Rounds]:
    """The open loop's rate, and all rounds of both loops by peer."""
    core, folder = settings.load_core, settings.folder
    fast = [closed(peer, how, settings.seconds / 2, core, folder).rate for peer in peers]
    rate = min(HIGHEST_RATE, OPEN_SHARE * min(fast))
    steady: Rounds = {peer.name: [] for peer in peers}
    full: Rounds = {peer.name: [] for peer in peers}
    for number in range(settings.rounds):
        turn = number % len(peers)
        order = [*peers[turn:], *peers[:turn]]
        for peer in order:
            outcome = opened(peer, how, settings.seconds, core, rate, number + 1)
            steady[peer.name].append(outcome)
        for peer in order:
            full[peer.name].append(closed(peer, how, settings.seconds, core, folder))
        print(f"{how.title}: round {number + 1} of {settings.rounds}", file=sys.stderr)
    return rate, steady, full


def ratios(rounds: Rounds, name: str, base: str, figure: str) -> list[float]:
    """Peer to base, round by round."""
    pairs = zip(rounds[name], rounds[base], strict=True)
    return [getattr(mine, figure) / getattr(other, figure) for mine, other in pairs]


def ratio(rounds: Rounds, name: str, base: str, figure: str) -> str:
    """The median ratio and its range."""
    values = sorted(ratios(rounds, name, base, figure))
    shown = f"{statistics.median(values):.2f} ({values[0]:.2f}–{values[-1]:.2f})"
    if figure == "rate" and name.startswith("Penstock") and base == BASE:
        return judged(statistics.median(values), TARGET, shown, least=True)
    return shown


def closed_table(title: str, peers: Sequence[Peer], rounds: Rounds) -> Table:
    """Throughput at saturation."""
    columns = (
        "proxy", "log", "requests/s", "spread", "ratio to Envoy", "to Envoy logging", "CPU to Envoy"
    )  # fmt: skip
    rows = []
    for peer in peers:
        rates = [each.rate for each in rounds[peer.name]]
        rows.append((
            peer.name, peer.log, f"{statistics.median(rates):,.0f}", spread(rates),
            ratio(rounds, peer.name, BASE, "rate"), ratio(rounds, peer.name, LOGGING, "rate"),
            ratio(rounds, peer.name, BASE, "cpu"), *common(rounds[peer.name]),
        ))  # fmt: skip
    return Table(f"{title}, closed loop", (*columns, *COMMON), tuple(rows))


def open_table(title: str, peers: Sequence[Peer], rounds: Rounds, rate: float) -> Table:
    """Latency at equal load."""
    columns = ("proxy", "log", "p99 spread", "p50 to Envoy", "p99 to Envoy", "CPU to Envoy")
    rows = []
    for peer in peers:
        tails = [each.p99 for each in rounds[peer.name]]
        kinds = [ratio(rounds, peer.name, BASE, figure) for figure in ("p50", "p99", "cpu")]
        rows.append((peer.name, peer.log, spread(tails), *kinds, *common(rounds[peer.name])))
    return Table(f"{title}, open loop, {rate:,.0f} requests/s", (*columns, *COMMON), tuple(rows))


COMMON = ("p50", "p99", "CPU per request", "of its core", "failed")


def common(rounds: Sequence[Round]) -> tuple[str, ...]:
    """Columns that both loops have: medians, and the sum of failures."""
    return (
        milliseconds(statistics.median(each.p50 for each in rounds)),
        milliseconds(statistics.median(each.p99 for each in rounds)),
        f"{statistics.median(each.cpu for each in rounds) * 1e6:.0f} µs",
        f"{statistics.median(each.busy for each in rounds):.0%}",
        f"{sum(each.failed for each in rounds):,}",
    )


def section(tables: Sequence[Table], settings: Settings) -> Section:
    """All scenarios."""
    where = "Nothing was pinned"
    if settings.proxy_core is not None:
        where = (
            f"Proxies on processor {settings.proxy_core} with one worker each, load and endpoints "
            f"on processor {settings.load_core}"
        )
    return Section(
        "datapath",
        "The data path beside other proxies",
        (
            "20 hosts with three routes each, three endpoints that answer with 1 KiB at once (one "
            f"nginx), requests for three paths of one host. {where}. {settings.rounds} round(s) of "
            f"{settings.seconds:g} s a turn, for all proxies in another order every time. "
            "Ratios are medians of the rounds' ratios, with their range. The target is "
            f"≥ {TARGET} of the minimal Envoy's throughput.",
            "*Open loop*: Poisson arrivals at one rate for all (half of what the slowest can do, "
            f"at most {HIGHEST_RATE:,.0f}/s); latency counts from when a request was due. *Closed "
            "loop*: h2load with 32 connections, over HTTP/2 8 connections with 8 streams each. "
            "Where a proxy leaves more than a tenth of its processor unused in the closed loop, "
            "not the proxy but the load was the limit; then CPU per request is the figure to "
            "compare; it bears other work on the machine better, too.",
            "*Envoy, minimal* is the same binary with static clusters and only the router filter: "
            "no hardening, no X-Forwarded-For, no log; *logging* adds Penstock's access log. "
            "*Penstock* is as `penstock up` runs it, with its access log (JSON, 21 fields, to a "
            "file); *log off* is the same with `--access-log off`. nginx writes as many of those "
            "fields as it has, through a buffer of 64 KiB; HAProxy its usual log line, to a file.",
        ),
        tuple(tables),
    )


@contextmanager
def all_peers(folder: Path, core: int | None, wanted: Sequence[str]) -> Iterator[list[Peer]]:
    """Every proxy, running; the two plain Envoys always, for the ratios."""
    makers: dict[str, Callable[[Path, int | None], AbstractContextManager[Peer]]] = {
        "penstock": partial(penstock, logged=True),
        "penstock-unlogged": partial(penstock, logged=False),
        "envoy": partial(envoy, logged=False),
        "envoy-logging": partial(envoy, logged=True),
        "nginx": nginx,
        "haproxy": haproxy,
    }
    with ExitStack() as stack:
        yield [
            stack.enter_context(make(folder, core))
            for name, make in makers.items()
            if name in wanted or name.startswith("envoy")
        ]


def measure(scenarios: Sequence[str], peers: Sequence[str], settings: Settings) -> Section:
    """Start everything, compare, stop everything."""
    write_certificate(settings.folder)
    tables = []
    with (
        responder(settings.folder, settings.load_core),
        all_peers(settings.folder, settings.proxy_core, peers) as running,
    ):
        for name in scenarios:
            how = SCENARIOS[name]
            rate, steady, full = compare(running, how, settings)
            tables.append(open_table(how.title, running, steady, rate))
            tables.append(closed_table(how.title, running, full))
    return section(tables, settings)


def main() -> int:
    """Compare and print tables."""
    every = ("penstock", "penstock-unlogged", "nginx", "haproxy")
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5, help="of a proxy's turn")
    parser.add_argument("--scenarios", nargs="+", choices=SCENARIOS, default=[*SCENARIOS])
    parser.add_argument("--peers", nargs="+", choices=every, default=every)
    add_json_option(parser)
    arguments = parser.parse_args()
    pins = two_cores()
    try:
        require_programs("nginx", "haproxy", "h2load")
        with tempfile.TemporaryDirectory(prefix="penstock-bench-peers-") as folder:
            settings = Settings(arguments.rounds, arguments.seconds, *pins, Path(folder))
            result = measure(arguments.scenarios, arguments.peers, settings)
    except (BenchError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    finish(result, arguments.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
