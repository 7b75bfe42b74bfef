"""A big world: how long a start and a change take, and what it costs to keep.

5,000 Ingresses over 1,000 Services, and with `--large` 20,000 over 4,000 as well,
to show how each figure grows.  Times are a client's: from just before the file is
written until a request is answered as changed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend import backends
from clients import Client
from figures import judged, milliseconds, percentile
from instance import OWN, BenchError, Instance, address_of
from processes import cpu_seconds, resident
from sections import Section, Table, add_json_option, finish
from worlds import ingress_file, save, service_file, write_world

REAL = (f"{OWN}.1", f"{OWN}.2")
"""Between these the EndpointSlice of the first Service moves."""
SIZES: tuple[tuple[int, int], ...] = ((5000, 1000), (20000, 4000))
SETTLE_SECONDS = 2.0
MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Change:
    """Samples of one kind of change."""

    seen: Sequence[float]
    """Seconds until the client saw it."""
    reported: Sequence[float]
    """Seconds that `applied` reports."""
    sent: float
    """Bytes that a change sent to Envoy."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one size of world has shown."""

    ingresses: int
    services: int
    cold: float
    cold_bytes: int
    route: Change
    endpoint: Change
    control: int
    envoy: int
    whole_cold: float
    """Bytes of Envoy's memory beyond an empty instance's, by Service, right after the start."""
    whole: float
    """The same after all changes."""
    per_cluster: float
    """Bytes of Envoy's memory that one more Service takes, without Ingresses."""
    per_ingress: float
    """Bytes that one more Ingress takes, without a Service."""
    idle_control: float
    idle_envoy: float


def measure(ingresses: int, services: int, samples: int, idle: float) -> Figures:
    """Start, change, rest."""
    with tempfile.TemporaryDirectory(prefix="penstock-bench-world-") as folder:
        world = Path(folder)
        write_world(world, ingresses, services, {0: REAL[0]})
        with Instance(world) as instance:
            address = address_of(instance.ready())
            cold = time.perf_counter() - instance.started
            check_all(address, ingresses, services)
            cold_bytes = bytes_sent(instance)
            envoy_cold = resident(instance.proxy_pid())
            sites = range(0, ingresses, services)
            route = routes(instance, world, Client(address), sites, samples)
            endpoint = endpoints(instance, world, Client(address), samples)
            envoy_pid = instance.proxy_pid()
            time.sleep(SETTLE_SECONDS)
            before = [cpu_seconds((pid,)) for pid in (instance.pid, envoy_pid)]
            time.sleep(idle)
            after = [cpu_seconds((pid,)) for pid in (instance.pid, envoy_pid)]
            control, envoy = resident(instance.pid), resident(envoy_pid)
    empty = envoy_of(1, 1)
    whole = [(size - empty) / max(1, services - 1) for size in (envoy_cold, envoy)]
    few, even = envoy_of(services, 1), envoy_of(services, services)
    shares = [(b - a) / idle for a, b in zip(before, after, strict=True)]
    return Figures(
        ingresses,
        services,
        cold,
        cold_bytes,
        route,
        endpoint,
        control,
        envoy,
        whole[0],
        whole[1],
        (even - few) / max(1, services - 1),
        (envoy_cold - even) / max(1, ingresses - services),
        shares[0],
        shares[1],
    )


def check_all(address: str, ingresses: int, services: int) -> None:
    """Every site with a real pod must answer at once: ready means live."""
    client = Client(address)
    for number in range(0, ingresses, services):
        reply = client.ask(f"site-{number}.example")
        if reply.status != 200:
            raise BenchError(f"site-{number} answers {reply.status} after ready")


def envoy_of(ingresses: int, services: int) -> int:
    """Envoy's memory right after a start with so many."""
    with tempfile.TemporaryDirectory(prefix="penstock-bench-world-") as folder:
        write_world(Path(folder), ingresses, services)
        with Instance(Path(folder)) as instance:
            instance.ready()
            time.sleep(SETTLE_SECONDS)
            return resident(instance.proxy_pid())


def bytes_sent(instance: Instance) -> int:
    """Bytes of configuration that Envoy has been sent so far."""
    return int(instance.status()["xds"]["bytesSent"])


def changes(
    instance: Instance, samples: int, mentions: str, change: Callable[[int], float]
) -> Change:
    """`samples` changes one after the other; `change` returns what the client measured."""
    seen, reported = [], []
    before = bytes_sent(instance)
    for number in range(samples):
        seen.append(change(number))
        reported.append(instance.applied(mentions)["durationMs"] / 1000)
    return Change(seen, reported, (bytes_sent(instance) - before) / samples)


def routes(
    instance: Instance, world: Path, client: Client, sites: Sequence[int], samples: int
) -> Change:
    """An Ingress gets another path; its site answers there instead of 404."""

    for site in sites:  # "/" covers every path, so that no change of it could be seen
        save(ingress_file(world, site), moved(world, site, "/none"))
        instance.applied("Ingress")

    def change(number: int) -> float:
        site = sites[number % len(sites)]
        path, text = ingress_file(world, site), moved(world, site, f"/v{number}")
        started = time.perf_counter()
        save(path, text)
        name = f"site-{site}.example"
        seen = client.until(name, f"/v{number}", lambda reply: reply.status == 200, started)
        if set(seen.statuses) > {200, 404}:
            raise BenchError(f"a change of a route was answered with {seen.statuses}")
        return seen.seconds

    return changes(instance, samples, "Ingress", change)


def moved(world: Path, site: int, path: str) -> str:
    """The file of a site's Ingress, with another path for the site."""
    text = ingress_file(world, site).read_text()
    head, host, rest = text.partition(f"host: site-{site}.example\n")
    before, key, after = rest.partition("- path: ")
    return f"{head}{host}{before}{key}{path}\n{after.partition(chr(10))[2]}"


def endpoints(instance: Instance, world: Path, client: Client, samples: int) -> Change:
    """A pod gives way to another one; requests are answered by the new one."""
    path = service_file(world, 0)
    document = path.read_text()
    host = "site-0.example"
    route = next(
        line.split()[-1]
        for line in ingress_file(world, 0).read_text().splitlines()
        if "path:" in line
    )

    def change(number: int) -> float:
        target = REAL[(number + 1) % 2]
        text = document.replace(f"[{REAL[0]}]", f"[{target}]", 1)
        started = time.perf_counter()
        save(path, text)
        seen = client.until(host, route, lambda reply: target in reply.body.decode(), started)
        if set(seen.statuses) != {200}:
            raise BenchError(f"a change of an endpoint was answered with {seen.statuses}")
        return seen.seconds

    return changes(instance, samples, "EndpointSlice", change)


def rows(f: Figures, judge: bool) -> list[tuple[str, str, str]]:
    """Figure, target, value; only the size that has targets is judged."""

    def marked(value: float, limit: float, shown: str) -> str:
        return judged(value, limit, shown) if judge else shown

    def quantile(values: Sequence[float], share: float, limit: float = float("inf")) -> str:
        value = percentile(values, share)
        return marked(value, limit, milliseconds(value))

    def of_envoy(size: float, limit: float = float("inf")) -> str:
        return marked(size / 1024, limit, f"{size / 1024:.1f} KiB")

    control = f.control / MEBIBYTE
    idle = marked(f.idle_control, 0.01, f"{f.idle_control:.1%}")
    return [
        ("cold start: exec → all live", "≤ 5 s", marked(f.cold, 5.0, f"{f.cold:.2f} s")),
        ("changed Ingress → live, p50", "≤ 40 ms", quantile(f.route.seen, 0.5, 0.040)),
        ("changed Ingress → live, p99", "≤ 120 ms", quantile(f.route.seen, 0.99, 0.120)),
        ("… as `applied` reports it, p50", "", quantile(f.route.reported, 0.5)),
        ("… as `applied` reports it, p99", "", quantile(f.route.reported, 0.99)),
        ("changed endpoint → live, p50", "≤ 10 ms", quantile(f.endpoint.seen, 0.5, 0.010)),
        ("changed endpoint → live, p99", "", quantile(f.endpoint.seen, 0.99)),
        ("… as `applied` reports it, p50", "", quantile(f.endpoint.reported, 0.5)),
        ("control plane, resident", "≤ 250 MiB", marked(control, 250, f"{control:.0f} MiB")),
        ("Envoy, resident", "", f"{f.envoy / MEBIBYTE:.0f} MiB"),
        ("Envoy, per cluster alone", "≤ 40 KiB", of_envoy(f.per_cluster, 40)),
        ("Envoy, per Ingress alone", "", of_envoy(f.per_ingress)),
        ("Envoy, per cluster with its Ingresses, after the start", "", of_envoy(f.whole_cold)),
        ("Envoy, per cluster with its Ingresses, after the changes", "", of_envoy(f.whole)),
        ("control plane at rest, of a core", "≤ 1 %", idle),
        ("Envoy at rest, of a core", "", f"{f.idle_envoy:.1%}"),
        ("sent to Envoy at the start", "", f"{f.cold_bytes / 1024:,.0f} KiB"),
        ("sent for a changed Ingress", "", f"{f.route.sent / 1024:,.1f} KiB"),
        ("sent for a changed endpoint", "", f"{f.endpoint.sent / 1024:,.2f} KiB"),
    ]  # fmt: skip


def section(results: Sequence[Figures], samples: int, idle: float) -> Section:
    """All sizes side by side."""
    sized = [rows(figures, index == 0) for index, figures in enumerate(results)]
    titles = tuple(f"{f.ingresses:,} over {f.services:,}" for f in results)
    table = Table(
        "",
        ("Ingresses over Services", "target", *titles),
        tuple((*row[0][:2], *(cell[2] for cell in row)) for row in zip(*sized, strict=True)),
    )
    return Section(
        "scale",
        "A big world",
        (
            f"Files with 50 documents each. {samples} samples of either change, one after the "
            "other; each counts from just before the file is written (a new file and a rename) "
            "until a client that asks every half millisecond on one keep-alive connection gets the "
            "new answer. A changed Ingress gets another path; a changed endpoint is a Service's "
            "only pod that gives way to another. Memory is taken after all changes, unless it "
            "says otherwise. Of Envoy's memory, a cluster (of three endpoints) *alone* is what it "
            "takes more when as many Ingresses lead to a Service each instead of to one; an "
            "Ingress (a host with one path) *alone* is what it takes more with all Ingresses "
            "than with one for each Service; a cluster *with its Ingresses* is all beyond an "
            "instance with one Ingress, divided by the Services. At rest: processor time over "
            f"{idle:g} s without any. Targets are for the smaller world.",
        ),
        (table,),
    )


def main() -> int:
    """Measure one or two sizes."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("--samples", type=int, default=100, help="of either change")
    parser.add_argument("--idle", type=float, default=10.0, help="seconds at rest")
    parser.add_argument("--large", action="store_true", help="20,000 over 4,000 as well")
    parser.add_argument("--size", type=int, nargs=2, metavar=("INGRESSES", "SERVICES"))
    add_json_option(parser)
    arguments = parser.parse_args()
    sizes = SIZES if arguments.large else SIZES[:1]
    if arguments.size:
        sizes = ((arguments.size[0], arguments.size[1]),)
    try:
        with backends(*(f"{address}:8080" for address in REAL)):
            results = [measure(*size, arguments.samples, arguments.idle) for size in sizes]
    except (BenchError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    finish(section(results, arguments.samples, arguments.idle), arguments.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
