"""Strict mode over a run of worlds: an Ingress that is wrong stays as it was last right."""

from __future__ import annotations

from gke_cases import options, parse
from golden_cases import found
from msgspec import structs

from penstock.dialects import Translator
from penstock.model import Forward, Model
from penstock.objects.world import World

INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {name}, annotations: {{kubernetes.io/ingress.class: gce}}}}
spec: {{defaultBackend: {{service: {{name: {service}, port: {{number: {port}}}}}}}}}
---
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata:
  name: web
  annotations:
    cloud.google.com/neg: '{"ingress": true}'
    cloud.google.com/backend-config: '{"default": "c"}'
spec: {type: ClusterIP, selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
"""
CONFIG = """
apiVersion: cloud.google.com/v1
kind: BackendConfig
metadata: {{name: c}}
spec: {{{spec}}}
---
"""
SLICE = """
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: web-1, labels: {{kubernetes.io/service-name: web}}}}
addressType: IPv4
ports: [{{name: http, port: 8080, protocol: TCP}}]
endpoints: [{{addresses: [{address}], conditions: {{ready: true}}}}]
---
"""
GOOD = CONFIG.format(spec="timeoutSec: 40")


class Walk:
    """One strict translator."""

    def __init__(self) -> None:
        self._translator = Translator(options(strict=True))

    def step(self, *texts: str) -> Model:
        objects = [obj for text in texts for obj in parse(text).objects]
        return self._translator.translate(World(objects))


def ingress(name: str = "one", service: str = "web", port: int = 80) -> str:
    return INGRESS.format(name=name, service=service, port=port)


def timeout(model: Model, name: str = "one") -> float:
    action = model.url_maps[f"gke/default/{name}"].default_action  # type: ignore[index]
    assert isinstance(action, Forward)
    return action.timeout.value


def test_a_wrong_edit_leaves_the_load_balancer_as_it_was() -> None:
    walk = Walk()
    before = walk.step(ingress(), SERVICE, GOOD)
    for wrong in (ingress(service="gone"), ingress(port=81)):
        after = walk.step(wrong, SERVICE, GOOD)
        assert after.load_balancers == before.load_balancers
        assert after.url_maps == before.url_maps
        old, new = (
            next(s for s in m.object_statuses if s.object == "Ingress default/one")
            for m in (before, after)
        )
        assert new == structs.replace(old, events=new.events)
        assert [event.reason for event in new.events] == ["Translate"]
        finding = found(after, "gke/not-synced")
        assert finding.message.endswith("The Ingress is live as it was before.")
    mended = walk.step(ingress(), SERVICE, CONFIG.format(spec="timeoutSec: 50"))
    assert timeout(mended) == 50
    assert "gke/not-synced" not in {f.code for f in mended.findings}


def test_what_was_never_right_is_left_out() -> None:
    model = Walk().step(ingress(service="gone"), SERVICE, GOOD)
    assert not model.load_balancers
    assert found(model, "gke/not-synced").message.endswith("The Ingress is left out.")


def test_its_endpoints_still_follow() -> None:
    walk = Walk()
    walk.step(ingress(), SERVICE, GOOD, SLICE.format(address="10.0.0.1"))
    model = walk.step(ingress(port=81), SERVICE, GOOD, SLICE.format(address="10.0.0.2"))
    [neg] = model.negs.values()
    assert [endpoint.address for endpoint in neg.endpoints] == ["10.0.0.2"]


def test_a_bad_backend_config_stops_every_ingress_that_has_it() -> None:
    walk = Walk()
    both = (ingress(), ingress("two"))
    walk.step(*both, SERVICE, GOOD)
    bad = CONFIG.format(spec="timeoutSec: 50, sessionAffinity: {affinityType: HEADER}")
    model = walk.step(*both, SERVICE, bad)
    assert (timeout(model), timeout(model, "two")) == (40, 40)
    messages = [f.message for f in model.findings if f.code == "gke/not-synced"]
    text = (
        "Translation failed: invalid ingress spec: BackendConfig default/c is not valid: "
        "unsupported AffinityType: HEADER, should be one of NONE, CLIENT_IP, or GENERATED_COOKIE"
    )
    assert [m.startswith(text) for m in messages] == [True, True]


def test_what_they_share_is_as_the_right_one_has_it() -> None:
    walk = Walk()
    walk.step(ingress(), ingress("two"), SERVICE, GOOD)
    changed = CONFIG.format(spec="timeoutSec: 50, connectionDraining: {drainingTimeoutSec: 9}")
    model = walk.step(ingress(port=81), ingress("two"), SERVICE, changed)
    assert (timeout(model), timeout(model, "two")) == (40, 50)
    [backend] = model.backend_services.values()
    assert backend.draining_timeout is not None
    assert backend.draining_timeout.value == 9


def test_an_ingress_that_is_gone_is_gone() -> None:
    walk = Walk()
    walk.step(ingress(), SERVICE, GOOD)
    walk.step(ingress(port=81), SERVICE, GOOD)
    assert not walk.step(SERVICE, GOOD).load_balancers
    assert not walk.step(ingress(port=81), SERVICE, GOOD).load_balancers


def test_what_stays_follows_its_nodes_into_other_zones() -> None:
    walk = Walk()
    node = "apiVersion: v1\nkind: Node\nmetadata: {{name: {0}, labels: {{{1}: z-{0}}}}}\n---\n"
    old, new = (node.format(name, "topology.kubernetes.io/zone") for name in ("a", "b"))
    on = SLICE.replace("conditions", "nodeName: {node}, conditions")
    walk.step(ingress(), SERVICE, GOOD, old, on.format(address="10.0.0.1", node="a"))
    there = on.format(address="10.0.0.2", node="b")
    model = walk.step(ingress(port=81), SERVICE, GOOD, new, there)
    [backend] = model.backend_services.values()
    assert {neg.zone: len(neg.endpoints) for neg in model.negs.values()} == {"z-b": 1}
    assert backend.negs == tuple(model.negs)
    assert [capacity.neg for capacity in backend.capacities] == list(backend.negs)


def test_what_is_said_is_about_what_is_written_now() -> None:
    header = "customRequestHeaders: {headers: ['X-City: {%s}']}, "
    bad = "sessionAffinity: {affinityType: HEADER}"
    walk = Walk()
    walk.step(ingress(), SERVICE, CONFIG.format(spec=header % "client_city"))
    model = walk.step(ingress(), SERVICE, CONFIG.format(spec=header % "cdn_cache_id" + bad))
    assert model.load_balancers
    said = [f.message for f in model.findings if f.code == "gke/field-no-effect"]
    assert len(said) == 1
    assert said[0].startswith("{cdn_cache_id} has no value here")
