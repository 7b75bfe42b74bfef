"""When a load balancer counts as healthy for its names, and where it is."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import msgspec
import pytest

from penstock.cli import offline
from penstock.dns import TargetState
from penstock.envoy.compile import SocketAddress
from penstock.model import (
    DnsTarget,
    EndpointHealth,
    ForwardingRuleName,
    HealthCheckName,
    HealthView,
)
from penstock.runtime.dns import Names, knowledge_of
from penstock.runtime.dns_health import RevisionHealth
from penstock.runtime.revision import Revision
from penstock.runtime.settings import Settings
from penstock.standin.plan import StandInMode
from penstock.status import names

RULE = ForwardingRuleName("compute/shop/r1/web")
CHECK = HealthCheckName("compute/shop/r1/web")
TARGET = DnsTarget("10.0.0.10", RULE)
INPUT = """\
apiVersion: penstock.dev/v1alpha1
kind: PenstockConfig
metadata: {name: lab}
spec: {project: shop, region: r1}
---
kind: dns#resourceRecordSet
name: api.example.internal.
type: A
routingPolicy:
  geo:
    items:
    - location: r1
      healthCheckedTargets:
        internalLoadBalancers: [{ipAddress: 10.0.0.10, port: '80', ipProtocol: tcp, region: r1}]
---
kind: compute#forwardingRule
name: web
region: r1
loadBalancingScheme: INTERNAL_MANAGED
portRange: "80"
IPAddress: 10.0.0.10
target: regions/r1/targetHttpProxies/web
---
kind: compute#targetHttpProxy
name: web
region: r1
urlMap: regions/r1/urlMaps/web
---
kind: compute#urlMap
name: web
region: r1
ACTION
---
kind: compute#backendService
name: web
region: r1
loadBalancingScheme: INTERNAL_MANAGED
protocol: HTTP
backends: [{group: zones/r1-a/networkEndpointGroups/web}]
---
kind: compute#networkEndpointGroup
name: web
zone: r1-a
networkEndpointType: NON_GCP_PRIVATE_IP_PORT
networkEndpoints:
- {ipAddress: 10.9.0.1, port: 80}
- {ipAddress: 10.9.0.2, port: 80}
"""
FORWARD = "defaultService: regions/r1/backendServices/web"
REDIRECT = "defaultUrlRedirect: {hostRedirect: www.example.internal}"


def revision(tmp_path: Path, action: str = FORWARD, text: str = INPUT) -> Revision:
    file = tmp_path / "in.yaml"
    file.write_text(text.replace("ACTION", action))
    return offline.revision(Settings(sources=(str(file),), stand_ins=StandInMode.OFF))


def probed(built: Revision, **healths: bool) -> Revision:
    """With a health check, and what probing it found; ``a`` and ``b`` are the endpoints."""
    services = {
        name: msgspec.structs.replace(service, health_check=CHECK)
        for name, service in built.model.backend_services.items()
    }
    addresses = {"a": "10.9.0.1", "b": "10.9.0.2"}
    view: HealthView = {
        (CHECK, addresses[key], 80): EndpointHealth(healthy, "HTTP", 0.0)
        for key, healthy in healths.items()
    }
    model = msgspec.structs.replace(built.model, backend_services=services)
    return dataclasses.replace(built, model=model, health=view)


def state(built: Revision, *, runs: bool = True) -> TargetState:
    return RevisionHealth(built, lambda _region: runs).state(TARGET)


@pytest.mark.parametrize(
    ("healths", "wanted"),
    [
        ({}, True),
        ({"a": True, "b": True}, True),
        ({"a": False}, True),  # Nobody has probed the other one yet.
        ({"a": False, "b": True}, True),
        ({"a": False, "b": False}, False),
    ],
)
def test_one_healthy_endpoint_is_enough(
    tmp_path: Path, healths: dict[str, bool], wanted: bool
) -> None:
    found = state(probed(revision(tmp_path), **healths))
    assert (found.address is not None, found.healthy) == (True, wanted)


def test_without_a_check_ready_endpoints_count(tmp_path: Path) -> None:
    assert state(revision(tmp_path)).healthy
    off = INPUT.replace("80}", '80, annotations: {penstock.dev/ready: "false"}}')
    found = state(revision(tmp_path, text=off))
    assert (found.healthy, found.reason) == (False, "no backend is healthy")


def test_what_answers_by_itself_needs_no_backend(tmp_path: Path) -> None:
    assert state(revision(tmp_path, REDIRECT)).healthy


def test_a_missing_backend_service_is_not_healthy(tmp_path: Path) -> None:
    action = FORWARD.replace("Services/web", "Services/gone")
    assert not state(revision(tmp_path, action)).healthy


def test_without_its_proxy_it_is_ill_and_without_a_listener_nowhere(tmp_path: Path) -> None:
    built = revision(tmp_path)
    found = state(built, runs=False)
    assert (found.healthy, found.reason) == (False, "its proxy does not run")
    assert found.address == built.bindings[RULE].address
    nowhere = dataclasses.replace(built, bindings={})
    assert state(nowhere) == TargetState(None, False, "its forwarding rule does not listen")


def test_plain_addresses_follow_the_rules_that_moved(tmp_path: Path) -> None:
    built = revision(tmp_path)
    health = RevisionHealth(built, lambda _region: False)
    assert health.state(DnsTarget("10.0.0.10")).address == built.bindings[RULE].address
    assert health.state(DnsTarget("10.0.0.99")) == TargetState(
        "10.0.0.99", True, "not health-checked"
    )


def test_what_status_shows_and_resolve_says(tmp_path: Path) -> None:
    built = revision(tmp_path)
    knowledge = knowledge_of(built)
    [shown] = names.names(built, knowledge)
    address = built.bindings[RULE].address
    assert (shown["name"], shown["policy"]) == ("api.example.internal.", "GEO")
    assert shown["answers"] == [
        {"region": "r1", "share": None, "addresses": [address], "why": "r1: its own region"}
    ]
    said = names.resolved(knowledge, "API.example.internal", "A", "192.0.2.1", 0.0)
    assert (said["addresses"], said["region"], said["range"]) == ([address], "r1", "0.0.0.0/0")
    with pytest.raises(names.UnknownNameError, match=r"names: api\.example\.internal"):
        names.resolved(knowledge, "nix.example.internal", "A", "192.0.2.1", 0.0)
    with pytest.raises(names.UnknownNameError, match="no IP address"):
        names.resolved(knowledge, "api.example.internal", "A", "me", 0.0)


def test_health_counts_at_once_and_addresses_once_they_are_live(tmp_path: Path) -> None:
    known = Names(("127.0.0.1", 1), lambda _region: True, lambda: None)
    live = probed(revision(tmp_path))
    known.note(live)
    assert known.latest is None
    known.show(live)
    assert known.latest is not None
    assert known.latest.health.state(TARGET).healthy
    moved = {RULE: SocketAddress("127.10.9.9", 80)}
    newer = dataclasses.replace(probed(live, a=False, b=False), bindings=moved)
    known.note(newer)
    found = known.latest.health.state(TARGET)
    assert (found.address, found.healthy) == (live.bindings[RULE].address, False)
    known.show(newer)
    assert known.latest.health.state(TARGET).address == "127.10.9.9"


def test_without_names_nothing_is_made(tmp_path: Path) -> None:
    text = INPUT.partition("---\nkind: dns#")[0] + "---\nkind: compute#address\nname: a\n"
    knowledge = knowledge_of(revision(tmp_path, text=text))
    assert knowledge.catalogue.zones == {}
    assert knowledge.places.of("127.0.0.1").region == ""
