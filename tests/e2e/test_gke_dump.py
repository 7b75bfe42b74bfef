"""What `kubectl get -o yaml` prints of a living GKE cluster, run as it is.

Its EndpointSlices, Endpoints and Nodes have the cluster's addresses.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.clients import careless
from e2e.harness import Up, address_of, request, up

DUMP = Path(__file__).parent / "dumps" / "gke.yaml"
HOST = "live.example.com"
PODS = {
    "front": {"front-6d9f7c9d5b-x2k7q", "front-6d9f7c9d5b-p9l4m"},
    "legacy": {"legacy-6d9f7c9d5b-x2k7q", "legacy-6d9f7c9d5b-p9l4m"},
}
"""Those that are neither terminating nor done."""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    root = tmp_path_factory.mktemp("gke-dump")
    with up([DUMP], root / "state", "--address-pool", "127.10.182.0/24") as running:
        yield running


def findings(*codes: str) -> list[dict[str, Any]]:
    """What `penstock check` says of the dump, of some codes."""
    command = [sys.executable, "-m", "penstock", "check", "-f", str(DUMP), "-o", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return [finding for finding in json.loads(done.stdout) if finding["code"] in codes]


@pytest.mark.parametrize("port", [80, 443])
@pytest.mark.parametrize(("path", "service"), [("/", "front"), ("/old", "legacy")])
def test_the_cluster_s_pods_answer(live: Up, port: int, path: str, service: str) -> None:
    tls = careless() if port == 443 else None
    address = address_of(live.events[0])
    answer = request(address, path, host=HOST, port=port, tls=tls, server_name=HOST)
    assert (answer.status, answer.echo["service"]) == (200, service)
    assert answer.echo["pod"] in PODS[service]


@pytest.mark.parametrize("service", PODS)
def test_only_pods_that_run_are_stood_in_for(live: Up, service: str) -> None:
    assert set(live.pods(service)) == PODS[service]


def test_they_are_in_the_zones_of_their_nodes(live: Up) -> None:
    negs = live.cli("show", "model", "-o", "json")["negs"]
    zones = {e["target"]: neg["zone"] for neg in negs.values() for e in neg["endpoints"]}
    assert zones == {
        f"live/{pod}": "europe-west1-b" if pod.endswith("x2k7q") else "europe-west1-c"
        for pod in PODS["front"] | PODS["legacy"]
    }


def test_check_says_what_is_asked_instead() -> None:
    [pods, nodes] = findings("stand-in/cluster-endpoints", "gke/nodes-stood-in")
    assert "stand-ins take their place, for live/front, live/legacy." in pods["message"]
    assert nodes["object"] == "Service live/legacy"
    assert "are not on this machine" in nodes["message"]
    assert all(finding["severity"] == "info" for finding in (pods, nodes))


def test_a_real_endpoint_takes_requests_where_one_is_given(live: Up, tmp_path: Path) -> None:
    [pod, *_] = (p for p in live.cli("stand-in", "list", "-o", "json") if p["service"] == "front")
    shutil.copy(DUMP, tmp_path / "dump.yaml")
    given = ("--endpoints", f"live/legacy={pod['address']}:{pod['ports'][0]['port']}")
    pool = ("--address-pool", "127.10.183.0/24")
    with up([tmp_path / "dump.yaml"], tmp_path / "state", *pool, *given) as other:
        answer = request(address_of(other.events[0]), "/old", host=HOST)
        assert (answer.status, answer.echo["pod"]) == (200, pod["name"])
        assert other.pods("legacy") == []


def test_without_stand_ins_what_the_dump_lists_is_asked(tmp_path: Path) -> None:
    # The addresses are made loopback ones that nobody listens at, lest a network be asked.
    text = DUMP.read_text().replace("10.4.", "127.44.").replace("10.132.", "127.44.")
    (tmp_path / "dump.yaml").write_text(text)
    pool = ("--address-pool", "127.10.184.0/24")
    options = (*pool, "--stand-ins", "off")
    with up([tmp_path / "dump.yaml"], tmp_path / "state", *options) as other:
        negs = other.cli("show", "model", "-o", "json")["negs"]
        asked = {(e["address"], e["port"]) for neg in negs.values() for e in neg["endpoints"]}
        assert asked == {
            *(("127.44.0.20", 8080), ("127.44.1.21", 8080)),
            *(("127.44.0.10", 30123), ("127.44.0.11", 30123)),
        }
        assert request(address_of(other.events[0]), "/", host=HOST).status == 503
