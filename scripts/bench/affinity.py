"""How many sessions move, by affinity: an endpoint leaves or joins, a proxy starts anew.

A running `penstock up` has one backend service for each affinity, all with the same
endpoints; a thousand sessions each are begun, something happens, and all ask again.
"""

from __future__ import annotations

import argparse
import http.client
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from backend import backends
from instance import OWN, BenchError, Instance, address_of
from sections import Section, Table, add_json_option, finish
from worlds import save

KINDS: Final = {
    "CLIENT_IP, MAGLEV": "sessionAffinity: CLIENT_IP",
    "HEADER_FIELD, MAGLEV": (
        "sessionAffinity: HEADER_FIELD\nconsistentHash: {httpHeaderName: x-user}"
    ),
    "HEADER_FIELD, RING_HASH of 1,024": (
        "sessionAffinity: HEADER_FIELD\nlocalityLbPolicy: RING_HASH\n"
        "consistentHash: {httpHeaderName: x-user}"
    ),
    "HEADER_FIELD, RING_HASH of 65,536": (
        "sessionAffinity: HEADER_FIELD\nlocalityLbPolicy: RING_HASH\n"
        "consistentHash: {httpHeaderName: x-user, minimumRingSize: 65536}"
    ),
    "GENERATED_COOKIE, MAGLEV": "sessionAffinity: GENERATED_COOKIE",
    "STRONG_COOKIE_AFFINITY": (
        "sessionAffinity: STRONG_COOKIE_AFFINITY\nstrongSessionAffinityCookie: {name: seat}"
    ),
    "NONE, for comparison": "sessionAffinity: NONE",
}
_PORT: Final = 8080


@dataclass(slots=True)
class Session:
    """A client that keeps what it is told to keep."""

    number: int
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """An address that no other session has."""
        return f"127.42.{self.number // 250}.{self.number % 250 + 1}"

    def ask(self, proxy: str, host: str) -> str:
        """The endpoint that answers."""
        connection = http.client.HTTPConnection(proxy, 80, source_address=(self.source, 0))
        headers = {"host": host, "x-user": f"user-{self.number}"}
        if self.cookies:
            headers["cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        with closing(connection):
            connection.request("GET", "/", headers=headers)
            answer = connection.getresponse()
            name, set_cookie = answer.read().decode(), answer.getheader("set-cookie")
        if answer.status != http.client.OK:
            raise BenchError(f"{host} answers {answer.status}")
        if set_cookie:
            key, _, value = set_cookie.partition(";")[0].partition("=")
            self.cookies[key] = value
        return name


def hosts() -> list[str]:
    """One for each kind, in their order."""
    return [f"kind-{number}.example" for number in range(len(KINDS))]


def resources(endpoints: Sequence[str]) -> str:
    """A load balancer with a host for each kind."""
    numbers = range(len(KINDS))
    rules = "".join(f"- {{hosts: [{host}], pathMatcher: m{n}}}\n" for n, host in enumerate(hosts()))
    matchers = "".join(f"- {{name: m{n}, defaultService: kind-{n}}}\n" for n in numbers)
    listed = "".join(f"- {{ipAddress: {address}, port: {_PORT}}}\n" for address in endpoints)
    services = "".join(map(_service, numbers, KINDS.values()))
    return f"""\
kind: compute#forwardingRule
name: web
region: r1
loadBalancingScheme: INTERNAL_MANAGED
portRange: "80"
target: regions/r1/targetHttpProxies/web
---
kind: compute#targetHttpProxy
name: web
region: r1
urlMap: regions/r1/urlMaps/web
---
kind: compute#urlMap
name: web
region: r1
defaultService: kind-0
hostRules:
{rules}pathMatchers:
{matchers}{services}---
kind: compute#networkEndpointGroup
name: web
zone: r1-a
networkEndpointType: GCE_VM_IP_PORT
networkEndpoints:
{listed}"""


def _service(number: int, settings: str) -> str:
    return f"""\
---
kind: compute#backendService
name: kind-{number}
region: r1
loadBalancingScheme: INTERNAL_MANAGED
protocol: HTTP
backends: [{{group: zones/r1-a/networkEndpointGroups/web}}]
{settings}
"""


@dataclass(frozen=True, slots=True)
class Lab:
    """Sessions of each kind, and where their requests go."""

    sessions: dict[str, list[Session]]

    @classmethod
    def of(cls, count: int) -> Lab:
        """New sessions."""
        return cls({host: [Session(number) for number in range(count)] for host in hosts()})

    def ask(self, proxy: str) -> dict[str, list[str]]:
        """Everybody's endpoint, by host."""
        return {
            host: [session.ask(proxy, host) for session in sessions]
            for host, sessions in self.sessions.items()
        }


Found = dict[str, list[str]]
Share = Callable[[list[str], list[str]], float]


def moved(before: list[str], after: list[str]) -> float:
    """The share of sessions with another endpoint than before."""
    return sum(a != b for a, b in zip(before, after, strict=True)) / len(before)


def moved_though(gone: str) -> Share:
    """The share of those that moved of sessions whose endpoint is still there."""

    def share(before: list[str], after: list[str]) -> float:
        kept = [(b, a) for b, a in zip(before, after, strict=True) if b != gone]
        return sum(a != b for b, a in kept) / len(kept)

    return share


def measure(size: int, count: int, folder: Path) -> Table:
    """All events with so many endpoints; the last one comes and goes."""
    addresses = [f"127.43.{size}.{number}" for number in range(1, size + 1)]
    file = folder / "web.yaml"
    save(file, resources(addresses))
    columns: list[tuple[str, list[float]]] = []
    lab = Lab.of(count)

    def note(title: str, share: Share, before: Found, after: Found) -> None:
        columns.append((title, [share(before[host], after[host]) for host in hosts()]))
        print(f"{size} endpoints: {title}", file=sys.stderr)

    with ExitStack() as stack:
        stack.enter_context(backends(*(f"{address}:{_PORT}" for address in addresses)))
        with Instance(folder, pool=f"{OWN}.64/26") as first:
            proxy = address_of(first.ready())
            everywhere = lab.ask(proxy)
            save(file, resources(addresses[:-1]))
            first.applied("networkEndpointGroup")
            fewer = lab.ask(proxy)
            gone = f"{addresses[-1]}:{_PORT}"
            note(f"one of {size} leaves", moved_though(gone), everywhere, fewer)
            save(file, resources(addresses))
            first.applied("networkEndpointGroup")
            again = lab.ask(proxy)
            note(f"one joins {size - 1}", moved, fewer, again)
        with Instance(folder, pool=f"{OWN}.128/26") as second:
            note("a proxy starts anew", moved, again, lab.ask(address_of(second.ready())))
    rows = [
        (kind, *(f"{shares[number]:.1%}" for _, shares in columns))
        for number, kind in enumerate(KINDS)
    ]
    return Table(f"{size} endpoints", ("moved", *(title for title, _ in columns)), tuple(rows))


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--size", type=int, nargs="+", default=[5, 50], help="endpoints")
    add_json_option(parser)
    given = parser.parse_args()
    tables = []
    for size in given.size:
        with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
            tables.append(measure(size, given.sessions, Path(folder)))
    finish(
        Section(
            "affinity",
            "Session affinity",
            (
                f"`penstock up` with a backend service for each affinity; {given.sessions:,} "
                "sessions each ask, something happens, and all ask again. When an endpoint leaves, "
                "only sessions count whose endpoint is still there; those of the one that left "
                "have to move. When one joins, hashing has to move the share of the new one: 1 of "
                "all endpoints. A proxy that starts anew stands for one that restarts, and for one "
                "more of a fleet: it knows nothing but the configuration and what clients send.",
            ),
            tuple(tables),
            (
                "A ring's places are shared out among the endpoints, so with another number of "
                "endpoints each has another number of places: up to as many sessions again "
                "move as have to, also in a large ring. Maglev moves next to none.",
                "The cookie of STRONG_COOKIE_AFFINITY names the endpoint: no other session moves.",
            ),
        ),
        given.json,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
