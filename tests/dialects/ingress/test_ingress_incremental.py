"""A translator that has seen other worlds gives what a new one gives."""

from __future__ import annotations

import datetime as dt
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.dialects import TranslateOptions, Translator
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
)
removals = st.sampled_from([("Ingress", name) for name in "abcd"] + [("Service", "one")])


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
