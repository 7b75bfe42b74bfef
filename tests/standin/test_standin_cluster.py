"""Dumps of a cluster: endpoints of its pods, and the pods themselves."""

from __future__ import annotations

import re

import pytest
from standin_world import planner, world
from test_standin_plan import DEPLOYMENT, SERVICE, both, codes

from penstock.objects.endpoints import Endpoints, EndpointSlice
from penstock.objects.world import World
from penstock.runtime.population import Population
from penstock.runtime.settings import EndpointOverride
from penstock.standin.plan import Plan, StandInMode, endpoint_slices

SLICE = """
kind: EndpointSlice
metadata:
  name: web-r5x7t
  labels:
    kubernetes.io/service-name: web
    endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io
addressType: IPv4
endpoints: [{addresses: [10.4.0.20]}, {addresses: [10.4.1.21]}]
ports: [{name: "", port: 8080, protocol: TCP}]
"""
ENDPOINTS = """
kind: Endpoints
metadata: {name: web}
subsets: [{addresses: [{ip: 10.4.0.20}], ports: [{port: 8080}]}]
"""
POD = """
kind: Pod
metadata:
  name: web-6d9f7c9d5b-x2k7q
  labels: {app: web, pod-template-hash: 6d9f7c9d5b}
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-6d9f7c9d5b}]
spec: {nodeName: n1, containers: [{name: main, ports: [{containerPort: 8080, name: http}]}]}
status: {phase: Running}
"""
NODE = "kind: Node\nmetadata: {name: n1, labels: {topology.kubernetes.io/zone: z-a}}"
CODE = "stand-in/cluster-endpoints"


def names(plan: Plan) -> list[str]:
    return [pod.name for pod in plan.pods]


@pytest.mark.parametrize("mode", [StandInMode.SERVICES, StandInMode.WORKLOADS])
@pytest.mark.parametrize("dumped", [SLICE, ENDPOINTS, both(SLICE, ENDPOINTS)])
def test_stand_ins_take_the_place_of_pods_that_a_cluster_lists(
    mode: StandInMode, dumped: str
) -> None:
    plan = planner(mode).plan(world(both(SERVICE, DEPLOYMENT, dumped)))
    assert len(plan.pods) == 3
    [finding] = plan.findings
    assert finding.code == CODE
    assert "for default/web." in finding.message
    assert "--stand-ins off" in (finding.hint or "")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("endpointslice-controller.k8s.io", "me.example"),
        ("endpointslice.kubernetes.io/managed-by", "example.com/other"),
        ("10.4.1.21", "127.0.0.1"),
        ("10.4.1.21", "'::1'"),
        ("10.4.1.21", "'::ffff:127.0.0.1'"),
    ],
)
def test_what_is_not_the_controllers_or_is_here_is_real(old: str, new: str) -> None:
    plan = planner().plan(world(both(SERVICE, DEPLOYMENT, SLICE.replace(old, new))))
    assert (plan.pods, codes(plan), plan.displaced) == ((), [], frozenset())


def test_one_real_slice_makes_all_of_them_real() -> None:
    own = SLICE.replace("web-r5x7t", "mine").replace("endpointslice-controller.k8s.io", "me")
    assert planner().plan(world(both(SERVICE, DEPLOYMENT, SLICE, own))).pods == ()


@pytest.mark.parametrize("listed", [SLICE, ENDPOINTS])
def test_endpoints_of_a_service_without_selector_are_somebodys_own(listed: str) -> None:
    service = SERVICE.replace("  selector: {app: web}\n", "")
    assert planner().plan(world(both(service, listed))).displaced == frozenset()
    assert planner().plan(world(both(service, listed))).pods == ()


def test_in_mode_workloads_a_service_without_stand_ins_keeps_its_endpoints() -> None:
    plan = planner(StandInMode.WORKLOADS).plan(world(both(SERVICE, SLICE)))
    assert (plan.pods, codes(plan), plan.displaced) == ((), [], frozenset())


def test_many_services_are_one_note() -> None:
    made = [
        text.replace("name: web", f"name: web{number}")
        for number in range(5)
        for text in (SERVICE, SLICE)
    ]
    [finding] = planner().plan(world(both(*made))).findings
    assert "for default/web0, default/web1, default/web2 and 2 more." in finding.message


def listed(made: World) -> list[str]:
    """Addresses of EndpointSlices and names of Endpoints."""
    slices = [e for piece in made.all(EndpointSlice) for e in piece.resource.endpoints or ()]
    return [*(a for e in slices for a in e.addresses), *(e.name for e in made.all(Endpoints))]


def seen(text: str, *given: EndpointOverride, mode: StandInMode = StandInMode.SERVICES) -> World:
    population = Population(planner(mode), given)
    objects = tuple(world(text))
    population.plan(objects)
    return population.world(objects, {})[0]


def test_the_world_has_the_stand_ins_instead() -> None:
    text = both(SERVICE, SLICE, ENDPOINTS)
    assert listed(seen(text)) == ["127.21.200.1"]
    assert listed(seen(text, mode=StandInMode.OFF)) == ["10.4.0.20", "10.4.1.21", "web"]
    given = EndpointOverride("default", "web", "", (("127.0.0.1", 3000),))
    assert listed(seen(text, given)) == ["127.0.0.1"]


def test_a_slice_that_becomes_somebodys_own_is_taken_at_once() -> None:
    population = Population(planner(), ())
    for text, expected in ((SLICE, ["127.21.200.1"]), (SLICE.replace("10.4.", "127.4."), None)):
        objects = tuple(world(both(SERVICE, text)))
        population.plan(objects)
        made, _ = population.world(objects, {})
        assert listed(made) == (expected or ["127.4.0.20", "127.4.1.21"])


def test_pods_of_the_input_are_themselves_with_node_and_zone() -> None:
    plan = planner().plan(world(both(SERVICE, POD, NODE, SLICE)))
    assert names(plan) == ["web-6d9f7c9d5b-x2k7q"]
    [piece] = endpoint_slices(plan, {})
    [endpoint] = piece.resource.endpoints or ()
    assert (endpoint.node_name, endpoint.zone) == ("n1", "z-a")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("phase: Running", "phase: Succeeded"),
        ("phase: Running", "phase: Failed"),
        ("  labels", "  deletionTimestamp: '2026-11-20T10:00:00Z'\n  labels"),
    ],
)
def test_pods_that_ended_or_end_have_no_stand_in(old: str, new: str) -> None:
    other = POD.replace("x2k7q", "p9l4m")
    plan = planner().plan(world(both(SERVICE, POD, other.replace(old, new))))
    assert names(plan) == ["web-6d9f7c9d5b-x2k7q"]


def test_a_deployment_with_its_pods_has_their_names_and_no_pod_twice() -> None:
    plan = planner().plan(world(both(SERVICE, DEPLOYMENT, POD, NODE)))
    assert len(plan.pods) == 3
    assert "web-6d9f7c9d5b-x2k7q" in names(plan)
    [piece] = endpoint_slices(plan, {})
    nodes = {e.target_ref.name: e.node_name for e in piece.resource.endpoints or () if e.target_ref}
    assert nodes["web-6d9f7c9d5b-x2k7q"] == "n1"
    assert list(nodes.values()).count(None) == 2


def test_replicas_decide_how_many_of_the_pods_there_are() -> None:
    text = both(DEPLOYMENT.replace("replicas: 3", "replicas: 1"), POD, POD.replace("x2k7q", "z"))
    assert names(planner().plan(world(both(SERVICE, text)))) == ["web-6d9f7c9d5b-x2k7q"]


def test_a_daemon_set_with_its_pods_has_these() -> None:
    text = DEPLOYMENT.replace("kind: Deployment", "kind: DaemonSet")
    pod = re.sub("kind: ReplicaSet, name: .*}", "kind: DaemonSet, name: web}", POD)
    others = [NODE, NODE.replace("n1", "n2")]
    assert names(planner().plan(world(both(SERVICE, text, pod, *others)))) == [
        "web-6d9f7c9d5b-x2k7q"
    ]


def test_a_workload_that_owns_itself_has_its_stand_ins() -> None:
    owner = "ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web}]"
    text = DEPLOYMENT.replace("kind: Deployment", "kind: ReplicaSet")
    text = text.replace("metadata: {name: web}", f"metadata: {{name: web, {owner}}}")
    assert owner in text
    assert len(planner().plan(world(both(SERVICE, text))).pods) == 3
