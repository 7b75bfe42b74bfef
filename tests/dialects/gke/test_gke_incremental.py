"""One translator over a run of worlds: what did not change stays, nothing is remembered wrongly."""

from __future__ import annotations

import json

from gke_cases import options, parse

from penstock.dialects import Translator, translate
from penstock.model import Model
from penstock.objects.world import World

INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {name}
  annotations: {{{annotations}}}
spec:
  defaultBackend: {{service: {{name: {service}, port: {{number: 80}}}}}}
---
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata:
  name: {name}
  annotations: {{{annotations}}}
spec:
  type: NodePort
  selector: {{app: {name}}}
  ports: [{{name: http, port: 80, targetPort: 8080}}]
---
"""
SLICE = """
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: web-1, labels: {{kubernetes.io/service-name: web}}}}
addressType: IPv4
ports: [{{name: http, port: 8080, protocol: TCP}}]
endpoints: [{{addresses: [{address}], conditions: {{ready: {ready}}}}}]
---
"""
CONFIG = """
apiVersion: cloud.google.com/v1
kind: BackendConfig
metadata: {{name: c}}
spec: {{timeoutSec: {timeout}}}
---
"""
NODE = """
apiVersion: v1
kind: Node
metadata:
  name: n1
  labels: {{topology.kubernetes.io/zone: {zone}}}
  resourceVersion: "{version}"
---
"""
NEG = "cloud.google.com/neg: '{\"ingress\": true}'"
WITH_CONFIG = NEG + ', cloud.google.com/backend-config: \'{"default": "c"}\''
GCE = "kubernetes.io/ingress.class: gce"


def ingress(name: str, annotations: str = GCE, service: str = "web") -> str:
    return INGRESS.format(name=name, annotations=annotations, service=service)


def service(name: str = "web", annotations: str = NEG) -> str:
    return SERVICE.format(name=name, annotations=annotations)


class Walk:
    """Worlds one after another, each as a source hands it over: what is unchanged is the same."""

    def __init__(self, **changes: object) -> None:
        self._options = options(**changes)
        self._translator = Translator(self._options)
        self._known: dict[str, tuple[object, ...]] = {}
        self._world = World()

    def step(self, *texts: str) -> Model:
        objects = []
        for text in texts:
            known = self._known.setdefault(text, parse(text).objects)
            objects += known
        self._world = World(objects, self._world)  # type: ignore[arg-type]
        model = self._translator.translate(self._world)
        assert model == translate(self._world, self._options)
        return model


def served(model: Model) -> list[str]:
    return sorted(model.load_balancers)


def test_an_endpoint_touches_its_group_only():
    walk = Walk()
    texts = (ingress("one"), service())
    before = walk.step(*texts, SLICE.format(address="10.0.0.1", ready="true"))
    after = walk.step(*texts, SLICE.format(address="10.0.0.2", ready="true"))
    (name,) = before.negs
    assert before.negs[name] != after.negs[name]
    for table in ("load_balancers", "url_maps", "backend_services", "health_checks"):
        old, new = getattr(before, table), getattr(after, table)
        assert all(new[key] is value for key, value in old.items())


def test_an_ingress_leaves_the_others_alone():
    walk = Walk()
    rest = (ingress("one"), service(), service("api"))
    before = walk.step(*rest, ingress("two"))
    after = walk.step(*rest, ingress("two", service="api"))
    assert after.url_maps["gke/default/one"] is before.url_maps["gke/default/one"]
    assert after.load_balancers["gke/default/one"] is before.load_balancers["gke/default/one"]
    assert after.url_maps["gke/default/two"] != before.url_maps["gke/default/two"]


def test_a_backend_config_changes_what_uses_it():
    walk = Walk()
    texts = (ingress("one"), ingress("two", service="api"), service("web", WITH_CONFIG))
    before = walk.step(*texts, service("api"), CONFIG.format(timeout=10))
    after = walk.step(*texts, service("api"), CONFIG.format(timeout=20))
    assert after.url_maps["gke/default/one"] != before.url_maps["gke/default/one"]
    assert after.url_maps["gke/default/two"] is before.url_maps["gke/default/two"]


def test_a_node_s_heartbeat_changes_nothing():
    walk = Walk()
    before = walk.step(ingress("one"), service(), NODE.format(zone="a", version=1))
    after = walk.step(ingress("one"), service(), NODE.format(zone="a", version=2))
    assert (
        after.backend_services["gke/gce/default/web:80"]
        is (before.backend_services["gke/gce/default/web:80"])
    )
    moved = walk.step(ingress("one"), service(), NODE.format(zone="b", version=3))
    assert [neg.zone for neg in moved.negs.values()] == ["b"]


def exposing(name: str) -> str:
    asked = json.dumps({"exposed_ports": {"80": {"name": name}}})
    return service(annotations=f"cloud.google.com/neg: '{asked}'")


BACKEND_SERVICE = """
kind: compute#backendService
name: b
region: local
loadBalancingScheme: INTERNAL_MANAGED
protocol: HTTP
backends:
- {group: zones/local-a/networkEndpointGroups/mine, balancingMode: RATE, maxRatePerEndpoint: 1}
---
kind: compute#urlMap
name: front
region: local
defaultService: regions/local/backendServices/b
---
kind: compute#targetHttpProxy
name: front
region: local
urlMap: regions/local/urlMaps/front
---
kind: compute#forwardingRule
name: front
region: local
loadBalancingScheme: INTERNAL_MANAGED
IPProtocol: TCP
portRange: 80-80
target: regions/local/targetHttpProxies/front
---
"""
GROUP = "compute/local/local-a/mine"


def test_an_endpoint_of_an_exposed_port_touches_its_group_only():
    walk = Walk()
    texts = (BACKEND_SERVICE, exposing("mine"))
    before = walk.step(*texts, SLICE.format(address="10.0.0.1", ready="true"))
    after = walk.step(*texts, SLICE.format(address="10.0.0.2", ready="false"))
    assert [e.address for e in before.negs[GROUP].endpoints] == ["10.0.0.1"]
    assert [(e.address, e.ready) for e in after.negs[GROUP].endpoints] == [("10.0.0.2", True)]
    for table in ("load_balancers", "url_maps", "backend_services"):
        old, new = getattr(before, table), getattr(after, table)
        assert old
        assert all(new[key] is value for key, value in old.items())


def test_what_else_changes_leaves_exposed_groups_as_they_were():
    walk = Walk()
    texts = (BACKEND_SERVICE, exposing("mine"), SLICE.format(address="10.0.0.1", ready="true"))
    before = walk.step(*texts)
    after = walk.step(*texts, service("api"))
    assert after.negs[GROUP] is before.negs[GROUP]


def test_a_group_that_is_called_otherwise_is_gone():
    walk = Walk()
    texts = (BACKEND_SERVICE, SLICE.format(address="10.0.0.1", ready="true"))
    assert GROUP in walk.step(*texts, exposing("mine")).negs
    assert GROUP not in walk.step(*texts, exposing("yours")).negs
    assert GROUP in walk.step(*texts, exposing("mine")).negs


def test_an_ingress_without_class_is_handed_over_and_back():
    walk = Walk()
    plain, marked = service(annotations=""), service()
    assert served(walk.step(ingress("one", ""), plain)) == ["ingress/default"]
    assert served(walk.step(ingress("one", ""), marked)) == ["gke/default/one"]
    assert served(walk.step(ingress("one", ""), plain)) == ["ingress/default"]
    own = "networking.gke.io/managed-certificates: x"
    assert served(walk.step(ingress("one", own), plain)) == ["gke/default/one"]
    assert served(walk.step(ingress("one", ""), plain)) == ["ingress/default"]
    assert served(walk.step(ingress("one"), plain)) == ["gke/default/one"]
    assert served(walk.step(ingress("one", "kubernetes.io/ingress.class: nginx"), plain)) == [
        "ingress/nginx"
    ]


def test_a_service_that_moved_is_found_where_it_makes_an_ingress_gke_s():
    walk = Walk()
    lines = []
    for text in (service(), f"# Moved\n{service()}"):
        model = walk.step(ingress("one", ""), text)
        [said] = [f for f in model.findings if f.code == "gke/class-assumed"]
        lines.append(said.message.partition("in.yaml:")[2].split()[0])
    assert lines == ["6", "7"]


def test_a_class_is_left_to_gke_and_taken_back():
    walk = Walk()
    texts = (ingress("one"), service())
    left = """
apiVersion: penstock.dev/v1alpha1
kind: PenstockConfig
metadata: {name: c}
spec: {gkeClasses: []}
---
"""
    assert served(walk.step(*texts)) == ["gke/default/one"]
    assert served(walk.step(*texts, left)) == []
    assert served(walk.step(*texts, left.replace("[]", "[gce]"))) == ["gke/default/one"]


def test_what_is_gone_is_forgotten():
    walk = Walk()
    walk.step(ingress("one"), ingress("two"), service())
    assert served(walk.step(ingress("two"), service())) == ["gke/default/two"]
    model = walk.step(service())
    assert (served(model), dict(model.backend_services), dict(model.negs)) == ([], {}, {})


def test_isolated_only_what_is_wrong_ends():
    walk = Walk()
    assert served(walk.step(ingress("one"), service())) == ["gke/default/one"]
    assert served(walk.step(ingress("one", service="gone"), service())) == ["gke/default/one"]


def test_a_static_address_is_where_it_is_written_now():
    walk = Walk()
    one = ingress("one", GCE + ", kubernetes.io/ingress.global-static-ip-name: a")
    address = "{kind: compute#address, name: a, address: 192.0.2.1, addressType: EXTERNAL}\n---\n"
    lines = []
    for text in (address, f"# Moved\n{address}"):
        [balancer] = walk.step(one, service(), text).load_balancers.values()
        [setting] = {rule.address for rule in balancer.forwarding_rules}
        assert setting is not None
        position = setting.origin.position
        lines.append(position.line if position else 0)
    assert lines == [1, 2]


def test_a_policy_that_is_not_there_makes_nothing_anew():
    walk = Walk()
    guarded = CONFIG.format(timeout="10, securityPolicy: {name: gone}")
    texts = (ingress("one"), service("web", WITH_CONFIG), guarded)
    before = walk.step(*texts, service("api"))
    after = walk.step(*texts, service("api", ""))
    name = "gke/gce/default/web:80"
    assert after.backend_services[name] is before.backend_services[name]
    assert after.url_maps["gke/default/one"] is before.url_maps["gke/default/one"]


def test_a_cluster_that_is_vpc_native_from_now_on_has_groups() -> None:
    config = (
        "apiVersion: penstock.dev/v1alpha1\nkind: PenstockConfig\n"
        "metadata: {{name: c}}\nspec: {{vpcNative: {0}}}\n---\n"
    )
    ingress = INGRESS.format(
        name="web", service="web", annotations="kubernetes.io/ingress.class: gce"
    )
    service = SERVICE.format(name="web", annotations="")
    translator = Translator(options())
    for flag in ("false", "true", "false"):
        world = World(parse(config.format(flag) + ingress + service).objects)
        assert translator.translate(world) == translate(world, options())
