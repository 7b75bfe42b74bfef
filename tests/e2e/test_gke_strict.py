"""A running instance in strict mode: an edit that GKE would not take leaves what is live."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.harness import address_of, request, until, up
from e2e.manifests import service
from e2e.test_cases import Stage

GOOD = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, annotations: {kubernetes.io/ingress.class: gce}}
spec:
  rules:
  - http:
      paths:
      - {path: /web, pathType: Exact, backend: {service: {name: web, port: {number: 80}}}}
      - {path: /api, pathType: Exact, backend: {service: {name: api, port: {number: 80}}}}
---
apiVersion: v1
kind: Service
metadata:
  name: web
  annotations: {cloud.google.com/neg: '{"ingress": true}'}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata:
  name: api
  annotations:
    cloud.google.com/neg: '{"ingress": true}'
    cloud.google.com/backend-config: '{"default": "c"}'
spec: {selector: {app: api}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: cloud.google.com/v1
kind: BackendConfig
metadata: {name: c}
spec: {customResponseHeaders: {headers: ['X-Version: one']}}
"""
EDITS = [
    ("cloud.google.com/neg: '{\"ingress\": true}'\n", "x/y: z\n",
     'service "default/api" is type "ClusterIP", expected "NodePort" or "LoadBalancer" when not '
     "using NEGs"),
    ("name: api, port: {number: 80}", "name: api, port: {number: 81}",
     'could not find port "81" in service "default/api"'),
    ('"default": "c"', '"default": "d"',
     'error getting BackendConfig for port "80" on service "default/api", err: no BackendConfig '
     "for service port exists"),
    ("spec: {customR", "spec: {sessionAffinity: {affinityType: HEADER}, customR",
     "BackendConfig default/c is not valid: unsupported AffinityType: HEADER, should be one of "
     "NONE, CLIENT_IP, or GENERATED_COOKIE"),
    ("path: /api, pathType: Exact", "path: /api*, pathType: Exact",
     "failed to validate exact path /api* due to invalid wildcard"),
]  # fmt: skip
"""What is replaced in the good manifests, and what GKE says."""


def edited(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new).replace("X-Version: one", "X-Version: two")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    root = tmp_path_factory.mktemp("gke-strict")
    folder = root / "manifests"
    folder.mkdir()
    (folder / "case.yaml").write_text(f"{GOOD}---\n{service('nothing')}")
    pool = ("--address-pool", "127.10.183.0/24", "--strict")
    with up([folder], root / "state", *pool) as running:
        yield Stage(folder, running)


@pytest.mark.parametrize(("old", "new", "text"), EDITS)
def test_an_edit_that_gke_would_not_take_leaves_what_is_live(
    stage: Stage, old: str, new: str, text: str
) -> None:
    (before,) = stage.play(GOOD)
    address = before["addresses"][0]
    until(lambda: request(address, "/api").headers.get("x-version") == "one")
    (after,) = stage.play(edited(old, new))
    assert after["addresses"] == before["addresses"]
    for path, name in (("/web", "web"), ("/api", "api")):
        answer = request(address, path)
        assert (answer.status, answer.echo["service"]) == (200, name)
    assert request(address, "/api").headers["x-version"] == "one"
    findings = stage.running.cli("status", "-o", "json")["findings"]
    [said] = [f["message"] for f in findings if f["code"] == "gke/not-synced"]
    assert said == (
        f"Translation failed: invalid ingress spec: {text}. The Ingress is live as it was before."
    )


def test_it_follows_again_once_it_is_mended(stage: Stage) -> None:
    old, new, _ = EDITS[1]
    stage.play(edited(old, new))
    (lb,) = stage.play(GOOD.replace("X-Version: one", "X-Version: three"))
    address = lb["addresses"][0]
    until(lambda: request(address, "/api").headers.get("x-version") == "three")


@pytest.mark.parametrize(("old", "new", "text"), EDITS)
def test_the_start_is_refused(tmp_path: Path, old: str, new: str, text: str) -> None:
    manifest = tmp_path / "in.yaml"
    manifest.write_text(edited(old, new))
    done = subprocess.run(
        [sys.executable, "-m", "penstock", "up", "-f", str(manifest), "--strict", "-o", "json",
         "--state-dir", str(tmp_path / "state"), "--address-pool", "127.10.184.0/24"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    events = [json.loads(line) for line in done.stdout.splitlines()]
    said = [event["message"] for event in events if event["event"] == "finding"]
    assert any(text in message for message in said)


def test_without_strict_only_what_is_affected_answers_with_an_error(tmp_path: Path) -> None:
    old, new, _ = EDITS[0]
    manifest = tmp_path / "in.yaml"
    manifest.write_text(GOOD)
    pool = ("--address-pool", "127.10.184.0/24")
    with up([manifest], tmp_path / "state", *pool) as running:
        address = address_of(running.events[0])
        assert request(address, "/api").status == 200
        manifest.write_text(edited(old, new))
        until(lambda: request(address, "/api").status == 503)
        assert request(address, "/web").status == 200
