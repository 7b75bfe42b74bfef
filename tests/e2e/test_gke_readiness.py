"""Taking a pod out on GKE: the health check decides, whatever Kubernetes' readiness says."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from e2e.harness import TIMEOUT, Up, address_of, request, until, up

MANIFEST = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, annotations: {kubernetes.io/ingress.class: gce}}
spec:
  defaultBackend: {service: {name: static, port: {number: 80}}}
  rules:
  - http:
      paths:
      - {path: /probed, pathType: Exact, backend: {service: {name: probed, port: {number: 80}}}}
      - {path: /node, pathType: Exact, backend: {service: {name: node, port: {number: 80}}}}
"""
SERVICE = """
---
apiVersion: cloud.google.com/v1
kind: BackendConfig
metadata: {name: NAME}
spec: {healthCheck: {checkIntervalSec: 1, timeoutSec: 1, unhealthyThreshold: 1}}
---
apiVersion: v1
kind: Service
metadata:
  name: NAME
  annotations:
    cloud.google.com/neg: '{"ingress": true}'
    cloud.google.com/backend-config: '{"default": "NAME"}'
spec: {selector: {app: NAME}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME}
spec:
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec: {containers: [{name: main, ports: [{containerPort: 8080}]PROBE}]}
"""
NODE = """
---
apiVersion: v1
kind: Service
metadata: {name: node}
spec: {type: NodePort, selector: {app: node}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: node}
spec:
  replicas: 2
  selector: {matchLabels: {app: node}}
  template:
    metadata: {labels: {app: node}}
    spec: {containers: [{name: main, ports: [{containerPort: 8080}]}]}
"""
PROBE = ", readinessProbe: {httpGet: {path: /live, port: 8080}}"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    root = tmp_path_factory.mktemp("gke-readiness")
    static = SERVICE.replace("NAME", "static").replace("PROBE", "")
    probed = SERVICE.replace("NAME", "probed").replace("PROBE", PROBE)
    (root / "web.yaml").write_text(MANIFEST + static + probed + NODE)
    pool = ("--address-pool", "127.10.185.0/24")
    with up([root / "web.yaml"], root / "state", *pool) as running:
        yield running


def told(shop: Up, service: str, *options: str) -> str:
    """What `penstock stand-in set` prints for people."""
    pod = shop.pods(service)[0]
    command = [sys.executable, "-m", "penstock", "stand-in", "set", pod, *options]
    command += ["--state-dir", str(shop.state)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=TIMEOUT, check=True
    ).stdout


def health(shop: Up, service: str) -> str:
    """What `penstock status` says of a Service's only endpoint."""
    [lb] = shop.cli("status", "-o", "json")["loadBalancers"]
    [backend] = [b for b in lb["backends"] if b["object"] == f"Service default/{service}"]
    [endpoint] = backend["endpoints"]
    return str(endpoint["health"])


def test_a_pod_without_probe_stays_and_the_command_says_why(shop: Up) -> None:
    said = told(shop, "static", "--ready=false")
    assert "not ready" in said
    assert "health check decides; it asks /, which answers 200" in said
    assert "use --status 503" in said
    assert request(address_of(shop.events[0]), "/").status == 200
    assert "health check" not in told(shop, "static", "--status", "503")
    until(lambda: health(shop, "static") == "unhealthy")
    until(lambda: request(address_of(shop.events[0]), "/").status == 503)
    assert "health check" not in told(shop, "static", "--ready=true", "--status", "0")
    until(lambda: request(address_of(shop.events[0]), "/").status == 200)


def test_a_pod_whose_probe_the_health_check_asks_goes(shop: Up) -> None:
    assert "health check" not in told(shop, "probed", "--ready=false")
    until(lambda: health(shop, "probed") == "unhealthy")
    until(lambda: request(address_of(shop.events[0]), "/probed").status == 503)
    told(shop, "probed", "--ready=true")
    until(lambda: request(address_of(shop.events[0]), "/probed").status == 200)


def test_nobody_is_told_of_a_health_check_where_readiness_decides(shop: Up) -> None:
    assert "health check" not in told(shop, "node", "--ready=false")
    told(shop, "node", "--ready=true")


def test_behind_a_node_port_readiness_decides_at_once(shop: Up) -> None:
    """As kube-proxy has it; the nodes' health check would need ten minutes."""
    address = address_of(shop.events[0])

    def answering() -> set[str]:
        return {str(request(address, "/node").echo["pod"]) for _ in range(8)}

    first, other = shop.pods("node")
    until(lambda: len(answering()) == 2)
    shop.command(first, "--ready=false")
    until(lambda: answering() == {other.rpartition("/")[2]})
    shop.command(first, "--ready=true")
    until(lambda: len(answering()) == 2)
