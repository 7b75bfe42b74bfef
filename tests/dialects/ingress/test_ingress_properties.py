"""Determinism, and what stays the same object when something else changes."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from ingress_cases import all_cases, options, parse

from penstock.dialects import Translator, translate
from penstock.model import Forward, Model
from penstock.objects.endpoints import EndpointSlice
from penstock.objects.meta import Object
from penstock.objects.world import World

_CASES = {case.path.name: case.parsed().objects for case in all_cases()}
_POOL = [obj for name in ("conflicts", "hosts", "endpoints", "regex-order") for obj in _CASES[name]]


def _same(left: Model, right: Model) -> bool:
    return left == right and list(left.url_maps) == list(right.url_maps)


@given(st.permutations(range(len(_POOL))), st.sets(st.integers(0, len(_POOL) - 1)))
@settings(max_examples=60, deadline=None)
def test_shuffled_input_gives_an_equal_model(order: list[int], dropped: set[int]):
    kept = [i for i in range(len(_POOL)) if i not in dropped]
    first = translate(World(_POOL[i] for i in _distinct(kept)), options())
    shuffled = _distinct(kept)
    shuffled.sort(key=order.index)
    assert _same(first, translate(World(_POOL[i] for i in shuffled), options()))


def _distinct(indexes: list[int]) -> list[int]:
    """One object per identity: which of two same-named objects counts is the source's matter."""
    seen = {}
    for index in indexes:
        seen.setdefault((_POOL[index].kind, _POOL[index].key), index)
    return list(seen.values())


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_every_reference_of_the_model_resolves(data: st.DataObject):
    objects = data.draw(st.sampled_from(sorted(_CASES)).map(lambda name: _CASES[name]))
    kept = data.draw(st.lists(st.sampled_from(objects), unique_by=id))
    model = translate(World(kept), options(local=data.draw(st.booleans())))
    check_references(model)


def check_references(model: Model) -> None:
    for balancer in model.load_balancers.values():
        proxies = {proxy.name: proxy for proxy in balancer.target_proxies}
        assert all(rule.target_proxy in proxies for rule in balancer.forwarding_rules)
        for proxy in proxies.values():
            assert proxy.url_map in model.url_maps
            names = [n for b in proxy.bindings for n in b.certificates]
            for name in [*names, *proxy.default_certificates]:
                assert (name in model.certificates) != (name in model.certificate_requests)
    for url_map in model.url_maps.values():
        rules = [r for host in url_map.host_rules for r in host.routes]
        assert len({rule.name for rule in rules}) == len(rules)
        for action in [url_map.default_action, *(rule.action for rule in rules)]:
            if isinstance(action, Forward):
                assert all(b.backend_service in model.backend_services for b in action.backends)
    for service in model.backend_services.values():
        assert all(neg in model.negs for neg in service.negs)
    for table in (model.load_balancers, model.url_maps, model.backend_services, model.negs):
        assert list(table) == sorted(table)
    assert list(model.findings) == sorted(set(model.findings), key=lambda f: f.sort_key)


def _changed(objects: list[Object], kind: type, text: tuple[str, str]) -> list[Object]:
    """The same objects, but one of a kind whose JSON is edited."""
    edited = []
    for obj in objects:
        if obj.kind == kind.KIND:
            json = msgspec.json.encode(obj.resource).decode().replace(*text)
            if json != msgspec.json.encode(obj.resource).decode():
                obj = Object(msgspec.json.decode(json, type=kind), obj.locator)
        edited.append(obj)
    return edited


def test_endpoint_change_keeps_url_maps_and_backend_services_identical():
    objects = list(_CASES["endpoints"])
    translator = Translator(options())
    before = translator.translate(World(objects))
    after = translator.translate(World(_changed(objects, EndpointSlice, ("10.0.0.1", "10.0.0.9"))))
    assert after.url_maps["ingress/default"] is before.url_maps["ingress/default"]
    for name, service in before.backend_services.items():
        assert after.backend_services[name] is service
    assert after.negs["default/web:80"] != before.negs["default/web:80"]
    assert after.negs["default/old:80"] is before.negs["default/old:80"]


def test_ingress_change_keeps_other_hosts_identical():
    first = parse(_two_hosts("/a")).objects
    second = parse(_two_hosts("/b")).objects
    kept = [new if new.name == "one" else old for old, new in zip(first, second, strict=True)]
    translator = Translator(options())
    before = translator.translate(World(first)).url_maps["ingress/default"]
    after = translator.translate(World(kept)).url_maps["ingress/default"]
    assert after.host_rules[0] != before.host_rules[0]
    assert after.host_rules[1] is before.host_rules[1]


def _two_hosts(path: str) -> str:
    def ingress(name: str, path: str) -> str:
        return f"""---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: {name}}}
spec:
  rules:
    - host: {name}.example
      http:
        paths:
          - path: {path}
            pathType: Prefix
            backend: {{service: {{name: web, port: {{number: 80}}}}}}
"""

    return ingress("one", path) + ingress("two", "/")


def test_memory_and_no_memory_agree():
    translator = Translator(options())
    for name in sorted(_CASES):
        world = World(_CASES[name])
        assert translator.translate(world) == translate(world, options())


def test_deleted_objects_are_forgotten():
    translator = Translator(options())
    translator.translate(World(_CASES["hosts"]))
    for _ in range(2):
        model = translator.translate(World(()))
    assert not model.load_balancers
    assert not model.findings
