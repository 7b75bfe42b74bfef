"""Security policies of GKE Ingresses: who gets through, by the address of the connection."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.harness import Up, until, up
from e2e.manifests import service
from e2e.sockets import http_connection
from e2e.test_cases import Stage

CASE = Path(__file__).parents[1] / "dialects" / "gke" / "cases" / "security-policy"
FRIEND, OTHER, FOE = "127.10.195.201", "127.10.195.202", "127.10.196.1"
RULES = """
    - priority: 1
      action: deny(404)
      match: {{versionedExpr: SRC_IPS_V1, config: {{srcIpRanges: [127.10.196.0/24]}}}}
    - priority: 2
      action: throttle
      match: {{versionedExpr: SRC_IPS_V1, config: {{srcIpRanges: [{friends}]}}}}
      rateLimitOptions:
        enforceOnKey: IP
        rateLimitThreshold: {{count: 3, intervalSec: 3600}}
    - priority: 2147483647
      action: deny(403)
      match: {{versionedExpr: SRC_IPS_V1, config: {{srcIpRanges: ['*']}}}}
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    root = tmp_path_factory.mktemp("gke-security")
    folder = root / "manifests"
    folder.mkdir()
    (folder / "case.yaml").write_text(service("nothing"))
    with up([folder], root / "state", "--address-pool", "127.10.195.0/25") as running:
        yield Stage(folder, running)


def text(friends: str) -> str:
    """The golden case with other rules for its backend /forbidden."""
    whole = (CASE / "in.yaml").read_text()
    before, name, after = whole.partition("  - name: forbidden\n    rules:\n")
    _, _, rest = after.partition("\n")
    assert name
    return f"{before}{name}{RULES.format(friends=friends).strip(chr(10))}\n{rest}"


def status(address: str, source: str, **headers: str) -> int:
    """Of the answer to a request that comes from an address."""
    connection = http_connection((address, 80), source, 30)
    with contextlib.closing(connection):
        connection.request("GET", "/forbidden", headers=headers)
        return connection.getresponse().status


def verdict(running: Up, address: str, client: str) -> tuple[str, int | None]:
    """What `explain` says; it ends with 1 where an error is the answer."""
    asked = ("explain", f"http://{address}/forbidden", "--client", client, "-o", "json")
    done = subprocess.run(
        [sys.executable, "-m", "penstock", *asked, "--state-dir", str(running.state)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    told = json.loads(done.stdout)
    (backend,) = told["action"]["backends"]
    return backend["guard"]["verdict"], told["answer"]["status"]


def test_clients_are_told_apart_and_limited_each(stage: Stage) -> None:
    (lb,) = stage.play(text("127.10.195.0/24"))
    address = lb["addresses"][0]
    until(lambda: status(address, FOE) == 404)
    assert [status(address, FRIEND) for _ in range(5)] == [200, 200, 200, 429, 429]
    assert status(address, OTHER) == 200
    assert status(address, "127.0.0.1") == 403
    assert status(address, FOE, **{"X-Forwarded-For": OTHER}) == 404
    assert verdict(stage.running, address, FOE) == ("deny", 404)
    assert verdict(stage.running, address, OTHER) == ("limit", None)
    assert verdict(stage.running, address, "127.0.0.1") == ("deny", 403)


def test_a_policy_s_edit_is_live_and_its_end_refuses(stage: Stage) -> None:
    (lb,) = stage.play(text("127.10.195.0/24"))
    address = lb["addresses"][0]
    stage.play(text("127.0.0.1"))
    until(lambda: status(address, "127.0.0.1") == 200)
    assert status(address, OTHER) == 403
    stage.play(text("127.0.0.1").replace("- name: forbidden\n    rules", "- name: gone\n    rules"))
    until(lambda: status(address, "127.0.0.1") == 403)
