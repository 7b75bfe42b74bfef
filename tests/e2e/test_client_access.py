"""Clients of several networks and regions, and backend services of several projects."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.clients import careless
from e2e.harness import TIMEOUT, Json, Up, request, until, up

HERE, FAR, FAR_BUT_HERE = "127.10.231.7", "127.10.232.7", "127.10.232.70"
OFFICE, NOWHERE, LAPTOP = "127.10.233.7", "127.10.234.7", "127.0.0.1"
CONFIG = """\
apiVersion: penstock.dev/v1alpha1
kind: PenstockConfig
metadata: {name: lab}
spec:
  project: front
  region: r1
  projects:
  - {name: back, number: '22', grants: [{to: [front]}]}
  networks: [{name: vpc, connected: [office]}]
  subnets:
  - {name: vips, region: r1, range: 127.10.230.0/24, network: vpc}
  - {name: here, region: r1, range: 127.10.231.0/24, network: vpc}
  - {name: far, region: r2, range: 127.10.232.0/24, network: vpc}
  clients:
  - {ranges: [127.10.232.64/28], region: r1, network: vpc}
  - {ranges: [127.10.233.0/24], region: r1, network: office}
  - {ranges: [127.10.234.0/24], region: r1, network: nowhere}
---
"""


def front_end(port: int, kind: str = "Http", extra: str = "") -> str:
    return f"""\
kind: compute#forwardingRule
name: {kind.lower()}
region: r1
loadBalancingScheme: INTERNAL_MANAGED
portRange: "{port}"
IPAddress: regions/r1/addresses/vip
subnetwork: regions/r1/subnetworks/vips
target: regions/r1/target{kind}Proxies/web
{extra}
---
"""


REST = """\
kind: compute#address
name: vip
region: r1
purpose: SHARED_LOADBALANCER_VIP
subnetwork: regions/r1/subnetworks/vips
---
kind: compute#targetHttpProxy
name: web
region: r1
urlMap: regions/r1/urlMaps/web
---
kind: compute#targetHttpsProxy
name: web
region: r1
urlMap: regions/r1/urlMaps/web
sslCertificates: [regions/r1/sslCertificates/web]
---
kind: compute#sslCertificate
name: web
region: r1
type: SELF_MANAGED
---
kind: compute#urlMap
name: web
region: r1
defaultService: regions/r1/backendServices/web
hostRules: [{hosts: [back.example], pathMatcher: back}, {hosts: [closed.example], pathMatcher: x}]
pathMatchers:
- {name: back, defaultService: projects/22/regions/r1/backendServices/web}
- {name: x, defaultService: projects/closed/regions/r1/backendServices/web}
---
"""


def service(project: str) -> str:
    return f"""\
kind: compute#backendService
name: web
selfLink: projects/{project}/regions/r1/backendServices/web
region: r1
loadBalancingScheme: INTERNAL_MANAGED
backends: [{{group: zones/r1-a/networkEndpointGroups/web}}]
---
kind: compute#networkEndpointGroup
name: web
selfLink: projects/{project}/zones/r1-a/networkEndpointGroups/web
zone: r1-a
networkEndpointType: NON_GCP_PRIVATE_IP_PORT
networkEndpoints: [{{ipAddress: 10.0.0.5, port: 8080}}]
---
"""


def manifests(extra: str = "") -> str:
    fronts = front_end(80, extra=extra) + front_end(443, "Https", extra)
    return CONFIG + fronts + REST + service("front") + service("back") + service("closed")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("client-access") / "lab.yaml"
    path.write_text(manifests())
    return path


@pytest.fixture(scope="module")
def running(file: Path) -> Iterator[Up]:
    with up([file], file.parent / "state", "--address-pool", "127.10.230.0/24") as instance:
        yield instance


@pytest.fixture(scope="module")
def address(running: Up) -> str:
    [lb] = running.events[0]["loadBalancers"]
    return str(lb["addresses"][0])


def is_served(address: str, source: str, port: int = 80) -> bool:
    """Whether a client gets an answer, or is closed without a byte."""
    place = (address, port)
    with socket.create_connection(place, TIMEOUT, source_address=(source, 0)) as raw:
        try:
            if port == 80:
                return is_answered(raw)
            with careless().wrap_socket(raw, server_hostname="web.example") as stream:
                return is_answered(stream)
        except (ConnectionError, ssl.SSLEOFError):
            return False


def is_answered(stream: socket.socket) -> bool:
    stream.sendall(b"GET / HTTP/1.1\r\nHost: web.example\r\nConnection: close\r\n\r\n")
    return b"".join(iter(lambda: stream.recv(65536), b"")).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("port", [80, 443])
def test_clients_of_the_region_and_of_connected_networks_are_served(
    address: str, port: int
) -> None:
    served = {source for source in (HERE, FAR, FAR_BUT_HERE, OFFICE, NOWHERE, LAPTOP)
              if is_served(address, source, port)}  # fmt: skip
    assert served == {HERE, FAR_BUT_HERE, OFFICE, LAPTOP}


def explained(running: Up, *options: str) -> Json:
    answer: Json = running.cli("explain", "http://web.example/", "-o", "json", *options)
    return answer


def test_explain_says_who_is_refused_and_why(running: Up, file: Path) -> None:
    assert explained(running, "--client", HERE)["answer"]["by"] == "backend"
    access = explained(running, "--client", FAR_BUT_HERE)["forwardingRule"]["access"]
    assert access["decisive"]["range"] == "127.10.232.64/28"
    assert access["decisive"]["allowed"]
    refused = failing("http://web.example/", "-f", str(file), "--client", NOWHERE)
    assert refused["answer"]["by"] == "nobody"
    assert "not connected with vpc" in refused["answer"]["why"]
    decisive = refused["forwardingRule"]["access"]["decisive"]
    assert (decisive["network"], decisive["allowed"]) == ("nowhere", False)
    assert decisive["origin"]["field"] == "spec.clients[2].ranges[0]"


def failing(*options: str) -> Json:
    """`penstock explain` of a request that is not answered well."""
    command = [sys.executable, "-m", "penstock", "explain", *options, "-o", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 1, done.stderr
    answer: Json = json.loads(done.stdout)
    return answer


def test_refused_connections_are_in_the_metrics_and_in_the_log(running: Up, address: str) -> None:
    assert not is_served(address, FAR)
    series = 'envoy_tcp_downstream_cx_no_route{envoy_tcp_prefix="compute/front/r1/http"}'
    counted = [line for line in metrics(running).splitlines() if line.startswith(series)]
    assert counted
    assert float(counted[0].split()[-1]) >= 1
    log = running.state / "access.log"
    until(lambda: any("client_not_allowed" in line for line in log.read_text().splitlines()))
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    refused = {e["client"].partition(":")[0] for e in lines
               if e["response_details"] == "client_not_allowed"}  # fmt: skip
    assert refused <= {FAR, NOWHERE}


def metrics(running: Up) -> str:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(next(running.state.rglob("control.sock"))))
        client.sendall(b"GET /metrics HTTP/1.0\r\nHost: x\r\n\r\n")
        return b"".join(iter(lambda: client.recv(65536), b"")).decode()


def test_status_says_whom_a_listener_refuses(running: Up) -> None:
    [lb] = running.cli("status", "-o", "json")["loadBalancers"]
    refused = {listener["port"]: listener["refusedClients"] for listener in lb["listeners"]}
    assert [item["range"] for item in refused[80]] == ["127.10.232.0/24", "127.10.234.0/24"]
    assert refused[80] == refused[443]


def test_firewall_rows_of_what_runs(running: Up, address: str) -> None:
    rows = running.cli("show", "firewall", "-o", "json")
    clients = [row for row in rows if row["kind"] == "clients"]
    assert {(*row["to"], *row["ports"]) for row in clients} == {(address, 80), (address, 443)}
    assert clients[0]["refused"] == ["127.10.232.0/24", "127.10.234.0/24"]
    proxies = [row["to"] for row in rows if row["kind"] == "proxies"]
    pods = {pod["address"] for pod in running.cli("stand-in", "list", "-o", "json")}
    assert proxies
    assert {address for to in proxies for address in to} <= pods


def test_backend_services_of_other_projects_need_a_grant(running: Up, address: str) -> None:
    pods = {host: request(address, host=host).echo["namespace"]
            for host in ("web.example", "back.example")}  # fmt: skip
    assert pods == {"web.example": "r1-a", "back.example": "back.r1-a"}
    assert request(address, host="closed.example").status == 503
    [denied] = [
        f for f in running.events[0]["findings"] if f["code"] == "compute/permission-denied"
    ]
    assert "projects/closed/regions/r1/backendServices/web" in denied["message"]
    answer = failing("http://closed.example/", "--state-dir", str(running.state))
    assert "compute/permission-denied" in [finding["code"] for finding in answer["findings"]]
    [lb] = running.cli("status", "-o", "json")["loadBalancers"]
    assert [b["name"] for b in lb["backends"]] == ["compute/back/r1/web", "compute/front/r1/web"]


def test_with_global_access_clients_of_all_regions_are_served(
    running: Up, file: Path, address: str
) -> None:
    with socket.create_connection((address, 80), TIMEOUT, source_address=(HERE, 0)) as open_before:
        file.write_text(manifests("allowGlobalAccess: true"))
        running.applied("forwardingRule")
        assert is_served(address, FAR)
        assert not is_served(address, NOWHERE)
        open_before.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 200 " in open_before.recv(100)
        file.write_text(manifests())
        running.applied("forwardingRule")
    assert not is_served(address, FAR)
    assert is_served(address, HERE)
