"""Fleets that come and go under load: a VIP that moves from one to another loses no request."""

from __future__ import annotations

from pathlib import Path

import pytest
from load import Load, Site

from e2e.harness import Json, Up, until, up
from e2e.regions import CONFIG, EAST, cross_region, regional
from penstock.envoy.accept_queue import obstacle

POOL = "127.10.226.0/24"


def nodes(running: Up) -> dict[str, Json]:
    return {each["node"]: each for each in running.cli("status", "-o", "json")["proxies"]}


def address_of_own(running: Up) -> str:
    balancers = running.cli("status", "-o", "json")["loadBalancers"]
    (found,) = [each for each in balancers if each["name"].endswith("/own")]
    return str(found["addresses"][0])


@pytest.mark.skipif(
    bool(obstacle()), reason=f"whoever connects at that moment may be reset: {obstacle()}"
)
@pytest.mark.parametrize(
    ("http1", "hasty", "turns"),
    [
        (4, 0, 2),
        (2, 12, 4),  # Whoever connects anew meets the moment when a socket closes.
    ],
)
def test_a_vip_moves_to_a_new_fleet_and_back(
    tmp_path: Path, http1: int, hasty: int, turns: int
) -> None:
    source = tmp_path / "world.yaml"
    alone = CONFIG + regional("own", EAST)
    source.write_text(alone)
    with up([source], tmp_path / "state", "--address-pool", POOL) as running:
        address = address_of_own(running)
        assert nodes(running).keys() == {"local"}
        site = Site(address, "own.example")
        with Load(site, http1=http1, http2=0, sockets=0, hasty=hasty) as load:
            for turn in range(turns):
                load.more(50)
                # Another load balancer has several regions: its region's fleet takes over.
                source.write_text(alone + cross_region())
                running.applied("web")
                assert EAST in nodes(running)
                load.more(200)
                source.write_text(alone)
                running.applied("web")
                if turn:  # Otherwise it is wanted again while it drains.
                    until(lambda: nodes(running).keys() == {"local"})
                load.more(200)
        # WebSockets would be cut after the drain time, as in any proxy that ends.
        assert not load.tally.failures
        assert load.tally.requests > 400
