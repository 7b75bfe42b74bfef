"""What health checks ask of machines' stand-ins: ports, paths, texts; and who tells readiness."""

from __future__ import annotations

from typing import Any

import pytest
from standin_world import planner, world

from penstock.objects.compute.groups import READY_ANNOTATION, InstanceGroup, NetworkEndpointGroup
from penstock.objects.compute.health_check import HealthCheck
from penstock.standin.group_endpoints import stood_in
from penstock.standin.plan import Plan
from penstock.standin.spec import PodState


def neg(name: str, address: str, port: int) -> str:
    return f"""
kind: compute#networkEndpointGroup
name: {name}
zone: r1-a
networkEndpointType: GCE_VM_IP_PORT
networkEndpoints: [{{ipAddress: {address}, port: {port}}}]
---
"""


def service(name: str, check: str | None, group: str = "") -> str:
    checks = f"healthChecks: [{check}]" if check else ""
    return f"""
kind: compute#backendService
name: {name}
region: r1
protocol: HTTP
backends: [{{group: zones/r1-a/networkEndpointGroups/{group or name}}}]
{checks}
---
"""


def check(kind: str, part: str, name: str = "c", place: str = "region: r1") -> str:
    words = {"GRPC": "grpc", "GRPC_WITH_TLS": "grpcTls"}
    return f"""
kind: compute#healthCheck
name: {name}
{place}
type: {kind}
{words.get(kind, kind.lower())}HealthCheck: {part}
---
"""


def ports(plan: Plan) -> list[list[tuple[int, str]]]:
    return [[(port.port, port.protocol.value) for port in pod.ports] for pod in plan.pods]


@pytest.mark.parametrize(
    ("kind", "part", "expected"),
    [
        ("HTTP", "{}", [(80, "http")]),
        ("HTTP", "{port: 9000}", [(9000, "http")]),
        ("HTTP", "{portSpecification: USE_SERVING_PORT}", []),
        ("HTTP", "{port: 8080}", []),
        ("HTTPS", "{}", [(443, "https")]),
        ("HTTP2", "{}", [(443, "http2")]),
        ("TCP", "{}", [(80, "http")]),
        ("SSL", "{}", [(443, "https")]),
        ("GRPC", "{port: 9000}", [(9000, "grpc")]),
        ("GRPC_WITH_TLS", "{port: 9000}", [(9000, "http2")]),
    ],
)
def test_machines_listen_where_the_health_check_asks(
    kind: str, part: str, expected: list[tuple[int, str]]
) -> None:
    text = neg("web", "10.0.0.5", 8080) + service("web", "c") + check(kind, part)
    assert ports(planner().plan(world(text))) == [sorted([(8080, "http"), *expected])]


@pytest.mark.parametrize(
    "reference",
    ["c", "regions/r1/healthChecks/c", "https://compute/v1/projects/p/regions/r1/healthChecks/c"],
)
def test_references_may_be_written_in_every_way(reference: str) -> None:
    text = neg("web", "10.0.0.5", 8080) + service("web", reference) + check("HTTP", "{}")
    assert len(ports(planner().plan(world(text)))[0]) == 2


def test_a_check_of_another_region_is_none() -> None:
    other = check("HTTP", "{}", place="region: r2")
    text = neg("web", "10.0.0.5", 8080) + service("web", "c") + other
    assert ports(planner().plan(world(text))) == [[(8080, "http")]]


def test_paths_and_texts_are_the_checks() -> None:
    part = "{requestPath: '/live?deep=1', response: all is well}"
    text = neg("web", "10.0.0.5", 8080) + service("web", "c") + check("HTTP", part)
    [pod] = planner().plan(world(text)).pods
    assert pod.health == (("/live", "all is well"),)


def made(text: str, state: PodState, offset: int = 0) -> tuple[Any, ...]:
    plan = planner(offset=offset).plan(world(text))
    states = {(pod.namespace, pod.name): state for pod in plan.pods}
    return stood_in(plan.pods, plan.groups, states, plan.checks)


def readiness(objects: tuple[Any, ...]) -> str:
    [found] = [o.resource for o in objects if isinstance(o.resource, NetworkEndpointGroup)]
    return str(found.network_endpoints[0].annotations[READY_ANNOTATION])


def test_probes_find_out_who_is_ready_unless_somebody_does_not_probe() -> None:
    probed = neg("web", "10.0.0.5", 8080) + service("web", "c") + check("HTTP", "{}")
    assert readiness(made(probed, PodState(ready=False))) == "true"
    assert readiness(made(probed + service("other", None, "web"), PodState(ready=False))) == "false"


def test_members_of_instance_groups_stay_if_they_are_probed() -> None:
    text = f"""
kind: compute#instanceGroup
name: vms
zone: r1-a
namedPorts: [{{name: http, port: 8080}}]
instances: [vm-1]
---
{service("web", "c").replace("networkEndpointGroups/web", "instanceGroups/vms")}
{check("HTTP", "{}")}"""
    objects = made(text, PodState(stopped=True))
    [group] = [o.resource for o in objects if isinstance(o.resource, InstanceGroup)]
    assert group.instances == ("vm-1",)


def test_a_port_that_cannot_be_bound_moves_to_one_that_is_free_on_all_machines_of_the_check() -> (
    None
):
    text = (
        neg("web", "10.0.0.5", 8080) + service("web", "c")
        + neg("api", "10.0.0.6", 9000) + service("api", "c") + check("HTTP", "{}")
    )  # fmt: skip
    plan = planner(offset=8000).plan(world(text))
    assert ports(plan) == [
        [(8080, "http"), (8081, "http")],
        [(8081, "http"), (9000, "http")],
    ]
    objects = made(text, PodState(), offset=8000)
    [moved] = [o.resource for o in objects if isinstance(o.resource, HealthCheck)]
    assert moved.http_health_check is not None
    assert moved.http_health_check.port == 8081


def test_a_port_that_can_be_bound_leaves_the_check_as_it_is() -> None:
    text = neg("web", "10.0.0.5", 8080) + service("web", "c") + check("HTTP", "{}")
    assert not [o for o in made(text, PodState()) if isinstance(o.resource, HealthCheck)]
