"""Which pods the input asks for, and what their endpoints look like."""

from __future__ import annotations

import re

import pytest
from standin_world import planner, world

from penstock.model import Finding
from penstock.standin.plan import Plan, Planner, StandInMode, endpoint_slices
from penstock.standin.spec import PodKey, PodPort, PodProtocol, PodState

SERVICE = """
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: http}]
"""
DEPLOYMENT = """
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  template:
    metadata: {labels: {app: web, tier: front}}
    spec:
      containers:
      - name: main
        ports: [{containerPort: 8080, name: http}]
        readinessProbe: {httpGet: {path: "/live?full=1", port: http}}
"""


def both(*documents: str) -> str:
    return "\n---\n".join(documents)


def codes(plan: Plan) -> list[str]:
    return [finding.code for finding in plan.findings]


def only(plan: Plan) -> Finding:
    assert len(plan.findings) == 1
    return plan.findings[0]


def test_one_pod_per_replica_named_as_kubernetes_names_them() -> None:
    plan = planner().plan(world(both(SERVICE, DEPLOYMENT)))
    assert len(plan.pods) == 3
    alphabet = "[bcdfghjklmnpqrstvwxz2456789]"
    for pod in plan.pods:
        assert re.fullmatch(rf"web-{alphabet}{{8,10}}-{alphabet}{{5}}", pod.name)
        assert pod.ports == (PodPort(8080, PodProtocol.HTTP, "http", "web", 80),)
        assert pod.probe_path == "/live"
        assert pod.service == "web"
    assert len({pod.address for pod in plan.pods}) == 3
    assert plan.findings == ()


def test_a_template_change_renames_pods_but_keeps_addresses() -> None:
    made = planner()
    before = made.plan(world(both(SERVICE, DEPLOYMENT)))
    assert made.plan(world(both(SERVICE, DEPLOYMENT))).pods == before.pods
    after = made.plan(world(both(SERVICE, DEPLOYMENT.replace("tier: front", "tier: back"))))
    assert {p.address for p in after.pods} == {p.address for p in before.pods}
    assert not {p.name for p in after.pods} & {p.name for p in before.pods}


@pytest.mark.parametrize(
    ("kind", "extra", "names"),
    [
        ("StatefulSet", "replicas: 2", ["web-0", "web-1"]),
        ("ReplicaSet", "replicas: 1", [r"web-\w{5}"]),
        ("DaemonSet", "updateStrategy: {}", [r"web-\w{5}"]),
        ("Deployment", "replicas: 0", []),
        ("Deployment", "paused: false", [r"web-\w{8,10}-\w{5}"]),
    ],
)
def test_pods_of_each_kind(kind: str, extra: str, names: list[str]) -> None:
    text = DEPLOYMENT.replace("kind: Deployment", f"kind: {kind}").replace("replicas: 3", extra)
    pods = planner().plan(world(both(SERVICE, text))).pods
    assert len(pods) == len(names)
    for pod, name in zip(pods, names, strict=True):
        assert re.fullmatch(name, pod.name)


def test_a_daemon_set_has_a_pod_for_each_node() -> None:
    nodes = ("kind: Node\nmetadata: {name: a}", "kind: Node\nmetadata: {name: b}")
    text = DEPLOYMENT.replace("kind: Deployment", "kind: DaemonSet")
    assert len(planner().plan(world(both(SERVICE, text, *nodes))).pods) == 2


def test_what_a_workload_of_the_input_owns_is_not_counted_twice() -> None:
    owned = """
kind: ReplicaSet
metadata:
  name: web-abc
  ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web}]
spec: {template: {metadata: {labels: {app: web}}}}
---
kind: Pod
metadata:
  name: web-abc-xyz
  labels: {app: web}
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-abc}]
"""
    assert len(planner().plan(world(both(SERVICE, DEPLOYMENT, owned))).pods) == 3


def test_a_service_without_workload_gets_one_in_services_mode_only() -> None:
    objects = world(SERVICE)
    pods = planner().plan(objects).pods
    assert [re.sub(r"-\w+", "-*", pod.name) for pod in pods] == ["web-*-*"]
    assert pods[0].ports == (PodPort(80, PodProtocol.HTTP, "", "web", 80),)
    assert planner(StandInMode.WORKLOADS).plan(objects).pods == ()
    assert planner(StandInMode.OFF).plan(objects) == Plan()


@pytest.mark.parametrize(
    "own",
    [
        "kind: Endpoints\nmetadata: {name: web}\nsubsets: [{addresses: [{ip: 127.0.0.1}]}]",
        "kind: EndpointSlice\nmetadata: {name: x, labels: {kubernetes.io/service-name: web}}\n"
        "addressType: IPv4",
    ],
)
def test_a_service_with_endpoints_of_its_own_gets_none(own: str) -> None:
    assert planner().plan(world(both(SERVICE, DEPLOYMENT, own))).pods == ()


def test_external_names_and_given_endpoints_get_none() -> None:
    external = SERVICE.replace("selector:", "type: ExternalName\n  selector:")
    assert planner().plan(world(external)).pods == ()
    assert planner().plan(world(SERVICE), {("default", "web")}).pods == ()


def test_services_of_one_workload_share_its_pods() -> None:
    admin = SERVICE.replace("name: web", "name: admin").replace("targetPort: http", "targetPort: 9")
    plan = planner().plan(world(both(SERVICE, DEPLOYMENT, admin)))
    assert len(plan.pods) == 3
    assert [(p.port, p.service) for p in plan.pods[0].ports] == [(9, "admin"), (8080, "web")]
    assert plan.pods[0].service == "admin"
    slices = endpoint_slices(plan, {})
    assert [[p.port for p in s.resource.ports or ()] for s in slices] == [[9], [8080]]


@pytest.mark.parametrize(
    ("port", "protocol"),
    [
        ("{port: 80}", "http"),
        ("{port: 80, appProtocol: kubernetes.io/h2c}", "h2c"),
        ("{port: 80, appProtocol: kubernetes.io/ws}", "ws"),
        ("{port: 80, appProtocol: kubernetes.io/wss}", "wss"),
        ("{port: 80, appProtocol: HTTPS}", "https"),
        ("{port: 80, appProtocol: grpc}", "grpc"),
        ("{port: 80, appProtocol: example.com/odd}", "http"),
        ("{port: 80, name: grpc}", "grpc"),
        ("{port: 80, name: grpc-api}", "grpc"),
        ("{port: 80, name: grpcish}", "http"),
        ("{port: 80, name: tcp-db}", "tcp"),
        ("{port: 80, name: https}", "http"),
        ("{port: 80, name: tcp, appProtocol: http}", "http"),
        ("{port: 80, protocol: UDP}", "udp"),
    ],
)
def test_protocols(port: str, protocol: str) -> None:
    text = SERVICE.replace("{port: 80, targetPort: http}", port)
    assert [p.protocol for p in planner().plan(world(text)).pods[0].ports] == [protocol]


def test_an_unknown_port_name_is_an_error_with_near_names() -> None:
    text = both(SERVICE.replace("targetPort: http", "targetPort: htp"), DEPLOYMENT)
    plan = planner().plan(world(text))
    finding = only(plan)
    assert finding.code == "stand-in/port-name-unknown"
    assert finding.hint == "Did you mean 'http'?"
    assert finding.origin.field == "spec.ports[0].targetPort"
    assert endpoint_slices(plan, {})[0].resource.ports == ()


def test_a_quoted_number_is_a_name() -> None:
    text = both(SERVICE.replace("targetPort: http", "targetPort: '8080'"), DEPLOYMENT)
    assert "without quotes" in only(planner().plan(world(text))).hint


def test_sctp_has_no_stand_in() -> None:
    text = SERVICE.replace("targetPort: http", "protocol: SCTP")
    assert codes(planner().plan(world(text))) == ["stand-in/protocol-unsupported"]


def test_different_protocols_on_one_port_conflict() -> None:
    other = SERVICE.replace("name: web", "name: xweb").replace(
        "targetPort: http", "targetPort: http, appProtocol: https"
    )
    plan = planner().plan(world(both(SERVICE, DEPLOYMENT, other)))
    finding = only(plan)
    assert finding.code == "stand-in/port-conflict"
    assert "Service default/xweb" in finding.message
    assert "Service default/web" in finding.message
    assert plan.pods[0].ports[0].protocol is PodProtocol.HTTP


def test_replicas_are_limited() -> None:
    text = both(SERVICE, DEPLOYMENT.replace("replicas: 3", "replicas: 1000"))
    plan = planner().plan(world(text))
    assert len(plan.pods) == 100
    assert codes(plan) == ["stand-in/replicas-limited"]


@pytest.mark.parametrize("selector", ["{app: wbe}", "{app: web, tier: back}"])
def test_a_selector_that_nearly_matches_is_told(selector: str) -> None:
    text = both(SERVICE.replace("{app: web}", selector), DEPLOYMENT)
    plan = planner().plan(world(text))
    assert codes(plan) == ["stand-in/selector-matches-nothing"]
    assert len(plan.pods) == 1


def test_a_selector_of_something_else_is_not_told() -> None:
    text = both(SERVICE.replace("{app: web}", "{app: payments}"), DEPLOYMENT)
    assert planner().plan(world(text)).findings == ()


def test_a_workload_that_another_service_selects_is_not_meant() -> None:
    other = SERVICE.replace("name: web", "name: web-2").replace("app: web", "app: web-2")
    assert planner().plan(world(both(SERVICE, other, DEPLOYMENT))).findings == ()


def test_low_ports_move_past_ports_that_are_taken() -> None:
    text = SERVICE.replace(
        "{port: 80, targetPort: http}",
        "{name: a, port: 80}, {name: b, port: 443}, {name: c, port: 8080}",
    )
    plan = planner(offset=8000).plan(world(text))
    assert [(p.port, p.service_port) for p in plan.pods[0].ports] == [
        (8080, 8080),
        (8081, 80),
        (8443, 443),
    ]
    ports = endpoint_slices(plan, {})[0].resource.ports or ()
    assert [(p.name, p.port) for p in ports] == [("a", 8081), ("b", 8443), ("c", 8080)]


def test_probe_ports_that_no_service_names_are_served() -> None:
    text = both(SERVICE, DEPLOYMENT.replace("port: http}}", "port: 9000, scheme: HTTPS}}"))
    pods = planner().plan(world(text)).pods
    assert [(p.port, p.protocol.value) for p in pods[0].ports] == [(8080, "http"), (9000, "https")]


def test_addresses_may_run_out() -> None:
    left = ["127.21.200.1"]

    def hand_out() -> str:
        if not left:
            raise RuntimeError("none is left")
        return left.pop()

    plan = Planner(StandInMode.SERVICES, hand_out).plan(world(both(SERVICE, DEPLOYMENT)))
    assert codes(plan) == ["stand-in/no-address"]
    assert len(plan.pods) == 1
    assert len(endpoint_slices(plan, {})[0].resource.endpoints or ()) == 1


def test_slices_say_what_kubernetes_would_say() -> None:
    plan = planner().plan(world(both(SERVICE, DEPLOYMENT)))
    unready, stopped, _ = (pod.key for pod in plan.pods)
    states = {unready: PodState(ready=False), stopped: PodState(stopped=True)}
    (piece,) = endpoint_slices(plan, states)
    assert piece.labels["kubernetes.io/service-name"] == "web"
    assert piece.resource.address_type == "IPv4"
    endpoints = piece.resource.endpoints or ()
    assert {
        PodKey(e.target_ref.namespace, e.target_ref.name): e.conditions.ready
        for e in endpoints
        if e.target_ref
    } == {pod.key: pod.key not in states for pod in plan.pods}
    assert [p.port for p in piece.resource.ports or ()] == [8080]
    assert [p.name for p in piece.resource.ports or ()] == [""]


def test_publish_not_ready_addresses() -> None:
    text = SERVICE.replace("selector:", "publishNotReadyAddresses: true\n  selector:")
    plan = planner().plan(world(both(text, DEPLOYMENT)))
    states = {pod.key: PodState(ready=False) for pod in plan.pods}
    conditions = [e.conditions for e in endpoint_slices(plan, states)[0].resource.endpoints or ()]
    assert {(c.ready, c.serving) for c in conditions} == {(True, False)}


def test_order_of_input_does_not_matter() -> None:
    other = SERVICE.replace("name: web", "name: b").replace("http", "8081")
    one = planner().plan(world(both(SERVICE, other, DEPLOYMENT)))
    two = planner().plan(world(both(DEPLOYMENT, other, SERVICE)))
    assert one.pods == two.pods
    slices = [[s.resource for s in endpoint_slices(plan, {})] for plan in (one, two)]
    assert slices[0] == slices[1]
