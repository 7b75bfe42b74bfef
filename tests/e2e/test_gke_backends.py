"""Endpoints of GKE Ingresses, really probed and really asked: probes, membership, node ports."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from e2e.harness import Up, address_of, request, until, up

POOL = ("--address-pool", "127.10.182.0/24")
PROBER = "GoogleHC/"
GROUPS = "cloud.google.com/neg: '{\"ingress\": true}'"


class Backend:
    """An endpoint that remembers its probes and answers what it is told."""

    def __init__(self, address: str, port: int = 0) -> None:
        self.probes: set[tuple[str, str]] = set()
        """Host and path."""
        self.probe_status = 200
        self.statuses: list[int] = []
        """What the next requests are answered with; 200 afterwards."""
        self.asked: Counter[str] = Counter()
        """Method → requests."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if self.headers.get("User-Agent", "").startswith(PROBER):
                    outer.probes.add((self.headers["Host"], self.path))
                    self._answer(outer.probe_status)
                else:
                    outer.asked[self.command] += 1
                    self._answer(outer.statuses.pop(0) if outer.statuses else 200)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.do_GET()

            def _answer(self, status: int) -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.send_header("X-Backend", address)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer((address, port), Handler)
        self.address, self.port = address, int(self.server.server_port)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@contextmanager
def backends(*addresses: str) -> Iterator[list[Backend]]:
    """All on one port."""
    first = Backend(addresses[0])
    made = [first, *(Backend(address, first.port) for address in addresses[1:])]
    try:
        yield made
    finally:
        for each in made:
            each.close()


def ingress(of_class: str = "gce-internal") -> str:
    return f"""\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: web, annotations: {{kubernetes.io/ingress.class: {of_class}}}}}
spec:
  defaultBackend: {{service: {{name: web, port: {{number: 80}}}}}}
---
"""


def service(annotations: str = GROUPS, spec: str = "", port: str = "") -> str:
    return f"""\
apiVersion: v1
kind: Service
metadata:
  name: web
  annotations:
    {annotations}
spec:
{spec}
  selector: {{app: web}}
  ports: [{{name: http, port: 80, targetPort: 8080{port}}}]
---
"""


def endpoint(address: str, conditions: str = "ready: true") -> str:
    name = address.replace(".", "-")
    target = f"targetRef: {{kind: Pod, name: pod-{name}}}"
    return f"- {{addresses: [{address}], conditions: {{{conditions}}}, {target}}}\n"


def slices(port: int, *endpoints: str) -> str:
    return f"""\
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: web-1, labels: {{kubernetes.io/service-name: web}}}}
addressType: IPv4
ports: [{{name: http, port: {port}, protocol: TCP}}]
endpoints:
{"".join(endpoints)}---
"""


def pod(probe: str) -> str:
    return f"""\
apiVersion: v1
kind: Pod
metadata: {{name: web, labels: {{app: web}}}}
spec:
  containers:
  - name: main
    ports: [{{containerPort: 8080}}]
    readinessProbe: {probe}
---
"""


@contextmanager
def running(tmp_path: Path, text: str) -> Iterator[tuple[Up, str]]:
    (tmp_path / "in.yaml").write_text(text)
    with up([tmp_path / "in.yaml"], tmp_path / "state", *POOL) as started:
        yield started, address_of(started.events[0])


def objects(started: Up) -> dict[str, dict[str, Any]]:
    return {item["object"]: item for item in started.cli("status", "-o", "json")["objects"]}


def who_answers(address: str) -> set[str]:
    return {request(address, "/").headers["x-backend"] for _ in range(20)}


def test_endpoints_are_probed_as_the_readiness_probe_says(tmp_path: Path) -> None:
    header = "httpHeaders: [{name: Host, value: probe.example}]"
    probe = f"{{httpGet: {{path: healthz, port: 8080, {header}}}}}"
    with backends("127.0.182.1") as [backend]:
        text = ingress() + service() + slices(backend.port, endpoint(backend.address))
        with running(tmp_path, text + pod(probe)):
            assert backend.probes == {("probe.example", "/healthz")}


def test_a_backend_config_wins_over_the_readiness_probe(tmp_path: Path) -> None:
    config = """\
apiVersion: cloud.google.com/v1
kind: BackendConfig
metadata: {name: c}
spec: {healthCheck: {requestPath: /mine}}
---
"""
    both = f'{GROUPS}\n    cloud.google.com/backend-config: \'{{"default": "c"}}\''
    with backends("127.0.182.2") as [backend]:
        text = ingress() + service(both) + slices(backend.port, endpoint(backend.address))
        with running(tmp_path, text + pod("{httpGet: {path: /theirs, port: 8080}}") + config):
            assert {path for _, path in backend.probes} == {"/mine"}


def test_the_cluster_s_default_backend_is_probed_at_healthz(tmp_path: Path) -> None:
    in_system = "name: default-http-backend\n  namespace: kube-system"
    with backends("127.0.182.3") as [backend]:
        rule = "rules: [{host: a.example, http: {paths: [{path: /, pathType: Exact, backend: {"
        rule += "service: {name: none, port: {number: 80}}}}]}}]"
        text = f"{ingress().partition('  defaultBackend')[0]}  {rule}\n---\n"
        text += service().replace("name: web\n", f"{in_system}\n")
        listed = slices(backend.port, endpoint(backend.address))
        text += listed.replace("name: web-1", "name: d, namespace: kube-system").replace(
            "service-name: web", "service-name: default-http-backend"
        )
        with running(tmp_path, text) as (_, address):
            assert {path for _, path in backend.probes} == {"/healthz"}
            assert request(address, "/x").headers["x-backend"] == backend.address


def test_probes_decide_not_readiness_and_who_terminates_is_out(tmp_path: Path) -> None:
    with backends("127.0.182.4", "127.0.182.5", "127.0.182.6") as made:
        ready, unready, leaving = made
        listed = slices(
            ready.port,
            endpoint(ready.address),
            endpoint(unready.address, "ready: false"),
            endpoint(leaving.address, "ready: false, serving: true, terminating: true"),
        )
        with running(tmp_path, ingress() + service() + listed) as (started, address):
            wanted = {ready.address, unready.address}
            until(lambda: who_answers(address) == wanted)
            found = objects(started)
            assert set(found["Ingress default/web"]["backends"].values()) == {"HEALTHY"}
            pods = {ref for ref in found if ref.startswith("Pod ")}
            assert pods == {"Pod default/pod-127-0-182-4", "Pod default/pod-127-0-182-5"}
            assert not leaving.probes


@pytest.mark.parametrize("status", [204, 301, 503])
def test_only_200_is_healthy(tmp_path: Path, status: int) -> None:
    with backends("127.0.182.7") as [backend]:
        backend.probe_status = status
        text = ingress() + service() + slices(backend.port, endpoint(backend.address))
        with running(tmp_path, text) as (started, address):
            until(lambda: request(address, "/").status == 503)
            found = objects(started)
            assert set(found["Ingress default/web"]["backends"].values()) == {"UNHEALTHY"}
            [condition] = found["Pod default/pod-127-0-182-7"]["conditions"]
            assert (condition["status"], condition["reason"]) == (
                "False", "LoadBalancerNegNotReady",
            )  # fmt: skip
            assert not backend.asked


def test_what_has_no_body_is_tried_again_once_and_post_never(tmp_path: Path) -> None:
    with backends("127.0.182.8") as [backend]:
        text = ingress() + service() + slices(backend.port, endpoint(backend.address))
        with running(tmp_path, text) as (_, address):
            backend.statuses = [503]
            assert request(address, "/").status == 200
            assert backend.asked["GET"] == 2
            backend.statuses = [502, 502, 502]
            assert request(address, "/").status == 502
            assert backend.asked["GET"] == 4
            backend.statuses = [503]
            assert request(address, "/", method="POST", body=b"x").status == 503
            assert backend.asked["POST"] == 1


def node(name: str, address: str, more: str = "") -> str:
    return f"""\
apiVersion: v1
kind: Node
metadata: {{name: {name}, labels: {{topology.kubernetes.io/zone: local-a}}}}
status:
  addresses: [{{type: InternalIP, address: {address}}}]
  conditions: [{{type: Ready, status: "{more or "True"}"}}]
---
"""


def test_without_groups_the_nodes_are_asked_at_the_node_port(tmp_path: Path) -> None:
    with backends("127.0.182.9", "127.0.182.10") as [ready, unready]:
        port = f", nodePort: {ready.port}"
        text = ingress("gce") + service("a: b", "  type: NodePort", port)
        text += node("n1", ready.address) + node("n2", unready.address, "False")
        with running(tmp_path, text) as (started, address):
            assert who_answers(address) == {ready.address}
            written = objects(started)["Ingress default/web"]
            assert written["backends"] == {f"k8s-be-{ready.port}--0000000000000000": "HEALTHY"}
            assert not unready.probes
