"""Security policies of GKE Ingresses: who gets through, by the address of the connection."""

from __future__ import annotations

import contextlib
import http.client
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


IPV6 = """\
apiVersion: penstock.dev/v1alpha1
kind: PenstockConfig
metadata: {name: cloud}
spec:
  addresses: [{name: six, address: "::1"}]
  securityPolicies:
  - name: allow
    rules:
    - priority: 1
      action: allow
      match: {versionedExpr: SRC_IPS_V1, config: {srcIpRanges: ["2001:db8::/32", "::1/128"]}}
    - &nobody
      priority: 2147483647
      action: deny(403)
      match: {versionedExpr: SRC_IPS_V1, config: {srcIpRanges: ['*']}}
  - name: deny
    rules:
    - priority: 1
      action: deny(404)
      match: {versionedExpr: SRC_IPS_V1, config: {srcIpRanges: ["::/64"]}}
  - name: limit
    rules:
    - priority: 1
      action: throttle
      match: {versionedExpr: SRC_IPS_V1, config: {srcIpRanges: ["::1"]}}
      rateLimitOptions: {enforceOnKey: IP, rateLimitThreshold: {count: 2, intervalSec: 3600}}
    - *nobody
  - name: others
    rules:
    - priority: 1
      action: allow
      match: {versionedExpr: SRC_IPS_V1, config: {srcIpRanges: [0.0.0.0/0, "2001:db8::/32"]}}
    - *nobody
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: six
  annotations:
    kubernetes.io/ingress.class: gce
    kubernetes.io/ingress.global-static-ip-name: six
spec:
  rules:
  - http:
      paths:
"""
IPV6_PATH = """\
      - path: /NAME
        pathType: Prefix
        backend: {service: {name: NAME, port: {number: 80}}}
"""
IPV6_BACKEND = """\
---
apiVersion: v1
kind: Service
metadata:
  name: NAME
  annotations:
    cloud.google.com/neg: '{"ingress": true}'
    cloud.google.com/backend-config: '{"default": "NAME"}'
spec: {selector: {app: NAME}, ports: [{port: 80}]}
---
apiVersion: cloud.google.com/v1
kind: BackendConfig
metadata: {name: NAME}
spec: {securityPolicy: {name: NAME}}
"""


def test_clients_with_ipv6_addresses_are_told_apart(tmp_path: Path) -> None:
    names = ("allow", "deny", "limit", "others")
    folder = tmp_path / "manifests"
    folder.mkdir()
    parts = [part.replace("NAME", n) for part in (IPV6_PATH, IPV6_BACKEND) for n in names]
    (folder / "six.yaml").write_text(IPV6 + "".join(parts))
    options = ("--address-pool", "127.10.187.0/24", "--port-offset", "18787")
    with up([folder], tmp_path / "state", *options) as running:
        (lb,) = running.events[-1]["loadBalancers"]
        (place,) = [(entry["address"], entry["port"]) for entry in lb["listeners"]]
        assert place[0] == "::1"

        def answers(path: str, times: int = 1) -> list[int]:
            found = []
            for _ in range(times):
                with contextlib.closing(http.client.HTTPConnection(*place, timeout=30)) as asking:
                    asking.request("GET", path, headers={"X-Forwarded-For": "127.0.0.1"})
                    found.append(asking.getresponse().status)
            return found

        assert answers("/allow") == [200]
        assert answers("/deny/x") == [404]
        assert answers("/limit", 4) == [200, 200, 429, 429]
        assert answers("/others") == [403]
