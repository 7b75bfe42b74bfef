"""A translator that has seen other worlds gives what a new one gives."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.dialects import TranslateOptions, Translator
from penstock.dialects.ingress import groups, routes
from penstock.dialects.kubernetes.endpoints import read_neg
from penstock.objects.parse import Parser
from penstock.objects.world import World

OPTIONS = TranslateOptions(now=dt.datetime(2026, 11, 23, tzinfo=dt.UTC))
HOSTS = ["a.example", "b.example", "*.example", ""]
PATHS = ["/", "/a", "/a/b", "/x(/|$)(.*)"]
SERVICES = ["one", "two", "missing"]


@st.composite
def ingress(draw: st.DrawFn, name: str) -> dict[str, Any]:
    paths = st.fixed_dictionaries(
        {
            "path": st.sampled_from(PATHS[:3]),
            "pathType": st.sampled_from(["Prefix", "Exact", "ImplementationSpecific"]),
            "backend": st.sampled_from(SERVICES).map(backend),
        }
    )
    rule = st.builds(
        lambda host, listed: {"host": host, "http": {"paths": listed}},
        st.sampled_from(HOSTS),
        st.lists(paths, min_size=1, max_size=3),
    )
    made: dict[str, Any] = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "annotations": draw(st.sampled_from(ANNOTATIONS))},
        "spec": {"rules": draw(st.lists(rule, max_size=3))},
    }
    if draw(st.booleans()):
        made["spec"]["defaultBackend"] = backend(draw(st.sampled_from(SERVICES)))
    if draw(st.booleans()):
        made["spec"]["ingressClassName"] = draw(st.sampled_from(["nginx", "penstock", "other"]))
    if age := draw(st.sampled_from([None, "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"])):
        made["metadata"]["creationTimestamp"] = age
    return made


ANNOTATIONS: list[dict[str, str]] = [
    {},
    {},
    {"nginx.ingress.kubernetes.io/rewrite-target": "/y"},
    {"nginx.ingress.kubernetes.io/backend-protocol": "HTTPS"},
]


def backend(name: str) -> dict[str, Any]:
    return {"service": {"name": name, "port": {"number": 80}}}


def service(name: str, port: int) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"ports": [{"name": "http", "port": port}]},
    }


def endpoint_slice(name: str, owner: str, address: str) -> dict[str, Any]:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": name, "labels": {"kubernetes.io/service-name": owner}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [address]}],
        "ports": [{"name": "http", "port": 8080}],
    }


def ingress_class(is_default: bool) -> dict[str, Any]:
    key = "ingressclass.kubernetes.io/is-default-class"
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": "penstock", "annotations": {key: str(is_default).lower()}},
        "spec": {"controller": "penstock.dev/ingress"},
    }


edits = st.one_of(
    st.sampled_from("abcd").flatmap(ingress),
    st.builds(service, st.sampled_from(SERVICES[:2]), st.sampled_from([80, 81])),
    st.builds(ingress_class, st.booleans()),
    st.builds(
        endpoint_slice,
        st.sampled_from(["x", "y"]),
        st.sampled_from(SERVICES[:2]),
        st.sampled_from(["10.0.0.1", "10.0.0.2", "169.254.169.254"]),
    ),
)
removals = st.sampled_from(
    [("Ingress", name) for name in "abcd"] + [("Service", "one"), ("EndpointSlice", "x")]
)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.one_of(edits, removals), min_size=2, max_size=12))
def test_history_leaves_no_trace(steps: list[Any]) -> None:
    documents: dict[tuple[str, str], dict[str, Any]] = {}
    parser, old = Parser("in.yaml"), Translator(OPTIONS)
    world = World()
    for step in steps:
        if isinstance(step, tuple):
            documents.pop(step, None)
        else:
            documents[step["kind"], step["metadata"]["name"]] = step
        text = yaml.safe_dump_all(documents.values())
        world = World(parser.parse(text).objects, world)
        kept, fresh = old.translate(world), Translator(OPTIONS).translate(World(world))
        assert kept == fresh
        assert [f.as_dict() for f in kept.findings] == [f.as_dict() for f in fresh.findings]


def test_an_endpoint_that_changes_is_one_group_read(monkeypatch: pytest.MonkeyPatch) -> None:
    documents = [
        made
        for name in ("one", "two")
        for made in (service(name, 80), endpoint_slice(name, name, "10.0.0.1"), _site(name, name))
    ]
    parser, translator = Parser("in.yaml"), Translator(OPTIONS)
    world = World(parser.parse(yaml.safe_dump_all(documents)).objects)
    before = translator.translate(world)
    read: list[str] = []
    monkeypatch.setattr(
        groups, "read_neg", lambda name, *rest: read.append(name) or read_neg(name, *rest)
    )
    documents[1] = endpoint_slice("one", "one", "10.0.0.2")
    world = World(parser.parse(yaml.safe_dump_all(documents)).objects, world)
    after = translator.translate(world)
    assert read == ["default/one:80"]
    assert after.negs["default/one:80"].endpoints[0].address == "10.0.0.2"
    assert after.negs["default/two:80"] is before.negs["default/two:80"]
    assert after.url_maps["ingress/default"] is before.url_maps["ingress/default"]


def test_an_ingress_that_changes_is_the_only_one_read(monkeypatch: pytest.MonkeyPatch) -> None:
    documents = [service("one", 80), *(_site(name, "one") for name in ("one", "two"))]
    parser, translator = Parser("in.yaml"), Translator(OPTIONS)
    world = World(parser.parse(yaml.safe_dump_all(documents)).objects)
    before = translator.translate(world)
    merged: list[str] = []
    merge = routes.merge_host
    monkeypatch.setattr(
        routes, "merge_host", lambda host, paths: merged.append(str(host)) or merge(host, paths)
    )
    documents[2]["spec"]["rules"][0]["http"]["paths"][0]["path"] = "/new"
    world = World(parser.parse(yaml.safe_dump_all(documents)).objects, world)
    after = translator.translate(world).url_maps["ingress/default"]
    assert merged == ["two.example"]
    old = before.url_maps["ingress/default"]
    assert [a is b for a, b in zip(old.host_rules, after.host_rules, strict=True)] == [True, False]


def _site(name: str, to: str) -> dict[str, Any]:
    path = {"path": "/", "pathType": "Prefix", "backend": backend(to)}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name},
        "spec": {"rules": [{"host": f"{name}.example", "http": {"paths": [path]}}]},
    }
