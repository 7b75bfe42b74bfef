"""What a request pays for in Penstock's configuration of Envoy, part by part.

One Envoy has all of Penstock's configuration, others have all but one part of it.  They
take turns with the same number of requests; what a part costs is how much less processor
time a request takes without it.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from figures import percentile
from instance import OWN, BenchError
from parts import PARTS, penstock_configuration
from peers import Peer, envoy, responder, static_envoy, write_certificate
from processes import cpu_seconds, pinned, two_cores
from scenarios import SCENARIOS, Scenario, h2load, require_programs
from sections import Section, Table, add_json_option, finish

EVERYTHING = "Penstock's configuration"
MINIMAL = "Envoy, minimal"
Costs = dict[str, list[float]]
"""Name → processor seconds per request, round by round."""


@contextmanager
def all_proxies(folder: Path, core: int | None) -> Iterator[list[Peer]]:
    """The minimal Envoy, one with everything, and one without each part."""
    whole = penstock_configuration(folder)
    variants = [(EVERYTHING, whole), *((part.name, whole.without(part.drop)) for part in PARTS)]
    with ExitStack() as stack:
        peers = [stack.enter_context(envoy(folder, core, logged=False))]
        for number, (name, variant) in enumerate(variants):
            address, stem = f"{OWN}.{60 + number}", folder / f"part-{number}"
            config = variant.at(address, stem.with_suffix(".log"))
            file = stem.with_suffix(".json")
            peers.append(stack.enter_context(static_envoy(name, address, config, core, file)))
        yield peers


def cost(peer: Peer, how: Scenario, requests: int, core: int | None) -> float:
    """Processor seconds that the proxy takes for one request."""
    before = cpu_seconds(peer.pids)
    command = pinned(h2load(peer, how, "-n", str(requests)), core)
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    used = cpu_seconds(peer.pids) - before
    good = re.search(r"status codes: (\d+) 2xx", said)
    if good is None or int(good[1]) != requests:
        raise BenchError(f"{peer.name}: {said}")
    return used / requests


def measure(
    peers: Sequence[Peer], how: Scenario, rounds: int, requests: int, core: int | None
) -> Costs:
    """All rounds; each begins with another proxy."""
    costs: Costs = {peer.name: [] for peer in peers}
    for peer in peers:
        cost(peer, how, requests, core)  # Connections are made, memory is had.
    for number in range(rounds):
        turn = number % len(peers)
        for peer in (*peers[turn:], *peers[:turn]):
            costs[peer.name].append(cost(peer, how, requests, core))
        print(f"{how.title}: round {number + 1} of {rounds}", file=sys.stderr)
    return costs


def table(title: str, costs: Costs) -> Table:
    """Everything, each part, and what is left."""
    whole = usual(costs[EVERYTHING])
    rows = [(EVERYTHING, _micro(whole), "", "")]
    named = [(f"without {part.name}", costs[part.name]) for part in PARTS]
    for name, each in (*named, (MINIMAL, costs[MINIMAL])):
        saved = whole - usual(each)
        rows.append((name, _micro(usual(each)), _micro(saved), f"{saved / whole:.1%}"))
    return Table(title, ("configuration", "CPU per request", "saves", "share"), tuple(rows))


def usual(costs: Sequence[float]) -> float:
    """The lower quartile: what else the machine does can only add."""
    return percentile(costs, 0.25)


def _micro(seconds: float) -> str:
    return f"{seconds * 1e6:.2f} µs"


def section(tables: Sequence[Table], rounds: int, requests: int) -> Section:
    """All scenarios."""
    return Section(
        "datapath_parts",
        "What the difference is made of",
        (
            "The same routes, endpoints and clients as above. One Envoy has the configuration that "
            "Penstock makes (without control plane), others have all of it but one part. "
            f"{rounds} round(s) of {requests:,} requests a turn, in another order every time; a "
            "figure is the lower quartile of its rounds, because whatever else runs on the machine "
            "can only add. *Without nothing* has the whole configuration once more: what it saves, "
            "and whatever seems to save less than nothing, shows the error of the method. Parts "
            "share work, so their sum is not the whole.",
        ),
        tuple(tables),
        (
            "The access log can be left out (`--access-log off`). Each of its fields costs about "
            "as much as another; there is no dear one to drop.",
            "Request ids in answers cost more over HTTP/2, where every new value goes through "
            "header compression. They stay: users quote them when they report an error.",
            "The rest protects endpoints and the proxy itself: [HTTP, word for word](http.md), "
            "[Security](security.md), [Resilience](resilience.md).",
        ),
    )


def main() -> int:
    """Measure and print a table for each scenario."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--requests", type=int, default=3000, help="of a proxy's turn")
    parser.add_argument("--scenarios", nargs="+", choices=SCENARIOS, default=["plain", "h2"])
    add_json_option(parser)
    given = parser.parse_args()
    proxy_core, load_core = two_cores()
    try:
        require_programs("nginx", "h2load")
        with tempfile.TemporaryDirectory(prefix="penstock-bench-parts-") as name:
            folder = Path(name)
            write_certificate(folder)
            with responder(folder, load_core), all_proxies(folder, proxy_core) as peers:
                tables = [
                    table(how.title, measure(peers, how, given.rounds, given.requests, load_core))
                    for how in (SCENARIOS[scenario] for scenario in given.scenarios)
                ]
    except (BenchError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    finish(section(tables, given.rounds, given.requests), given.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
