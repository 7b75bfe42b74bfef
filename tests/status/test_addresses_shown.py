"""Load balancers with several addresses, and with stand-ins for wanted ones, as people see them."""

import io
from types import MappingProxyType

from rich.console import Console

from penstock.envoy.compile import Owners, SocketAddress
from penstock.envoy.resources import Snapshot
from penstock.model import (
    ClosedPort,
    ForwardingRule,
    ForwardingRuleName,
    FrontEndProtocol,
    LoadBalancer,
    LoadBalancerName,
    Model,
    Origin,
    Redirect,
    Setting,
    TargetProxy,
    TargetProxyName,
    UrlMap,
    UrlMapName,
    VipName,
)
from penstock.objects.world import World
from penstock.runtime.revision import Revision
from penstock.status import render, report, trying

HERE = Origin("ForwardingRule web")


def proxy(protocol):
    limit = Setting(10.0, HERE)
    name = TargetProxyName(protocol.value)
    return TargetProxy(name, protocol, UrlMapName("web"), limit, limit, limit)


def rule(name, port, protocol, vip, address=None):
    wish = Setting(address, HERE) if address else None
    proxy_name = TargetProxyName(protocol.value)
    return ForwardingRule(ForwardingRuleName(name), port, proxy_name, VipName(vip), wish)


def revision(bindings, closed=()):
    http, https = FrontEndProtocol.HTTP, FrontEndProtocol.HTTPS
    rules = (
        rule("plain", 80, http, "one", "10.1.2.3"),
        rule("secure", 443, https, "one", "10.1.2.3"),
        rule("inner", 80, http, "two", "127.10.0.9"),
    )
    lb = LoadBalancer(
        *(LoadBalancerName("web"), "compute", (), rules, (proxy(http), proxy(https)), HERE),
        closed_ports=closed,
    )
    url_map = UrlMap(UrlMapName("web"), (), Redirect(302, host="other.example"), HERE)
    empty = MappingProxyType({})
    model = Model({lb.name: lb}, {url_map.name: url_map}, empty, empty, empty, empty, ())
    places = {ForwardingRuleName(name): SocketAddress(*place) for name, place in bindings.items()}
    return Revision(World(), model, places, Snapshot.of(()), (), Owners(model, {}))


PLACED = {
    "plain": ("127.10.0.4", 8080),
    "secure": ("127.10.0.4", 8443),
    "inner": ("127.10.0.9", 8080),
}


def shown(lb):
    console = Console(file=io.StringIO(), width=200)
    render.print_block(console, render.load_balancer_block(lb))
    return console.file.getvalue().partition("\n  Host")[0]


def test_json_has_the_wanted_and_the_real_address_of_each_listener():
    [lb] = report.load_balancers(revision(PLACED))
    assert lb["addresses"] == ["127.10.0.4", "127.10.0.9"]
    assert lb["listeners"] == [
        {
            "port": 8080,
            "protocol": "HTTP",
            "requestedPort": 80,
            "address": "127.10.0.4",
            "requestedAddress": "10.1.2.3",
            "refusedClients": [],
        },
        {
            "port": 8443,
            "protocol": "HTTPS",
            "requestedPort": 443,
            "address": "127.10.0.4",
            "requestedAddress": "10.1.2.3",
            "refusedClients": [],
        },
        {
            "port": 8080,
            "protocol": "HTTP",
            "requestedPort": 80,
            "address": "127.10.0.9",
            "requestedAddress": "127.10.0.9",
            "refusedClients": [],
        },
    ]


def test_the_table_shows_both_addresses_and_whose_ports():
    [lb] = report.load_balancers(revision(PLACED))
    assert [line.rstrip() for line in shown(lb).splitlines()] == [
        "web",
        "  10.1.2.3 → 127.10.0.4  8080 HTTP (moved from 80), 8443 HTTPS (moved from 443)",
        "  127.10.0.9  8080 HTTP (moved from 80)",
    ]


def test_nothing_that_listens_is_said():
    [lb] = report.load_balancers(revision({}))
    assert shown(lb).rstrip() == "web  no listener"


def test_curl_goes_where_the_listener_is():
    places = {"secure": ("127.10.0.4", 443), "inner": ("fd00::9", 80)}
    [lb] = report.load_balancers(revision(places))
    assert trying.try_lines([lb], None) == ["curl http://[fd00::9]/", "curl -k https://127.10.0.4/"]


def test_a_port_that_is_closed_says_why():
    origin = Origin("Ingress default/web")
    closed = (ClosedPort(80, Setting("kubernetes.io/ingress.allow-http is false", origin)),)
    [lb] = report.load_balancers(revision(PLACED, closed))
    assert lb["closedPorts"] == [
        {
            "port": 80,
            "why": "kubernetes.io/ingress.allow-http is false",
            "object": "Ingress default/web",
        }
    ]
    assert "\n  not on port 80: kubernetes.io/ingress.allow-http is false" in shown(lb)
    [plain] = report.load_balancers(revision(PLACED))
    assert plain["closedPorts"] == []
    assert "not on port" not in shown(plain)
