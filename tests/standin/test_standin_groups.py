"""Which machines behind Compute's groups are stood in for, and what the groups say then."""

from __future__ import annotations

from typing import Any

import pytest
from standin_world import planner, world

from penstock.objects.compute.groups import READY_ANNOTATION, InstanceGroup, NetworkEndpointGroup
from penstock.objects.meta import Object
from penstock.objects.penstock_config import PenstockConfig
from penstock.runtime.population import Population
from penstock.runtime.settings import EndpointOverride
from penstock.standin.group_endpoints import stood_in
from penstock.standin.plan import Plan, StandInMode
from penstock.standin.spec import PodPort, PodProtocol, PodState

ZONE = "projects/p/zones/z-a"
NEG = f"""
kind: compute#networkEndpointGroup
name: web
zone: {ZONE}
networkEndpointType: NON_GCP_PRIVATE_IP_PORT
defaultPort: 8080
networkEndpoints:
- {{ipAddress: 10.0.0.5, port: 9000}}
- {{ipAddress: 10.0.0.6}}
- {{ipAddress: 127.0.0.9, port: 7000}}
"""
SERVICE = f"""
kind: compute#backendService
name: web
region: projects/p/regions/z
protocol: HTTPS
backends:
- group: https://compute/v1/{ZONE}/networkEndpointGroups/web
"""
INSTANCES = f"""
kind: compute#instanceGroup
name: machines
zone: {ZONE}
namedPorts: [{{name: api, port: 8000}}]
instances: [vm-1, {{instance: "{ZONE}/instances/vm-2"}}]
"""
API = f"""
kind: compute#backendService
name: api
region: projects/p/regions/z
portName: api
backends: [{{group: {ZONE}/instanceGroups/machines}}]
"""
CONFIG_OF_P = """
apiVersion: penstock.dev/v1alpha1
kind: PenstockConfig
metadata: {name: lab}
spec: {project: p}
"""


def both(*documents: str) -> str:
    return "\n---\n".join(documents)


def neg_of(made: tuple[Object[Any], ...]) -> NetworkEndpointGroup:
    found = next(o.resource for o in made if isinstance(o.resource, NetworkEndpointGroup))
    assert isinstance(found, NetworkEndpointGroup)
    return found


def group_of(made: tuple[Object[Any], ...]) -> InstanceGroup:
    found = next(o.resource for o in made if isinstance(o.resource, InstanceGroup))
    assert isinstance(found, InstanceGroup)
    return found


def rewritten(plan: Plan, states: dict[tuple[str, str], PodState]) -> tuple[Object[Any], ...]:
    return stood_in(plan.pods, plan.groups, states)


def test_each_address_is_a_machine_that_speaks_the_backend_services_protocol() -> None:
    plan = planner().plan(world(both(NEG, SERVICE)))
    assert [str(pod.key) for pod in plan.pods] == ["z-a/10-0-0-5", "z-a/10-0-0-6"]
    assert plan.pods[0].ports == (PodPort(9000, PodProtocol.HTTPS, "", "web"),)
    assert plan.pods[1].ports == (PodPort(8080, PodProtocol.HTTPS, "", "web"),)


def test_the_group_then_has_the_stand_ins_addresses_and_their_readiness() -> None:
    plan = planner().plan(world(both(NEG, SERVICE)))
    down = {("z-a", "10-0-0-6"): PodState(ready=False)}
    first, second, third = neg_of(rewritten(plan, down)).network_endpoints or ()
    assert (first.ip_address, first.port) == (plan.pods[0].address, 9000)
    assert (second.ip_address, second.port) == (plan.pods[1].address, 8080)
    assert (first.annotations, second.annotations) == (
        {READY_ANNOTATION: "true"},
        {READY_ANNOTATION: "false"},
    )
    assert (third.ip_address, third.port, third.annotations) == ("127.0.0.9", 7000, None)


def test_one_address_in_two_groups_is_one_machine() -> None:
    other = NEG.replace("name: web", "name: other").replace("port: 9000", "port: 9001")
    plan = planner().plan(world(both(NEG, other, SERVICE)))
    pod = plan.pods[0]
    assert [(p.port, p.protocol) for p in pod.ports] == [
        (9000, PodProtocol.HTTPS),
        (9001, PodProtocol.HTTP),
    ]


def test_members_of_an_instance_group_get_addresses_by_a_penstock_config() -> None:
    plan = planner().plan(world(both(INSTANCES, API)))
    made = rewritten(plan, {("z-a", "vm-2"): PodState(stopped=True)})
    config = next(o.resource for o in made if isinstance(o.resource, PenstockConfig))
    assert [(i.name, i.address) for i in config.spec.instances] == [
        ("vm-1", plan.pods[0].address),
        ("vm-2", plan.pods[1].address),
    ]
    assert group_of(made).instances == ("vm-1",)
    assert [(p.name, p.port) for p in group_of(made).named_ports or ()] == [("api", 8000)]


def test_without_a_port_name_it_is_http_on_port_80_moved_where_80_cannot_be_bound() -> None:
    plain = API.replace("portName: api\n", "")
    plan = planner(offset=8000).plan(world(both(INSTANCES, plain)))
    named = {p.name: p.port for p in group_of(rewritten(plan, {})).named_ports or ()}
    assert named == {"api": 8000, "http": 8080}
    assert {p.port for pod in plan.pods for p in pod.ports} == {8080}


def test_a_port_that_two_backend_services_speak_to_in_clear_and_in_tls_is_a_finding() -> None:
    tls = API.replace("name: api\n", "name: secure\nprotocol: HTTPS\n", 1)
    plan = planner().plan(world(both(INSTANCES, API, tls)))
    assert {finding.code for finding in plan.findings} == {"stand-in/port-conflict"}


@pytest.mark.parametrize("mode", [StandInMode.OFF, StandInMode.WORKLOADS])
def test_other_modes_leave_groups_alone(mode: StandInMode) -> None:
    assert planner(mode=mode).plan(world(both(NEG, SERVICE))) == Plan()


def test_a_machine_of_this_machine_is_real() -> None:
    config = """
kind: PenstockConfig
apiVersion: penstock.dev/v1alpha1
metadata: {name: lab}
spec: {instances: [{name: vm-1, address: 127.0.0.1}]}
"""
    plan = planner().plan(world(both(INSTANCES, API, config)))
    assert [pod.name for pod in plan.pods] == ["vm-2"]


def test_the_user_gives_endpoints_of_a_group_by_its_zone_and_name() -> None:
    override = EndpointOverride("z-a", "web", "", (("127.0.0.1", 3000),))
    population = Population(planner(), (override,))
    objects = tuple(world(both(NEG, SERVICE)))
    assert population.plan(objects).pods == ()
    made, findings = population.world(objects, {})
    neg = neg_of(tuple(made))
    assert [(e.ip_address, e.port) for e in neg.network_endpoints or ()] == [("127.0.0.1", 3000)]
    assert findings == ()


def test_an_unchanged_group_is_the_same_object_in_the_next_world() -> None:
    population = Population(planner(), ())
    objects = tuple(world(both(NEG, SERVICE, INSTANCES, API)))
    population.plan(objects)
    before, _ = population.world(objects, {})
    after, _ = population.world(objects, {("z-a", "10-0-0-5"): PodState(ready=False)})
    assert after.table(InstanceGroup) is before.table(InstanceGroup)
    assert after.table(NetworkEndpointGroup) is not before.table(NetworkEndpointGroup)


def test_machines_of_one_name_in_two_projects_are_two() -> None:
    others = [text.replace("projects/p/", "projects/q/") for text in (NEG, INSTANCES)]
    services = [SERVICE, SERVICE.replace("projects/p/", "projects/q/").replace("HTTPS", "H2C")]
    text = both(CONFIG_OF_P, NEG, INSTANCES, API, *services, *others,
                API.replace("projects/p/", "projects/q/"))  # fmt: skip
    plan = planner().plan(world(text))
    protocols = {pod.key: {port.protocol for port in pod.ports} for pod in plan.pods}
    assert protocols["z-a", "10-0-0-5"] == {PodProtocol.HTTPS}
    assert protocols["q.z-a", "10-0-0-5"] == {PodProtocol.H2C}
    [config] = [o.resource for o in rewritten(plan, {}) if isinstance(o.resource, PenstockConfig)]
    machines = config.spec.instances
    assert [(m.project, m.name) for m in machines] == [
        (project, name) for project in "pq" for name in ("vm-1", "vm-2")
    ]
    assert len({m.address for m in machines}) == 4


SERVICES = """
kind: compute#networkEndpointGroup
name: run
region: z
networkEndpointType: SERVERLESS
cloudRun: {service: hello}
---
kind: compute#networkEndpointGroup
name: kms
region: z
networkEndpointType: PRIVATE_SERVICE_CONNECT
pscTargetService: kms.googleapis.com
pscData: {producerPort: 8443}
---
kind: compute#networkEndpointGroup
name: engine
region: z
networkEndpointType: SERVERLESS
appEngine: {service: default}
---
kind: compute#backendService
name: kms
region: z
protocol: HTTPS
backends: [{group: regions/z/networkEndpointGroups/kms}]
---
kind: compute#backendService
name: run
region: z
protocol: HTTPS
backends: [{group: regions/z/networkEndpointGroups/run}]
"""
KNOWN = """
apiVersion: penstock.dev/v1alpha1
kind: PenstockConfig
metadata: {name: office}
spec:
  services: [{name: hello, address: 127.0.0.1, port: 3000}]
"""


def test_a_service_of_the_cloud_is_one_machine() -> None:
    plan = planner().plan(world(SERVICES))
    assert {str(pod.key): pod.ports for pod in plan.pods} == {
        "z/hello": (PodPort(8080, PodProtocol.HTTP, "", "run"),),
        "z/kms": (PodPort(8443, PodProtocol.HTTPS, "", "kms"),),
    }
    addresses = {pod.key.name: pod.address for pod in plan.pods}
    groups = {o.name: o.resource for o in rewritten(plan, {("z", "kms"): PodState(ready=False)})}
    [endpoint] = groups["run"].network_endpoints
    assert (endpoint.ip_address, endpoint.port) == (addresses["hello"], 8080)
    assert endpoint.annotations[READY_ANNOTATION] == "true"
    [endpoint] = groups["kms"].network_endpoints
    assert endpoint.annotations[READY_ANNOTATION] == "false"


def test_a_service_that_is_known_is_not_stood_in() -> None:
    plan = planner().plan(world(both(SERVICES, KNOWN)))
    assert [str(pod.key) for pod in plan.pods] == ["z/kms"]


def test_every_port_of_one_name_stays() -> None:
    twice = INSTANCES.replace("port: 8000}", "port: 8000}, {name: api, port: 8001}")
    plan = planner().plan(world(both(twice, API)))
    ports = group_of(rewritten(plan, {})).named_ports or ()
    assert [(p.name, p.port) for p in ports] == [("api", 8000), ("api", 8001)]
