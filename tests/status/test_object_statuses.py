"""What a controller writes onto objects: annotations with health, conditions of pods."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from penstock.cli import offline
from penstock.runtime.revision import Revision
from penstock.runtime.settings import Settings
from penstock.status.object_statuses import object_statuses, print_object_statuses

NOW = 1_800_000_000.0
MANIFESTS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, annotations: {kubernetes.io/ingress.class: gce}}
spec:
  defaultBackend: {service: {name: web, port: {number: 80}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, annotations: {cloud.google.com/neg: '{"ingress": true}'}}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: old, creationTimestamp: "2027-01-15T07:49:00Z"}
spec: {containers: [{name: web}]}
---
apiVersion: v1
kind: Pod
metadata: {name: new, creationTimestamp: "2027-01-15T07:55:00Z"}
spec: {containers: [{name: web}]}
"""
NAME = "k8s1-00000000-default-web-80-beda16d7"
BACKENDS = "ingress.kubernetes.io/backends"


@pytest.fixture(scope="module")
def revision(tmp_path_factory: pytest.TempPathFactory) -> Revision:
    file = tmp_path_factory.mktemp("objects") / "in.yaml"
    file.write_text(MANIFESTS)
    return offline.revision(Settings(sources=(str(file),)))


def endpoint(target: str | None, health: str | None) -> dict[str, Any]:
    probe = {"probe": {"healthy": health == "healthy"}} if health else {}
    return {"target": target, "health": health or "not probed yet", **probe}


def shown(revision: Revision, *endpoints: dict[str, Any]) -> dict[str, Any]:
    backend = {"name": "gke/gce/default/web:80", "endpoints": list(endpoints)}
    found = object_statuses(revision, [{"backends": [backend]}], NOW)
    assert json.loads(json.dumps(found)) == found
    return {item["object"]: item for item in found}


@pytest.mark.parametrize(
    ("health", "word"),
    [
        ((), "Unknown"),
        ((None,), "Unknown"),
        (("unhealthy", None), "UNHEALTHY"),
        (("unhealthy", "healthy"), "HEALTHY"),
    ],
)
def test_a_backend_is_as_its_best_endpoint(
    revision: Revision, health: tuple[str | None, ...], word: str
):
    ingress = shown(revision, *(endpoint(None, each) for each in health))["Ingress default/web"]
    assert ingress["backends"] == {NAME: word}
    assert ingress["annotations"][BACKENDS] == f'{{"{NAME}":"{word}"}}'


def test_services_say_their_groups(revision: Revision):
    written = shown(revision)["Service default/web"]["annotations"]
    assert json.loads(written["cloud.google.com/neg-status"])["network_endpoint_groups"] == {
        "80": NAME
    }


@pytest.mark.parametrize(
    ("pod", "health", "status", "reason"),
    [
        ("new", "healthy", "True", "LoadBalancerNegReady"),
        ("new", "unhealthy", "False", "LoadBalancerNegNotReady"),
        ("new", None, "False", "LoadBalancerNegNotReady"),
        ("old", "healthy", "True", "LoadBalancerNegReady"),
        ("old", "unhealthy", "True", "LoadBalancerNegTimeout"),
        ("not-there", "unhealthy", "False", "LoadBalancerNegNotReady"),
    ],
)
def test_pods_in_groups_have_their_condition(
    revision: Revision, pod: str, health: str | None, status: str, reason: str
):
    found = shown(revision, endpoint(f"default/{pod}", health))[f"Pod default/{pod}"]
    assert found["conditions"] == [
        {
            "type": "cloud.google.com/load-balancer-neg-ready",
            "status": status,
            "reason": reason,
        }
    ]


def test_text_has_a_line_for_each_ingress(revision: Revision):
    found = shown(revision, endpoint("default/new", "healthy"))
    out = io.StringIO()
    print_object_statuses(Console(file=out, width=200), {"objects": list(found.values())})
    head, _, name, row = out.getvalue().split("\n", 3)
    assert head.split() == ["URL", "map", "in", "the", "cloud", "Health", "of", "its", "backends"]
    assert name == "Ingress default/web"
    assert row.split() == ["k8s2-um-i5jgaik4-default-web-z531vhaq", "1", "HEALTHY"]


def test_what_stands_in_for_nodes_is_in_no_group(tmp_path: Path):
    (tmp_path / "in.yaml").write_text(
        MANIFESTS.replace(", annotations: {cloud.google.com/neg: '{\"ingress\": true}'}", "")
        .replace("spec: {selector", "spec: {type: NodePort, selector")
        .replace("targetPort: 8080", "targetPort: 8080, nodePort: 30080")
    )
    found = shown(
        offline.revision(Settings(sources=(str(tmp_path),))), endpoint("default/new", "healthy")
    )
    assert set(found) == {"Ingress default/web"}
    assert found["Ingress default/web"]["backends"] == {"k8s-be-30080--0000000000000000": "HEALTHY"}
