"""The example of a cross-region load balancer: its table really asked, and a region killed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import dns.edns
import dns.message
import dns.query
import pytest

from e2e.harness import Up, request, until, up

EXAMPLE = Path(__file__).parents[2] / "examples" / "internal-alb-cross-region"
BELGIUM, CAROLINA = "europe-west1", "us-east1"
SERVER = "127.0.229.2"
"""Where nobody else has ports, not even for outgoing connections."""
NAME = "storefront.shop.internal."


@pytest.fixture
def port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((SERVER, 0))
        number: int = probe.getsockname()[1]
        return number


@pytest.fixture
def example(tmp_path: Path, port: int) -> Iterator[Up]:
    pool, names = "127.10.229.0/24", f"{SERVER}:{port}"
    options = ("--address-pool", pool, "--dns", names)
    with up([EXAMPLE], tmp_path / "state", *options) as running:
        yield running


def addresses(example: Up) -> dict[str, str]:
    """Region → where its address is on this machine."""
    [lb] = example.events[0]["loadBalancers"]
    found = {each["requestedAddress"]: each["address"] for each in lb["listeners"]}
    return {BELGIUM: found["10.20.0.10"], CAROLINA: found["10.40.0.10"]}


def zone(address: str) -> str:
    """Where the machine is that answers."""
    return str(request(address).echo["namespace"])


def asked(port: int, client: str) -> str:
    """What a client's subnet is answered."""
    option = dns.edns.ECSOption(client, 24)
    query = dns.message.make_query(NAME, "A", use_edns=0, options=[option])
    answer = dns.query.udp(query, SERVER, port=port, timeout=20)
    return str(answer.answer[0][0])


def test_each_region_serves_its_own_until_it_cannot(example: Up, port: int) -> None:
    places = addresses(example)
    assert {zone(places[BELGIUM]) for _ in range(10)} == {"europe-west1-b"}
    assert {zone(places[CAROLINA]) for _ in range(10)} == {"us-east1-c"}
    assert asked(port, "10.20.0.77") == places[BELGIUM]
    assert asked(port, "10.40.0.77") == places[CAROLINA]


def test_a_region_that_dies_is_left_out_of_names_and_costs_the_other_nothing(
    example: Up, port: int
) -> None:
    places = addresses(example)
    statuses: list[int] = []
    over = threading.Event()

    def load() -> None:
        # Well below the capacity of Belgium: what is above goes to the region that dies.
        while not over.wait(0.1):
            statuses.append(request(places[BELGIUM]).status)

    client = threading.Thread(target=load)
    client.start()
    try:
        example.cli("region", "stop", CAROLINA, "--with-backends", "-o", "json")
        until(lambda: asked(port, "10.40.0.77") == places[BELGIUM])
        with pytest.raises(OSError):
            request(places[CAROLINA])
        example.cli("region", "start", CAROLINA, "-o", "json")
        until(lambda: asked(port, "10.40.0.77") == places[CAROLINA])
        # Its proxies are there before its machines have answered the first probe.
        until(lambda: zone(places[CAROLINA]) == "us-east1-c")
        seen = len(statuses)
        until(lambda: len(statuses) > seen + 5)
    finally:
        over.set()
        client.join()
    assert set(statuses) == {200}


def test_machines_that_die_are_replaced_by_the_other_regions(example: Up) -> None:
    places = addresses(example)
    listed = example.cli("stand-in", "list", "-o", "json")
    pods = [pod["name"] for pod in listed if pod["namespace"] == "europe-west1-b"]
    for pod in pods:
        example.command(pod, "--status", "500")
    until(lambda: zone(places[BELGIUM]) == "us-east1-c")
    for pod in pods:
        example.command(pod, "--status", "0")
    until(lambda: zone(places[BELGIUM]) == "europe-west1-b")
