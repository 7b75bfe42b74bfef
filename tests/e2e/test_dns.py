"""Names of two regions' load balancers, asked of a running instance as clients do."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.query
import pytest

from e2e.dig import needs_dig, short
from e2e.harness import Json, Up, request, until, up

SERVER = "127.0.239.2"
POOL = "127.10.235.0/24"
US, EU = "127.0.41.1", "127.0.42.1"
NAME, SPREAD = "api.example.internal.", "spread.example.internal."
PLACES = {"us-east1": ("10.1.0.10", US), "europe-west1": ("10.2.0.10", EU)}

CONFIG = """\
apiVersion: penstock.dev/v1alpha1
kind: PenstockConfig
metadata: {name: lab}
spec:
  region: us-east1
  clients:
  - {ranges: [127.0.41.0/24], region: us-east1}
  - {ranges: [127.0.42.0/24], region: europe-west1}
---
kind: dns#managedZone
name: internal
dnsName: example.internal.
visibility: private
---
"""
REGION = """\
kind: compute#forwardingRule
name: web
region: REGION
loadBalancingScheme: INTERNAL_MANAGED
portRange: "80"
IPAddress: ADDRESS
target: regions/REGION/targetHttpProxies/web
---
kind: compute#targetHttpProxy
name: web
region: REGION
urlMap: regions/REGION/urlMaps/web
---
kind: compute#urlMap
name: web
region: REGION
defaultService: regions/REGION/backendServices/web
---
kind: compute#backendService
name: web
region: REGION
loadBalancingScheme: INTERNAL_MANAGED
protocol: HTTP
backends: [{group: zones/REGION-a/networkEndpointGroups/web}]
---
kind: compute#networkEndpointGroup
name: web
zone: REGION-a
networkEndpointType: GCE_VM_IP_PORT
networkEndpoints: [{ipAddress: ADDRESS, port: 8080}]
"""
HEAD = """\
kind: dns#resourceRecordSet
name: {}
type: A
ttl: 5
routingPolicy:
  {}:
    items:
"""
TARGET = """\
        internalLoadBalancers:
        - {ipAddress: ADDRESS, port: '80', ipProtocol: tcp, region: REGION}
"""


def backends(region: str) -> str:
    return REGION.replace("REGION", region).replace("ADDRESS", PLACES[region][0])


def records() -> str:
    """A geolocation policy and a weighted one over both regions."""
    geo, weighted = "", ""
    for region, (address, _) in PLACES.items():
        target = TARGET.replace("REGION", region).replace("ADDRESS", address)
        geo += f"    - location: {region}\n      healthCheckedTargets:\n{target}"
        weighted += f"    - weight: 1\n      healthCheckedTargets:\n{target}"
    return f"{HEAD.format(NAME, 'geo')}{geo}---\n{HEAD.format(SPREAD, 'wrr')}{weighted}"


def free_port() -> int:
    """Free for TCP and UDP when it is asked for."""
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.bind((SERVER, 0))
        port: int = tcp.getsockname()[1]
        udp.bind((SERVER, port))
        return port


def metrics(running: Up) -> str:
    """Of the control plane."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(next(running.state.rglob("control.sock"))))
        client.sendall(b"GET /metrics HTTP/1.0\r\nHost: x\r\n\r\n")
        return b"".join(iter(lambda: client.recv(65536), b"")).decode()


class Lab:
    """A running instance."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.up: Up

    def make(self, region: str, *, ready: bool) -> None:
        """Let the readiness probes of a region's stand-ins succeed or fail."""
        pods = self.up.cli("stand-in", "list", "-o", "json")
        mine = [pod for pod in pods if pod["namespace"] == f"{region}-a"]
        assert mine, pods
        for pod in mine:
            self.up.command(f"{pod['namespace']}/{pod['name']}", f"--ready={str(ready).lower()}")

    def asked(self, client: str, name: str = NAME) -> list[str]:
        """What a client gets whose address is `client`."""
        query = dns.message.make_query(name, "A")
        answer = dns.query.udp(query, SERVER, 10, self.port, source=client)
        return sorted(rdata.to_text() for rrset in answer.answer for rdata in rrset)

    def vips(self) -> dict[str, str]:
        """Region → where its load balancer listens."""
        return {
            lb["name"].split("/")[2]: lb["addresses"][0]
            for lb in self.up.events[0]["loadBalancers"]
        }

    def status(self) -> Json:
        found: Json = self.up.cli("status", "-o", "json")["dns"]
        return found


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("dns")
    made = Lab(folder / "files", free_port())
    made.folder.mkdir()
    regions = "---\n".join(backends(region) for region in PLACES)
    (made.folder / "all.yaml").write_text(f"{CONFIG}{records()}---\n{regions}")
    options = ("--address-pool", POOL, "--dns", f"{SERVER}:{made.port}")
    with up([made.folder], folder / "state", *options) as made.up:
        yield made


def test_each_client_gets_its_regions_load_balancer(lab: Lab) -> None:
    vips = lab.vips()
    assert lab.asked(US) == [vips["us-east1"]]
    assert lab.asked(EU) == [vips["europe-west1"]]
    assert lab.asked("127.0.0.1") == [vips["us-east1"]]  # The default region.
    for client in (US, EU):
        assert request(lab.asked(client)[0]).status == 200


@needs_dig
def test_dig_agrees(lab: Lab) -> None:
    vips = lab.vips()
    assert short(lab.port, NAME, "-b", EU, server=SERVER) == [vips["europe-west1"]]
    assert short(lab.port, NAME, "+tcp", "-b", US, server=SERVER) == [vips["us-east1"]]
    assert short(lab.port, NAME, "+subnet=127.0.42.0/24", server=SERVER) == [vips["europe-west1"]]


def test_weights_spread_clients(lab: Lab) -> None:
    got: Counter[str] = Counter()
    # Forty answers of one kind: less likely than one in 10^11.
    for _ in range(40):
        [address] = lab.asked(US, SPREAD)
        got[address] += 1
        if len(got) == 2:
            break
    assert got.keys() == set(lab.vips().values())


def test_a_region_without_backends_gives_its_clients_to_the_next_and_takes_them_back(
    lab: Lab,
) -> None:
    vips = lab.vips()
    lab.make("us-east1", ready=False)
    until(lambda: lab.asked(US) == [vips["europe-west1"]])
    assert request(lab.asked(US)[0]).status == 200
    assert lab.asked(US, SPREAD) == [vips["europe-west1"]]
    [geo] = [name for name in lab.status()["names"] if name["name"] == NAME]
    [us] = [answer for answer in geo["answers"] if answer["region"] == "us-east1"]
    assert us["addresses"] == [vips["europe-west1"]]
    assert us["why"].startswith("europe-west1: the next nearest: us-east1 is unhealthy")
    lab.make("europe-west1", ready=False)
    # Nothing is healthy: everything counts as healthy.
    until(lambda: lab.asked(US) == [vips["us-east1"]])
    assert lab.asked(EU) == [vips["europe-west1"]]
    for region in PLACES:
        lab.make(region, ready=True)
    until(lambda: {lab.asked(US)[0], lab.asked(EU)[0]} == set(vips.values()))
    until(lambda: "unhealthy" not in str(lab.status()["names"]))


def test_resolve_says_what_a_client_gets_and_why(lab: Lab) -> None:
    said = lab.up.cli("resolve", NAME, "--client", EU, "-o", "json")
    assert said["addresses"] == [lab.vips()["europe-west1"]]
    assert (said["region"], said["range"]) == ("europe-west1", "127.0.42.0/24")
    assert said["why"] == "europe-west1: its own region"


def test_ready_and_status_say_where_names_are_answered(lab: Lab) -> None:
    server = {"address": SERVER, "port": lab.port}
    assert lab.up.events[0]["dns"] == {"server": server, "names": [NAME, SPREAD]}
    status = lab.status()
    assert (status["server"], status["listening"]) == (server, True)
    assert status["answers"]["NOERROR"] > 0
    assert 'penstock_dns_answers_total{rcode="NOERROR"}' in metrics(lab.up)


def test_a_taken_port_is_a_finding_and_is_had_when_it_is_free(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    text = f"{CONFIG}{records()}---\n{backends('us-east1')}"
    (tmp_path / "files" / "all.yaml").write_text(text)
    with socket.socket() as holder:
        holder.bind((SERVER, 0))
        holder.listen()
        port = holder.getsockname()[1]
        options = ("--address-pool", "127.10.236.0/24", "--dns", f"{SERVER}:{port}")
        with up([tmp_path / "files"], tmp_path / "state", *options) as running:
            found = [
                f for f in running.events[0]["findings"] if f["code"].startswith("runtime/dns")
            ]
            assert [f["code"] for f in found] == ["runtime/dns-unavailable"]
            assert request(running.events[0]["loadBalancers"][0]["addresses"][0]).status == 200
            holder.close()
            running.applied()
            query = dns.message.make_query(NAME, "A")
            answer = dns.query.udp(query, SERVER, 10, port, source=US)
            assert len(answer.answer) == 1
            assert running.cli("status", "-o", "json")["dns"]["listening"]
