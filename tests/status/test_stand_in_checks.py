"""Which health checks a stand-in passes that is not ready, and what people are told of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from penstock.dialects import TranslateOptions, translate
from penstock.model import Model
from penstock.objects.parse import parse_text
from penstock.objects.world import World
from penstock.standin.spec import PodPort, PodSpec, PodState, PodStatus
from penstock.status.stand_ins import changed_json, describe

GKE = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, annotations: {kubernetes.io/ingress.class: gce}}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
---
apiVersion: v1
kind: Service
metadata:
  name: web
  annotations:
    cloud.google.com/neg: '{"ingress": true}'
    cloud.google.com/backend-config: '{"default": "web"}'
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: "", port: 8080, protocol: TCP}]
endpoints: [{addresses: [127.20.0.1]}]
---
apiVersion: cloud.google.com/v1
kind: BackendConfig
metadata: {name: web}
spec: {healthCheck: CHECK}
"""
COMPUTE = """
- kind: compute#forwardingRule
  name: api
  region: r
  loadBalancingScheme: INTERNAL_MANAGED
  portRange: 80-80
  target: regions/r/targetHttpProxies/api
- {kind: compute#targetHttpProxy, name: api, region: r, urlMap: regions/r/urlMaps/api}
- {kind: compute#urlMap, name: api, region: r, defaultService: regions/r/backendServices/api}
- kind: compute#backendService
  name: api
  region: r
  loadBalancingScheme: INTERNAL_MANAGED
  protocol: HTTP
  healthChecks: [regions/r/healthChecks/api]
  backends:
  - {group: zones/r-a/networkEndpointGroups/api, balancingMode: RATE, maxRatePerEndpoint: 9}
- {kind: compute#healthCheck, name: api, region: r, type: TCP, tcpHealthCheck: {PART}}
- kind: compute#networkEndpointGroup
  name: api
  zone: r-a
  networkEndpointType: GCE_VM_IP_PORT
  defaultPort: 8080
  networkEndpoints: [{ipAddress: 127.20.0.1, port: 8080}]
"""
PLAIN = "{type: HTTP, requestPath: /, timeoutSec: 5, checkIntervalSec: 5}"
UNREADY = PodState(ready=False)


def model(text: str) -> Model:
    parsed = parse_text(text, "in.yaml")
    options = TranslateOptions(now=dt.datetime(2026, 11, 23, tzinfo=dt.UTC))
    return translate(World(parsed.objects), options)


def said(made: Model, state: PodState, **changes: Any) -> str:
    """What `penstock stand-in set` prints below the pod's state."""
    known = {"probe_path": None, "health": (), "ports": (PodPort(8080),), **changes}
    spec = PodSpec("default", "web-1", "web", "127.20.0.1", **known)
    text = describe(changed_json(PodStatus(spec, state), made))
    return text.partition("\n")[2].strip()


@pytest.mark.parametrize("state", [UNREADY, PodState(flap=1.0), PodState(ready=False, status=200)])
def test_a_health_check_of_an_ordinary_page_passes(state: PodState) -> None:
    assert said(model(GKE.replace("CHECK", PLAIN)), state) == (
        "its load balancer's health check decides; it asks /, which answers 200 also when the pod "
        "is not ready: use --status 503"
    )


@pytest.mark.parametrize(
    ("state", "changes"),
    [
        (PodState(), {}),
        (PodState(ready=False, status=503), {}),
        (PodState(ready=False, stopped=True), {}),
        (UNREADY, {"probe_path": "/"}),
        (UNREADY, {"health": (("/", ""),)}),
        (UNREADY, {"ports": (PodPort(9090),)}),
    ],
)
def test_nothing_is_said_where_the_check_fails_or_the_pod_is_ready(
    state: PodState, changes: dict[str, Any]
) -> None:
    assert said(model(GKE.replace("CHECK", PLAIN)), state, **changes) == ""


@pytest.mark.parametrize("path", ["/healthz", "/readyz?full=1"])
def test_paths_that_answer_by_readiness_do_so(path: str) -> None:
    made = model(GKE.replace("CHECK", PLAIN.replace("requestPath: /,", f"requestPath: {path},")))
    assert said(made, UNREADY) == ""
    assert said(made, UNREADY, probe_path="/other") == ""


def test_a_health_check_that_only_connects_passes() -> None:
    made = model(COMPUTE.replace("PART", "portSpecification: USE_SERVING_PORT"))
    assert said(made, UNREADY) == (
        "its load balancer's health check decides; it only connects, which works also when the "
        "pod is not ready: use --stop"
    )


def test_without_a_health_check_readiness_decides_and_nothing_is_said() -> None:
    text = GKE.replace("kubernetes.io/ingress.class: gce", "kubernetes.io/ingress.class: penstock")
    assert said(model(text.replace("CHECK", PLAIN)), UNREADY) == ""


def test_json_names_the_health_check() -> None:
    made = model(GKE.replace("CHECK", PLAIN))
    spec = PodSpec("default", "web-1", "web", "127.20.0.1", (PodPort(8080),))
    found = changed_json(PodStatus(spec, UNREADY), made)["passes"]
    assert found == [{"healthCheck": "gke/gce/default/web:80", "path": "/"}]
    assert changed_json(PodStatus(spec, UNREADY), None)["passes"] == []
