"""What firewalls have to let through: by hand-made models, and by the command about files."""

import json

import pytest
from typer.testing import CliRunner

from penstock.cli import app
from penstock.envoy.compile import Owners, SocketAddress
from penstock.envoy.resources import Snapshot
from penstock.model import (
    BackendProtocol,
    BackendService,
    BackendServiceName,
    ClientAccess,
    ClientRange,
    Endpoint,
    Forward,
    ForwardingRule,
    ForwardingRuleName,
    FrontEndProtocol,
    HealthCheck,
    HealthCheckKind,
    HealthCheckName,
    LoadBalancer,
    LoadBalancerName,
    Mirror,
    Model,
    NegKind,
    NegName,
    NetworkEndpointGroup,
    Origin,
    Setting,
    TargetProxy,
    TargetProxyName,
    UrlMap,
    UrlMapName,
    WeightedBackend,
)
from penstock.objects.world import World
from penstock.runtime.revision import Revision
from penstock.status.firewall import firewall

HERE = Origin("a test")


def setting(value):
    return Setting(value, HERE)


def neg(name, *endpoints, **changes):
    made = tuple(sorted(Endpoint(*endpoint) for endpoint in endpoints))
    return NetworkEndpointGroup(NegName(name), NegKind.IP_PORT, made, HERE, **changes)


def service(name, *negs, **changes):
    return BackendService(
        name=BackendServiceName(name),
        protocol=setting(BackendProtocol.HTTP),
        negs=tuple(NegName(each) for each in negs),
        connect_timeout=setting(5.0),
        retry=setting(None),
        origin=HERE,
        **changes,
    )


def check(port=None):
    return HealthCheck(
        name=HealthCheckName("hc"),
        kind=setting(HealthCheckKind.HTTP),
        interval=setting(5.0),
        timeout=setting(5.0),
        healthy_threshold=setting(2),
        unhealthy_threshold=setting(2),
        origin=HERE,
        port=setting(port) if port else None,
    )


def revision(
    services, negs, *, dialect="compute", health=None, mirror=None, access=None, **changes
):
    proxy = TargetProxyName("http")
    rule = ForwardingRule(
        ForwardingRuleName("http"), 80, proxy, address=setting("10.0.0.80"), access=access
    )
    action = Forward(
        tuple(WeightedBackend(s.name, 1) for s in services if s.name != mirror),
        *(setting(30.0), setting(30.0), setting(None)),
        mirror=setting(Mirror(BackendServiceName(mirror), 100.0)) if mirror else None,
    )
    url_map = UrlMap(UrlMapName("web"), (), action, HERE)
    target = TargetProxy(
        proxy, FrontEndProtocol.HTTP, url_map.name, *(setting(600.0), setting(10.0), setting(0.0))
    )
    name = LoadBalancerName("lb")
    lb = LoadBalancer(name, dialect, (), (rule,), (target,), HERE, **changes)
    model = Model(
        load_balancers={name: lb},
        url_maps={url_map.name: url_map},
        backend_services={s.name: s for s in services},
        negs={n.name: n for n in negs},
        certificates={},
        certificate_requests={},
        findings=(),
        health_checks={health.name: health} if health else {},
    )
    bindings = {rule.name: SocketAddress("127.10.0.4", 8080)}
    return Revision(World(), model, bindings, Snapshot.of(()), (), Owners(model, {}))


def rows(kind, *arguments, **options):
    return [row for row in firewall(revision(*arguments, **options)) if row["kind"] == kind]


ENDPOINTS = (("10.0.0.5", 8080), ("10.0.0.6", 8080), ("10.0.0.6", 9090), ("10.0.0.7", 8080))
PROXIES = setting("10.129.0.0/23")
HEALTH = HealthCheckName("hc")


def test_clients_reach_the_address_that_listens_but_for_those_that_are_refused():
    ranges = (
        ClientRange("10.2.0.0/16", "vpc", "r2", False, HERE, "elsewhere"),
        ClientRange("10.2.7.0/24", "vpc", "r1", True, HERE),
    )
    [row] = rows("clients", [], [], access=setting(ClientAccess(ranges)))
    assert (row["from"], row["refused"]) == (["any"], ["10.2.0.0/16"])
    assert (row["to"], row["ports"], row["fromGoogleCloud"]) == (["127.10.0.4"], [8080], [])


def test_proxies_reach_endpoints_by_ports():
    negs = [neg("web", *ENDPOINTS)]
    made = rows("proxies", [service("web", "web")], negs, proxy_ranges=(PROXIES,))
    assert [(row["to"], row["ports"]) for row in made] == [
        (["10.0.0.5", "10.0.0.7"], [8080]),
        (["10.0.0.6"], [8080, 9090]),
    ]
    assert [*made[0]["from"], *made[0]["fromGoogleCloud"]] == ["this machine", "10.129.0.0/23"]


@pytest.mark.parametrize(
    ("source", "shown"), [("127.30.0.2", "127.30.0.2"), ("192.0.2.9", "this machine")]
)
def test_a_source_that_this_machine_does_not_have_is_not_shown(source, shown):
    web = service("web", "web", source=setting(source))
    [row] = rows("proxies", [web], [neg("web", ENDPOINTS[0])])
    assert row["from"] == [shown]


def test_mirrors_are_reached_too():
    services = [service("copy", "copy"), service("web", "web")]
    negs = [neg("copy", ("10.0.0.9", 80)), neg("web", ENDPOINTS[0])]
    made = rows("proxies", services, negs, mirror="copy")
    assert [row["to"] for row in made] == [["10.0.0.9"], ["10.0.0.5"]]


@pytest.mark.parametrize(("port", "ports"), [(None, [8080]), (7877, [7877])])
def test_probes_reach_the_port_of_the_health_check(port, ports):
    web = service("web", "web", health_check=HEALTH)
    [row] = rows("probes", [web], [neg("web", ENDPOINTS[0])], health=check(port))
    assert (row["from"], row["to"], row["ports"]) == (["this machine"], ["10.0.0.5"], ports)
    assert row["fromGoogleCloud"] == ["130.211.0.0/22", "35.191.0.0/16"]


def test_probes_of_ipv6_endpoints_come_from_another_range():
    web = service("web", "web", health_check=HEALTH)
    [row] = rows("probes", [web], [neg("web", ("fd00::5", 80))], health=check())
    assert row["fromGoogleCloud"] == ["2600:2d00:1:b029::/64"]


def test_hybrid_endpoints_are_probed_by_the_proxies():
    web = service("web", "near", "far", health_check=HEALTH)
    negs = [neg("near", ENDPOINTS[0]), neg("far", ("192.168.0.5", 80), probed_by_proxies=True)]
    made = rows("probes", [web], negs, health=check(), proxy_ranges=(PROXIES,))
    assert [(row["to"], row["fromGoogleCloud"]) for row in made] == [
        (["10.0.0.5"], ["130.211.0.0/22", "35.191.0.0/16"]),
        (["192.168.0.5"], ["10.129.0.0/23"]),
    ]


def test_other_dialects_know_no_ranges_of_google_s():
    web = service("web", "web", health_check=HEALTH)
    [row] = rows("probes", [web], [neg("web", ENDPOINTS[0])], dialect="ingress", health=check())
    assert row["fromGoogleCloud"] == []


COMPUTE = """
apiVersion: penstock.dev/v1alpha1
kind: PenstockConfig
metadata: {name: lab}
spec:
  region: r1
  subnets:
  - {name: main, region: r1, range: 10.0.0.0/16}
  - {name: proxies, region: r1, range: 10.129.0.0/23, purpose: REGIONAL_MANAGED_PROXY}
  - {name: far, region: r2, range: 10.2.0.0/16}
---
{kind: compute#forwardingRule, name: web, region: r1, loadBalancingScheme: INTERNAL_MANAGED,
 portRange: "80", IPAddress: 10.0.0.80, target: regions/r1/targetHttpProxies/web}
---
{kind: compute#targetHttpProxy, name: web, region: r1, urlMap: regions/r1/urlMaps/web}
---
{kind: compute#urlMap, name: web, region: r1, defaultService: regions/r1/backendServices/web}
---
{kind: compute#backendService, name: web, region: r1, loadBalancingScheme: INTERNAL_MANAGED,
 backends: [{group: zones/r1-a/networkEndpointGroups/web}]}
---
{kind: compute#networkEndpointGroup, name: web, zone: r1-a,
 networkEndpointType: GCE_VM_IP_PORT, networkEndpoints: [{ipAddress: 10.0.0.5, port: 8080}]}
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
"""
INGRESS = """
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
"""


def shown(path, text, *options):
    path.write_text(text)
    done = CliRunner(env={"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}).invoke(
        app, ["show", "firewall", "-f", str(path), *options]
    )
    assert done.exit_code == 0, done.output
    return done.stdout


def test_about_files_addresses_are_those_that_are_written(tmp_path):
    clients, proxies = json.loads(shown(tmp_path / "web.yaml", COMPUTE, "-o", "json"))
    assert (clients["to"], clients["ports"]) == (["10.0.0.80"], [80])
    assert clients["refused"] == ["10.2.0.0/16"]
    assert (proxies["to"], proxies["ports"]) == (["10.0.0.5"], [8080])
    assert proxies["fromGoogleCloud"] == ["10.129.0.0/23"]
    assert proxies["origin"].endswith("backendService r1/web")


def test_machines_of_instance_groups_have_the_ports_that_are_written(tmp_path):
    group = """
---
{kind: compute#instanceGroup, name: web, zone: r1-a, namedPorts: [{name: http, port: 80}],
 instances: [vm-1, vm-2]}
---
{kind: PenstockConfig, apiVersion: penstock.dev/v1alpha1, metadata: {name: machines},
 spec: {instances: [{name: vm-1, address: 10.0.0.7}, {name: vm-2, address: 10.0.0.8}]}}
"""
    text = COMPUTE.replace("zones/r1-a/networkEndpointGroups/web", "zones/r1-a/instanceGroups/web")
    _, proxies = json.loads(shown(tmp_path / "web.yaml", text + group, "-o", "json"))
    assert (proxies["to"], proxies["ports"]) == (["10.0.0.7", "10.0.0.8"], [80])


def test_pods_without_an_address_are_named(tmp_path):
    clients, proxies = json.loads(shown(tmp_path / "web.yaml", SERVICE + INGRESS, "-o", "json"))
    assert clients["ports"] == [80]
    assert all(name.startswith("pod default/web") for name in proxies["to"])
    assert (proxies["ports"], proxies["fromGoogleCloud"]) == ([8080], [])


def test_as_a_table(tmp_path):
    words = [line.split() for line in shown(tmp_path / "web.yaml", COMPUTE).splitlines()]
    assert any(line[:4] == ["any", "10.0.0.80", "TCP", "80"] for line in words)
    assert ["but", "refused:", "10.2.0.0/16"] in words
    machine = ["this", "machine", "10.129.0.0/23", "10.0.0.5", "TCP", "8080"]
    assert any(line[:6] == machine for line in words)
    assert "no load balancer listens" in shown(tmp_path / "none.yaml", SERVICE)
