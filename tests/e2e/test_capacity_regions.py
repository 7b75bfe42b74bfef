"""Cross-region: the own region first, what is too much for it goes to the next one."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from e2e.harness import Up, request, until, up
from e2e.load import OpenLoop, Server, open_loop, servers
from e2e.test_capacity import near

FRONT = """
apiVersion: penstock.dev/v1alpha1
kind: PenstockConfig
metadata: {name: lab}
spec:
  region: eu
  regions: [{name: eu, zones: [eu-1], neighbours: [us]}, {name: us, zones: [us-1]}]
  subnets:
  - {name: eu, region: eu, range: 10.1.0.0/24}
  - {name: us, region: us, range: 10.2.0.0/24}
  - {name: eu-proxies, region: eu, range: 10.9.1.0/24, purpose: GLOBAL_MANAGED_PROXY}
  - {name: us-proxies, region: us, range: 10.9.2.0/24, purpose: GLOBAL_MANAGED_PROXY}
---
kind: compute#forwardingRule
name: eu
loadBalancingScheme: INTERNAL_MANAGED
portRange: "80"
target: web
subnetwork: regions/eu/subnetworks/eu
---
kind: compute#forwardingRule
name: us
loadBalancingScheme: INTERNAL_MANAGED
portRange: "80"
target: web
subnetwork: regions/us/subnetworks/us
---
{kind: compute#targetHttpProxy, name: web, urlMap: web}
---
{kind: compute#urlMap, name: web, defaultService: web}
---
kind: compute#backendService
name: web
loadBalancingScheme: INTERNAL_MANAGED
backends:
- {group: zones/eu-1/networkEndpointGroups/eu, balancingMode: RATE, maxRate: 40}
- {group: zones/us-1/networkEndpointGroups/us, balancingMode: RATE, maxRate: 10000}
"""
OPTIONS = ("--address-pool", "127.10.216.0/24", "--port-offset", "0")


def write(folder: Path, backends: Sequence[Server], *, without: Sequence[str] = ()) -> None:
    parts = [FRONT]
    for backend in backends:
        own = f"[{{ipAddress: {backend.address}, port: {backend.port}}}]"
        listed = "[]" if backend.name in without else own
        parts.append(
            f"---\n{{kind: compute#networkEndpointGroup, name: {backend.name}, "
            f"zone: {backend.name}-1, networkEndpointType: GCE_VM_IP_PORT, "
            f"networkEndpoints: {listed}}}\n"
        )
    fresh = folder.parent / "fresh.yaml"
    fresh.write_text("".join(parts))
    fresh.replace(folder / "web.yaml")


class World:
    def __init__(self, folder: Path, backends: list[Server], running: Up) -> None:
        self.folder, self.backends, self.up = folder, backends, running
        listeners = running.events[0]["loadBalancers"][0]["listeners"]
        names = ("eu", "us")
        self.vips = dict(zip(names, [each["address"] for each in listeners], strict=True))

    def counts(self, region: str, number: int = 40) -> Counter[str]:
        return Counter(request(self.vips[region]).body.decode() for _ in range(number))

    def settles_on(self, region: str) -> None:
        """Until it serves ten requests in a row by itself.

        Ten a second are a quarter of its capacity: whoever asked as fast as possible would
        himself be why requests overflow.
        """
        row = 0

        def serves_again() -> bool:
            nonlocal row
            time.sleep(0.1)
            row = row + 1 if self.counts(region, 1) == {region: 1} else 0
            return row == 10

        until(serves_again)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    root = tmp_path_factory.mktemp("regions")
    folder = root / "manifests"
    folder.mkdir()
    with servers(("eu", "127.44.216.1"), ("us", "127.44.216.2")) as backends:
        write(folder, backends)
        with up([folder], root / "state", *OPTIONS) as running:
            yield World(folder, backends, running)


def test_each_region_serves_its_own_clients(world: World) -> None:
    assert world.counts("us") == {"us": 40}
    world.settles_on("eu")


def test_a_region_without_endpoints_is_served_by_the_next_one_and_back(world: World) -> None:
    write(world.folder, world.backends, without=["eu"])
    world.up.applied("networkEndpointGroup ")
    assert world.counts("eu") == {"us": 40}
    write(world.folder, world.backends)
    world.up.applied("networkEndpointGroup ")
    world.settles_on("eu")


def test_before_anybody_knows_that_a_region_died_its_requests_are_tried_in_the_next_one(
    world: World,
) -> None:
    """Without a health check nobody ever finds out; POST is not tried again."""
    with socket.socket() as silent:
        silent.bind((world.backends[0].address, 0))
        dead = replace(world.backends[0], port=silent.getsockname()[1])
        write(world.folder, [dead, world.backends[1]])
        world.up.applied("networkEndpointGroup ")
        until(lambda: request(world.vips["eu"], method="POST").status == 503)
        assert world.counts("eu") == {"us": 40}
        write(world.folder, world.backends)
        world.up.applied("networkEndpointGroup ")
    world.settles_on("eu")


def test_what_is_too_much_for_a_region_overflows(world: World) -> None:
    with open_loop(world.vips["eu"], 20) as loop:
        until(lambda: loop.shares() == {"eu": 1.0})
        loop.rate = 120
        until(lambda: near(loop.shares(), "eu", 40 / 120))
        loop.recent.clear()
        until(lambda: near(loop.shares(), "eu", 40 / 120, off=0.12))
        loop.rate = 20
        until(lambda: loop.shares() == {"eu": 1.0})
    assert loop.failures == 0


def test_a_region_that_is_used_by_its_own_clients_has_less_for_others(world: World) -> None:
    # The other way round: eu's limit of 40 is taken by its own clients; us needs nothing of it.
    with open_loop(world.vips["eu"], 20), open_loop(world.vips["us"], 60) as far:
        until(lambda: far.shares() == {"us": 1.0})
    assert isinstance(far, OpenLoop)
    assert far.failures == 0
