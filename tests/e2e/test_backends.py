"""Groups of every kind behind an internal Application Load Balancer, really asked."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from e2e.harness import Answer, Up, address_of, request, up

FRONT = """\
{kind: 'compute#forwardingRule', name: web, region: r1, loadBalancingScheme: INTERNAL_MANAGED,
 portRange: '80', target: web}
---
{kind: 'compute#targetHttpProxy', name: web, region: r1, urlMap: web}
"""
NAMES = ("run", "tagged", "psc", "unknown", "fqdn", "internet", "hybrid", "machines", "refused")
CONFIG = """\
apiVersion: penstock.dev/v1alpha1
kind: PenstockConfig
metadata: {{name: office}}
spec:
  services:
  - {{name: hello, address: 127.0.0.1, port: {run}}}
  - {{name: hello, tag: v2, address: localhost, port: {tagged}, region: r1}}
  - {{name: attached, address: 127.0.0.1, port: {psc}}}
"""
GROUPS = """\
{{kind: 'compute#networkEndpointGroup', name: run, region: r1, networkEndpointType: SERVERLESS,
 cloudRun: {{service: hello}}}}
---
{{kind: 'compute#networkEndpointGroup', name: tagged, region: r1, networkEndpointType: SERVERLESS,
 cloudRun: {{service: hello, tag: v2}}}}
---
{{kind: 'compute#networkEndpointGroup', name: psc, region: r1,
 networkEndpointType: PRIVATE_SERVICE_CONNECT,
 pscTargetService: projects/p/regions/r1/serviceAttachments/attached}}
---
{{kind: 'compute#networkEndpointGroup', name: unknown, region: r1, networkEndpointType: SERVERLESS,
 cloudRun: {{service: nobody-knows}}}}
---
{{kind: 'compute#networkEndpointGroup', name: fqdn, region: r1,
 networkEndpointType: INTERNET_FQDN_PORT,
 networkEndpoints: [{{fqdn: localhost, port: {fqdn}}}, {{fqdn: localhost, port: {second}}}]}}
---
{{kind: 'compute#networkEndpointGroup', name: internet, region: r1,
 networkEndpointType: INTERNET_IP_PORT,
 networkEndpoints: [{{ipAddress: 127.0.0.1, port: {internet}}}]}}
---
{{kind: 'compute#networkEndpointGroup', name: hybrid, zone: r1-a,
 networkEndpointType: NON_GCP_PRIVATE_IP_PORT,
 networkEndpoints: [{{ipAddress: 127.0.0.1, port: {hybrid}}}]}}
---
{{kind: 'compute#networkEndpointGroup', name: refused, zone: r1-a, networkEndpointType: GCE_VM_IP,
 networkEndpoints: [{{ipAddress: 127.0.0.1}}]}}
---
{{kind: 'compute#instanceGroup', name: machines, zone: r1-a, instances: [vm-1],
 namedPorts: [{{name: http, port: 8080}}, {{name: http, port: 8081}}]}}
"""
SERVED = ("run", "tagged", "psc", "internet", "hybrid")
"""Those with one real server behind them."""


class Site(NamedTuple):
    folder: Path
    ports: dict[str, int]
    up: Up

    def ask(self, name: str) -> Answer:
        return request(address_of(self.up.events[0]), "/", host=f"{name}.example")


@contextmanager
def server(name: str) -> Iterator[int]:
    """A server that says its name and the Host that it was asked for; its port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"name": name, "host": self.headers["Host"]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield serving.server_address[1]
        finally:
            serving.shutdown()
            thread.join()


def routing() -> str:
    hosts = "".join(f"- {{hosts: [{n}.example], pathMatcher: {n}}}\n" for n in NAMES)
    matchers = "".join(f"- {{name: {n}, defaultService: {n}}}\n" for n in NAMES)
    services = "".join(
        f"---\n{{kind: 'compute#backendService', name: {n}, region: r1,\n"
        f" loadBalancingScheme: INTERNAL_MANAGED, backends: [{{group: {n}}}]}}\n"
        for n in NAMES
    )
    top = "kind: compute#urlMap\nname: web\nregion: r1\ndefaultService: run\n"
    return f"{top}hostRules:\n{hosts}pathMatchers:\n{matchers}{services}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("backends")
    folder = root / "manifests"
    folder.mkdir()
    with ExitStack() as stack:
        ports = {name: stack.enter_context(server(name)) for name in (*SERVED, "fqdn", "second")}
        (folder / "config.yaml").write_text(CONFIG.format(**ports))
        text = "---\n".join((FRONT, routing(), GROUPS.format(**ports)))
        (folder / "web.yaml").write_text(text)
        running = stack.enter_context(
            up([folder], root / "state", "--address-pool", "127.10.205.0/24")
        )
        yield Site(folder, ports, running)


@pytest.mark.parametrize("name", SERVED)
def test_each_kind_of_group_answers(site: Site, name: str) -> None:
    answer = site.ask(name)
    assert answer.status == 200
    assert answer.echo == {"name": name, "host": f"{name}.example"}


def test_every_name_of_an_internet_group_is_resolved(site: Site) -> None:
    assert {site.ask("fqdn").echo["name"] for _ in range(10)} == {"fqdn", "second"}


def test_a_stand_in_takes_the_place_of_a_service_that_nobody_knows(site: Site) -> None:
    answer = site.ask("unknown")
    assert (answer.status, answer.echo["pod"]) == (200, "nobody-knows")


def test_every_port_of_a_name_is_used(site: Site) -> None:
    seen = {site.ask("machines").echo["httpPort"] for _ in range(10)}
    assert seen == {"8080", "8081"}


def test_a_group_that_load_balancers_cannot_have_gets_503(site: Site) -> None:
    assert site.ask("refused").status == 503
    errors = [f for f in site.up.events[0]["findings"] if f["severity"] == "error"]
    assert [f["code"] for f in errors] == ["compute/group-not-supported"]


def test_a_service_that_moves_is_followed(site: Site) -> None:
    moved = {**site.ports, "run": site.ports["hybrid"]}
    (site.folder / "config.yaml").write_text(CONFIG.format(**moved))
    site.up.applied()
    assert site.ask("run").echo["name"] == "hybrid"
    (site.folder / "config.yaml").write_text(CONFIG.format(**site.ports))
    site.up.applied()
    assert site.ask("run").echo["name"] == "run"
