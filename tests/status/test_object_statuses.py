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
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints: [{addresses: [10.1.0.1]}]
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
    place = {"address": "10.1.0.1", "port": 8080}
    return {**place, "target": target, "health": health or "not probed yet", **probe}


def shown(
    revision: Revision, *endpoints: dict[str, Any], name: str = "gke/gce/default/web:80"
) -> dict[str, Any]:
    backend = {"name": name, "endpoints": list(endpoints)}
    lb = {"objects": ["Ingress default/web"], "addresses": ["127.9.0.1"], "backends": [backend]}
    found = object_statuses(revision, [lb], NOW)
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


GATE = "cloud.google.com/load-balancer-neg-ready"
GROUPS = f"in at least one of the NEG(s): [{NAME}]"
READY = (
    rf'Pod has become Healthy in NEG "Key{{\"{NAME}\", zone: \"local-a\"}}" attached to '
    rf'BackendService "Key{{\"{NAME}\"}}". Marking condition "{GATE}" to True.'
)
TIMEOUT = f'Timeout waiting for pod to become healthy {GROUPS}. Marking condition "{GATE}" to True.'
WAITING = f"Waiting for pod to become healthy {GROUPS}"


@pytest.mark.parametrize(
    ("pod", "health", "status", "reason", "message"),
    [
        ("new", "healthy", "True", "LoadBalancerNegReady", READY),
        ("new", "unhealthy", "False", "LoadBalancerNegNotReady", WAITING),
        ("new", None, "False", "LoadBalancerNegNotReady", WAITING),
        ("old", "healthy", "True", "LoadBalancerNegReady", READY),
        ("old", "unhealthy", "True", "LoadBalancerNegTimeout", TIMEOUT),
        ("not-there", "unhealthy", "False", "LoadBalancerNegNotReady", WAITING),
    ],
)
def test_pods_in_groups_have_their_condition(
    revision: Revision, pod: str, health: str | None, status: str, reason: str, message: str
):
    found = shown(revision, endpoint(f"default/{pod}", health))[f"Pod default/{pod}"]
    assert found["conditions"] == [
        {"type": GATE, "status": status, "reason": reason, "message": message}
    ]


def test_the_address_is_said_as_state_and_as_event(revision: Revision):
    found = shown(revision)["Ingress default/web"]
    assert found["status"] == {"loadBalancer": {"ingress": [{"ip": "127.9.0.1"}]}}
    assert found["events"] == [
        {"type": "Normal", "reason": "IPChanged", "message": "IP is now 127.9.0.1"}
    ]
    assert shown(revision)["Service default/web"]["status"] == {}


EXPOSED = '{"exposed_ports": {"80": {"name": "mine"}}}'
BACKEND_SERVICE = """\
---
kind: compute#forwardingRule
name: front
region: local
loadBalancingScheme: INTERNAL_MANAGED
IPProtocol: TCP
portRange: 80-80
target: regions/local/targetHttpProxies/front
---
{kind: "compute#targetHttpProxy", name: front, region: local, urlMap: regions/local/urlMaps/front}
---
kind: compute#urlMap
name: front
region: local
defaultService: regions/local/backendServices/b
---
{kind: "compute#healthCheck", name: h, region: local, type: TCP, tcpHealthCheck: {}}
---
kind: compute#backendService
name: b
region: local
loadBalancingScheme: INTERNAL_MANAGED
protocol: HTTP
healthChecks: [regions/local/healthChecks/h]
backends:
- {group: zones/local-a/networkEndpointGroups/mine, balancingMode: RATE, maxRatePerEndpoint: 1}
"""


def exposing(folder: Path, more: str = "") -> Revision:
    """A Service without Ingress whose pods are in a group of its own."""
    text = MANIFESTS.partition("---\n")[2].replace('{"ingress": true}', EXPOSED)
    text = text.replace("[10.1.0.1]}", "[10.1.0.1], targetRef: {kind: Pod, name: new}}")
    (folder / "in.yaml").write_text(text + more)
    return offline.revision(Settings(sources=(str(folder),)))


def test_exposed_ports_have_groups_without_ingress(tmp_path: Path):
    found = shown(exposing(tmp_path))
    written = found["Service default/web"]["annotations"]["cloud.google.com/neg-status"]
    assert json.loads(written) == {
        "network_endpoint_groups": {"80": "mine"},
        "zones": ["local-a"],
    }


def test_pods_of_a_group_that_nobody_probes_are_ready(tmp_path: Path):
    [condition] = shown(exposing(tmp_path))["Pod default/new"]["conditions"]
    assert (condition["status"], condition["reason"]) == (
        "True", "LoadBalancerNegWithoutHealthCheck",
    )  # fmt: skip
    assert condition["message"] == (
        r'Pod is in NEG "Key{\"mine\", zone: \"local-a\"}". NEG is not attached to any '
        rf'BackendService with health checking. Marking condition "{GATE}" to True.'
    )


@pytest.mark.parametrize(
    ("health", "reason"),
    [("healthy", "LoadBalancerNegReady"), ("unhealthy", "LoadBalancerNegNotReady")],
)
def test_a_backend_service_that_probes_the_group_decides(tmp_path: Path, health: str, reason: str):
    revision = exposing(tmp_path, BACKEND_SERVICE)
    [name] = revision.model.backend_services
    found = shown(revision, endpoint("default/new", health), name=name)
    [condition] = found["Pod default/new"]["conditions"]
    assert condition["reason"] == reason
    if health == "healthy":
        assert r'BackendService "Key{\"b\", region: \"local\"}"' in condition["message"]


def test_pods_behind_a_backend_service_without_health_check_are_ready(tmp_path: Path):
    unchecked = BACKEND_SERVICE.replace("healthChecks: [regions/local/healthChecks/h]\n", "")
    revision = exposing(tmp_path, unchecked)
    [name] = revision.model.backend_services
    [condition] = shown(revision, endpoint("default/new", None), name=name)["Pod default/new"][
        "conditions"
    ]
    assert condition["reason"] == "LoadBalancerNegWithoutHealthCheck"


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
