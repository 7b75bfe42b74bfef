"""Requests are shared out over groups by capacity, under real load through `penstock up`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from e2e.harness import Json, Up, address_of, request, until, up
from e2e.load import OpenLoop, Server, open_loop, servers

FRONT = """
apiVersion: penstock.dev/v1alpha1
kind: PenstockConfig
metadata: {name: lab}
spec: {region: r1, regions: [{name: r1, zones: [r1-a, r1-b]}]}
---
kind: compute#forwardingRule
name: web
region: r1
loadBalancingScheme: INTERNAL_MANAGED
portRange: "80"
target: web
---
{kind: compute#targetHttpProxy, name: web, region: r1, urlMap: web}
---
{kind: compute#urlMap, name: web, region: r1, defaultService: web}
"""
POOL = ("--address-pool", "127.10.215.0/24", "--port-offset", "0")


def neg(name: str, backends: Sequence[Server], *, without: Sequence[str] = ()) -> str:
    lines = [
        f"- {{ipAddress: {b.address}, port: {b.port}}}" for b in backends if b.name not in without
    ]
    listed = "\n".join(["networkEndpoints:", *lines]) if lines else "networkEndpoints: []"
    return f"""---
kind: compute#networkEndpointGroup
name: {name}
zone: r1-a
networkEndpointType: GCE_VM_IP_PORT
{listed}
"""


def service(*backends: str, more: str = "") -> str:
    listed = "\n".join(f"- {{{backend}}}" for backend in backends)
    return f"""---
kind: compute#backendService
name: web
region: r1
loadBalancingScheme: INTERNAL_MANAGED
{more}backends:
{listed}
"""


class Stage:
    """A running instance with two groups, one server each."""

    def __init__(self, folder: Path, backends: list[Server], running: Up) -> None:
        self.folder, self.backends, self.up = folder, backends, running
        self.address = address_of(running.events[0])

    def play(self, *backends: str, without: Sequence[str] = ()) -> None:
        write(self.folder, self.backends, *backends, without=without)
        self.up.applied("backendService ")

    def counts(self, number: int) -> Counter[str]:
        found: Counter[str] = Counter()
        for _ in range(number):
            answer = request(self.address)
            assert answer.status == 200
            found[answer.body.decode()] += 1
        return found


def write(
    folder: Path, backends: Sequence[Server], *limits: str, without: Sequence[str] = ()
) -> None:
    a, b = backends[:1], backends[1:]
    text = (FRONT, neg("a", a, without=without), neg("b", b, without=without), service(*limits))
    fresh = folder.parent / "fresh.yaml"
    fresh.write_text("".join(text))
    fresh.replace(folder / "web.yaml")


EQUAL = (
    "group: a, balancingMode: RATE, maxRate: 1000",
    "group: b, balancingMode: RATE, maxRate: 1000",
)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    root = tmp_path_factory.mktemp("capacity")
    folder = root / "manifests"
    folder.mkdir()
    with servers(("a", "127.44.215.1"), ("b", "127.44.215.2")) as backends:
        write(folder, backends, *EQUAL)
        with up([folder], root / "state", *POOL) as running:
            yield Stage(folder, backends, running)


@contextmanager
def load(stage: Stage, rate: float) -> Iterator[OpenLoop]:
    with open_loop(stage.address, rate) as made:
        yield made
    assert made.failures == 0


def near(shares: dict[str, float], name: str, wanted: float, off: float = 0.08) -> bool:
    return bool(shares) and abs(shares.get(name, 0.0) - wanted) <= off


def test_groups_get_requests_in_proportion_to_capacity(stage: Stage) -> None:
    stage.play(
        "group: a, balancingMode: RATE, maxRate: 1000",
        "group: b, balancingMode: RATE, maxRatePerEndpoint: 3000",
    )
    found = stage.counts(400)
    # Every worker of the proxy takes turns for itself.
    assert abs(found["a"] - 100) <= 30


def test_a_scaler_of_zero_sends_nothing(stage: Stage) -> None:
    stage.play(
        "group: a, balancingMode: RATE, maxRate: 1000, capacityScaler: 0",
        "group: b, balancingMode: RATE, maxRate: 1",
    )
    assert stage.counts(50) == {"b": 50}


def test_a_group_that_is_emptied_leaves_all_to_the_other(stage: Stage) -> None:
    stage.play(*EQUAL)
    assert stage.counts(40).keys() == {"a", "b"}
    write(stage.folder, stage.backends, *EQUAL, without=["a"])
    stage.up.applied("networkEndpointGroup ")
    assert stage.counts(40) == {"b": 40}
    write(stage.folder, stage.backends, *EQUAL)
    stage.up.applied("networkEndpointGroup ")
    assert stage.counts(40).keys() == {"a", "b"}


def test_the_preferred_group_is_filled_first_and_the_rest_overflows(stage: Stage) -> None:
    stage.play(
        "group: a, balancingMode: RATE, maxRate: 60, preference: PREFERRED",
        "group: b, balancingMode: RATE, maxRate: 10000",
    )
    with load(stage, 20) as loop:
        until(lambda: loop.shares() == {"a": 1.0})
        loop.rate = 150
        until(lambda: near(loop.shares(), "a", 60 / 150))
        # It stays so: several windows later it is no other.
        for _ in range(3):
            loop.recent.clear()
            until(lambda: near(loop.shares(), "a", 60 / 150, off=0.12))
        loop.rate = 20
        until(lambda: loop.shares() == {"a": 1.0})


def test_without_preference_groups_fill_alike_and_overload_alike(stage: Stage) -> None:
    stage.play(
        "group: a, balancingMode: RATE, maxRate: 10",
        "group: b, balancingMode: RATE, maxRate: 30",
    )
    with load(stage, 120) as loop:
        until(lambda: len(loop.recent) == loop.window)
        for _ in range(2):
            loop.recent.clear()
            until(lambda: near(loop.shares(), "a", 0.25, off=0.12))


def test_status_and_explain_say_who_gets_what_and_why(stage: Stage) -> None:
    stage.play(
        "group: a, balancingMode: RATE, maxRate: 30, capacityScaler: 0.5",
        "group: b, balancingMode: RATE, maxRate: 45",
    )
    with load(stage, 40):
        until(lambda: sum(g["rate"] or 0.0 for g in groups_of(stage)) > 20)
    a, b = groups_of(stage)
    assert (a["group"], a["share"], a["capacity"]) == ("compute/local/r1-a/a", 0.25, 15.0)
    assert a["why"] == "takes 30 requests/s x 0.5"
    assert b["why"] == "takes 45 requests/s"
    assert "backendService r1/web" in b["origin"]
    text = subprocess.run(
        [sys.executable, "-m", "penstock", "status", "--state-dir", str(stage.up.state)],
        capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "200"},
    ).stdout  # fmt: skip
    assert "r1-a/a" in text
    assert "25.0%" in text
    told = stage.up.cli("explain", f"http://{stage.address}/", "-o", "json")
    [backend] = told["action"]["backends"]
    assert [round(group["share"], 2) for group in backend["groups"]] == [0.25, 0.75]
    assert [round(each["share"], 2) for each in backend["endpoints"]] == [0.25, 0.75]


def groups_of(stage: Stage) -> list[Json]:
    report = stage.up.cli("status", "-o", "json")
    found: list[Json] = report["loadBalancers"][0]["backends"][0]["groups"]
    return found
