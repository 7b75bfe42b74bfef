"""The route probe: add routes one after the other, each asked for until it answers.

The public Gateway API benchmark does this to gateways in a cluster; here each new
route is an Ingress in a file of its own, in one directory with all the others.
Meanwhile a client on an older route must not notice anything.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from backend import backends
from clients import Client
from figures import milliseconds, percentile
from instance import OWN, BenchError, Instance, address_of
from sections import Section, Table, add_json_option, finish
from worlds import ingress, save, write_world

BACKEND = f"{OWN}.1"
NEITHER = {200, 404}
"""A new host answers 404, then 200; anything else is a failed request."""
BYSTANDER_SECONDS = 0.002


class Bystander(threading.Thread):
    """A client on a route that nobody changes."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self.statuses: Counter[int] = Counter()
        self._client = Client(address)
        self._ended = threading.Event()

    def run(self) -> None:
        """Ask every 2 ms until told to end."""
        while not self._ended.wait(BYSTANDER_SECONDS):
            self.statuses[self._client.ask("site-0.example").status] += 1

    def end(self) -> None:
        """Ask no more."""
        self._ended.set()
        self.join()
        self._client.close()


@dataclass(frozen=True, slots=True)
class Probed:
    """What came of adding the routes."""

    seconds: list[float]
    """Until the first 200, by route in order."""
    statuses: Counter[int]
    after: Counter[int]
    """Answers of the routes, each asked once more at the end."""
    bystander: Counter[int]


def probe(routes: int) -> Probed:
    """Add `routes` routes."""
    with tempfile.TemporaryDirectory(prefix="penstock-bench-world-") as folder:
        world = Path(folder)
        write_world(world, 1, 1, {0: BACKEND})
        with Instance(world) as instance:
            address = address_of(instance.ready())
            bystander = Bystander(address)
            bystander.start()
            try:
                seconds, statuses = add_all(world, Client(address), routes)
            finally:
                bystander.end()
            client = Client(address)
            after = Counter(client.ask(f"site-{n}.example").status for n in range(1, routes + 1))
    return Probed(seconds, statuses, after, bystander.statuses)


def add_all(world: Path, client: Client, routes: int) -> tuple[list[float], Counter[int]]:
    """One route after the other, the next as soon as one answers."""
    seconds: list[float] = []
    statuses: Counter[int] = Counter()
    for number in range(1, routes + 1):
        text = ingress(number, 1).replace(f"namespace: team-{number % 50}", "namespace: team-0")
        started = time.perf_counter()
        save(world / f"route-{number:05}.yaml", text)
        host = f"site-{number}.example"
        seen = client.until(host, "/", lambda reply: reply.status == 200, started)
        seconds.append(seen.seconds)
        statuses += seen.statuses
    return seconds, statuses


def section(result: Probed) -> Section:
    """The figures, beside what the public benchmark found for others."""
    seconds = result.seconds
    tenth = max(1, len(seconds) // 10)
    failed = sum(count for status, count in result.statuses.items() if status not in NEITHER)
    lost = sum(count for status, count in result.after.items() if status != 200)
    bystander = sum(result.bystander.values())
    rows = (
        ("propagation, mean", milliseconds(statistics.mean(seconds))),
        ("propagation, p50", milliseconds(percentile(seconds, 0.5))),
        ("propagation, p99", milliseconds(percentile(seconds, 0.99))),
        ("propagation, longest", milliseconds(max(seconds))),
        ("mean of the first tenth", milliseconds(statistics.mean(seconds[:tenth]))),
        ("mean of the last tenth", milliseconds(statistics.mean(seconds[-tenth:]))),
        ("failed requests (neither 404 nor 200)", f"{failed:,} of {result.statuses.total():,}"),
        ("routes that do not answer at the end", f"{lost:,} of {len(seconds):,}"),
        (
            "errors of a client on an older route",
            f"{bystander - result.bystander[200]:,} of {bystander:,}",
        ),
    )
    return Section(
        "probe",
        f"{len(seconds):,} routes, one after the other",
        (
            "Each route is a new Ingress with a host of its own, in a file of its own; all files "
            "are in one directory, and all routes lead to one Service with a real endpoint. A "
            "route counts from just before its file is written until its first 200; then comes "
            "the next. Another client asks an older route every 2 ms meanwhile.",
        ),
        (Table("", ("figure", "value"), rows),),
        (
            "The public Gateway API benchmark (a cluster, other machines: no ratio can be drawn) "
            "found 16.6 ms for the fastest gateway, and 320 to 367 ms with some 15,000 errors "
            "for Envoy Gateway.",
        ),
    )


def main() -> int:
    """Probe and print a table."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("--routes", type=int, default=3000)
    add_json_option(parser)
    arguments = parser.parse_args()
    try:
        with backends(f"{BACKEND}:8080"):
            result = probe(arguments.routes)
    except (BenchError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    finish(section(result), arguments.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
