"""What a death costs: requests lost, and how long until all are answered again.

A cross-region load balancer in two regions with a health check of one second.  Backends
are real processes that are killed, not stand-ins that say that they stop.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from figures import milliseconds
from instance import OWN, PENSTOCK, BenchError, Instance
from sections import Section, Table, add_json_option, finish

EAST, EUROPE = "us-east1", "europe-west1"
BACKENDS = {EAST: (f"{OWN}.11", f"{OWN}.12"), EUROPE: (f"{OWN}.21", f"{OWN}.22")}
PORT = 8080
RATE = 200
"""Requests a second, sent whether or not the ones before are answered."""
PATIENCE = 1.0
"""Seconds until a client gives a request up."""
QUIET = 3.0
"""Seconds without a failure after which it is over."""
LONGEST = 60.0


def manifests() -> str:
    """One load balancer, a VIP and a group in each region."""
    documents = [
        "apiVersion: penstock.dev/v1alpha1\nkind: PenstockConfig\nmetadata: {name: bench}\n"
        "spec:\n  region: us-east1\n  subnets:\n" + "".join(map(_subnets, (EAST, EUROPE))),
        "{kind: compute#targetHttpProxy, name: web, urlMap: web}",
        "{kind: compute#urlMap, name: web, defaultService: web}",
        "kind: compute#backendService\nname: web\nloadBalancingScheme: INTERNAL_MANAGED\n"
        "protocol: HTTP\nhealthChecks: [global/healthChecks/tcp]\nbackends:\n"
        + "".join(f"- group: zones/{r}-b/networkEndpointGroups/web\n" for r in BACKENDS),
        "{kind: compute#healthCheck, name: tcp, type: TCP, checkIntervalSec: 1, timeoutSec: 1, "
        "healthyThreshold: 1, unhealthyThreshold: 2, "
        "tcpHealthCheck: {portSpecification: USE_SERVING_PORT}}",
    ]
    for region, addresses in BACKENDS.items():
        places = ", ".join(f"{{ipAddress: {a}, port: {PORT}}}" for a in addresses)
        documents += [
            f"{{kind: compute#forwardingRule, name: web-{region}, portRange: '80', target: web, "
            "loadBalancingScheme: INTERNAL_MANAGED, "
            f"subnetwork: regions/{region}/subnetworks/{region}}}",
            f"{{kind: compute#networkEndpointGroup, name: web, zone: {region}-b, "
            f"networkEndpointType: GCE_VM_IP_PORT, networkEndpoints: [{places}]}}",
        ]
    return "\n---\n".join(documents)


def _subnets(region: str) -> str:
    net = 1 + list(BACKENDS).index(region)
    return (
        f"  - {{name: {region}, region: {region}, range: 10.{net}.0.0/24}}\n"
        f"  - {{name: {region}-proxies, region: {region}, range: 10.9.{net}.0/24, "
        "purpose: GLOBAL_MANAGED_PROXY}\n"
    )


@dataclass(frozen=True, slots=True)
class Lost:
    """What clients saw of one death."""

    requests: int
    """Not answered with 200."""
    seconds: float
    """From the death to the last request that failed was sent; 0 if none did."""


class Clients:
    """Sends at a steady rate to the first VIP that takes connections, in order."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = addresses
        self.failures: list[float] = []
        """When the requests that failed were sent (monotonic)."""
        self.answered = 0
        self.warm = asyncio.Event()
        """Set after a second's worth of answers."""
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Until `stop`."""
        clock = asyncio.get_running_loop().time
        next_at = clock()
        async with asyncio.TaskGroup() as tasks:
            while not self._stop.is_set():
                tasks.create_task(self._one())
                next_at += 1 / RATE
                await asyncio.sleep(max(0.0, next_at - clock()))

    def stop(self) -> None:
        """Send no more."""
        self._stop.set()

    async def _one(self) -> None:
        sent = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE):
                status = await self._ask()
        except (OSError, EOFError, TimeoutError):
            status = 0
        if status == 200:
            self.answered += 1
            if self.answered >= RATE:
                self.warm.set()
        else:
            self.failures.append(sent)

    async def _ask(self) -> int:
        reader, writer = await self._connect()
        try:
            writer.write(b"GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n")
            return int((await reader.readuntil(b"\r\n"))[9:12])
        finally:
            writer.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """As clients do that know several addresses: who refuses is passed over."""
        for address in self._addresses[:-1]:
            try:
                return await asyncio.open_connection(address, 80)
            except ConnectionRefusedError:
                continue
        return await asyncio.open_connection(self._addresses[-1], 80)


async def watch(addresses: Sequence[str], kill: Callable[[], None]) -> Lost:
    """Load, the death, and quiet again."""
    clients = Clients(addresses)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(clients.run())
        await clients.warm.wait()
        clients.failures.clear()
        died = time.monotonic()
        await asyncio.to_thread(kill)
        while time.monotonic() - max([died, *clients.failures]) < QUIET:
            if time.monotonic() - died > LONGEST:
                clients.stop()
                raise BenchError(f"still failing {LONGEST:g} s after the death")
            await asyncio.sleep(0.05)
        clients.stop()
    return Lost(len(clients.failures), max([died, *clients.failures]) - died)


class World:
    """The instance and its backends; everything may be killed once."""

    def __init__(self, instance: Instance, processes: dict[str, subprocess.Popen[bytes]]) -> None:
        self._instance = instance
        self._processes = processes
        ready = instance.ready()
        fleets = {each["region"]: each for each in instance.status()["fleets"]}
        self.vips = [fleets[region]["addresses"][0] for region in (EAST, EUROPE)]
        self.ready = ready

    def kill(self, *addresses: str) -> None:
        """kill -9 backends."""
        for address in addresses:
            self._processes[address].send_signal(signal.SIGKILL)
            self._processes[address].wait()

    def stop_region(self) -> None:
        """The region's proxies and backends at once."""
        command = [*PENSTOCK, "region", "stop", EAST, "-o", "json", "--state-dir"]
        state = self._instance.status()["stateDir"]
        stopping = subprocess.Popen([*command, state], stdout=subprocess.PIPE)
        self.kill(*BACKENDS[EAST])
        answer, _ = stopping.communicate()
        if json.loads(answer)["state"] != "stopped":
            raise BenchError(f"the region is not stopped: {answer.decode()}")


@contextmanager
def world() -> Iterator[World]:
    """A fresh one: whatever was killed is there again."""
    with tempfile.TemporaryDirectory(prefix="penstock-bench-failover-") as folder:
        source = Path(folder) / "world.yaml"
        source.write_text(manifests())
        addresses = [address for region in BACKENDS.values() for address in region]
        processes = {address: backend_process(address) for address in addresses}
        try:
            with Instance(source) as instance:
                yield World(instance, processes)
        finally:
            for process in processes.values():
                assert process.stdin
                process.stdin.close()
                process.wait()


def backend_process(address: str) -> subprocess.Popen[bytes]:
    """One backend, listening."""
    script = Path(__file__).with_name("backend.py")
    process = subprocess.Popen(
        [sys.executable, str(script), f"{address}:{PORT}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout
    if process.stdout.readline().strip() != b"listening":
        raise BenchError(f"a backend cannot listen on {address}")
    return process


DEATHS: tuple[tuple[str, int, Callable[[World], None]], ...] = (
    ("one of two backends of a region", 1, lambda w: w.kill(BACKENDS[EAST][0])),
    ("all backends of a region, its proxies live", 1, lambda w: w.kill(*BACKENDS[EAST])),
    ("a region: proxies and backends; clients know both addresses", 2, World.stop_region),
)
"""What dies, how many of the addresses clients know, and how it is killed."""


def measure(samples: int, known: int, kill: Callable[[World], None]) -> list[Lost]:
    """One kind of death, again and again."""
    found = []
    for _ in range(samples):
        with world() as made:
            found.append(asyncio.run(watch(made.vips[:known], lambda made=made: kill(made))))  # type: ignore[misc]
    return found


def section(samples: int) -> Section:
    """All kinds."""
    rows = []
    for name, known, kill in DEATHS:
        found = measure(samples, known, kill)
        lost, times = [each.requests for each in found], [each.seconds for each in found]
        rows.append(
            (
                name,
                f"{statistics.median(lost):g}",
                f"{max(lost)}",
                milliseconds(statistics.median(times)),
                milliseconds(max(times)),
            )
        )
    return Section(
        "failover",
        "Failover",
        (
            "A cross-region load balancer with two backends in each of two regions, health checks "
            f"every second with two failures to be unhealthy, and {RATE} requests a second, each "
            f"on a connection of its own, to the first region. {samples} deaths of each kind, each "
            "in a fresh instance; backends are killed with `kill -9`. A request is lost if it is "
            "not answered with 200 within a second; the time is from the death to the last lost.",
        ),
        (
            Table(
                "", ("what dies", "lost (p50)", "lost (most)", "ms (p50)", "ms (most)"), tuple(rows)
            ),
        ),
        (
            "A connection that a backend refuses is tried on another one, so that the death of "
            "one costs little even before it is noticed.",
        ),
    )


def main() -> int:
    """Measure all kinds."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("--samples", type=int, default=5, help="of each kind of death")
    add_json_option(parser)
    arguments = parser.parse_args()
    found: list[Section] = []
    try:
        found.append(section(arguments.samples))
    except* (BenchError, OSError) as group:
        print(group.exceptions, file=sys.stderr)
    if found:
        finish(found[0], arguments.json)
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
