"""Whatever anybody writes, nothing is raised, no Ingress is served twice, and nothing is lost."""

from __future__ import annotations

import json
from typing import Any

from gke_cases import CASES, options
from hypothesis import given
from hypothesis import strategies as st

from penstock.dialects import translate
from penstock.dialects.gke.annotations import ROWS, Effect, Place
from penstock.dialects.gke.paths import path_match, read_path
from penstock.model import Forward, PathKind
from penstock.objects.parse import parse_text
from penstock.objects.world import World

WORDS = st.sampled_from(
    ["", "x", "true", "null", "1", "0.5", "web,web", "http", "HTTPS", "80", "{", "[]", "é\u0000"]
)
JSON = st.recursive(
    WORDS | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
).map(json.dumps)
VALUES = WORDS | JSON
PATHS = st.text("/*ab?#. é", max_size=8)
TYPES = st.sampled_from(["Exact", "Prefix", "ImplementationSpecific"])


def annotations(place: Place) -> st.SearchStrategy[dict[str, str]]:
    names = st.sampled_from([row.name for row in ROWS if row.place is place])
    return st.dictionaries(names, VALUES, max_size=4)


def objects(ingress: dict[str, str], service: dict[str, str], paths: list[Any]) -> str:
    rule = {
        "http": {
            "paths": [
                {
                    "path": path,
                    "pathType": kind,
                    "backend": {"service": {"name": "web", "port": {"number": 80}}},
                }
                for path, kind in paths
            ]
        }
    }
    listed = [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {"name": "web", "annotations": ingress},
            "spec": {"rules": [rule]},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web", "annotations": service},
            "spec": {"selector": {"a": "b"}, "ports": [{"name": "http", "port": 80}]},
        },
    ]
    return "\n---\n".join(map(json.dumps, listed))


@given(
    annotations(Place.INGRESS),
    annotations(Place.SERVICE),
    st.lists(st.tuples(PATHS, TYPES), min_size=1, max_size=4),
    st.booleans(),
    st.booleans(),
)
def test_nothing_is_raised_and_nothing_served_twice(
    ingress: dict[str, str],
    service: dict[str, str],
    paths: list[tuple[str, str]],
    local: bool,
    strict: bool,
) -> None:
    parsed = parse_text(objects(ingress, service, paths), "in.yaml")
    world = World(parsed.objects)
    model = translate(world, options(local=local, strict=strict))
    served = [ref for lb in model.load_balancers.values() for ref in lb.objects]
    assert len(served) == len(set(served))
    for lb in model.load_balancers.values():
        for proxy in lb.target_proxies:
            assert proxy.url_map in model.url_maps
    for url_map in model.url_maps.values():
        for rule in url_map.host_rules:
            assert len({route.name for route in rule.routes}) == len(rule.routes)
            for route in rule.routes:
                if isinstance(route.action, Forward):
                    for backend in route.action.backends:
                        assert backend.backend_service in model.backend_services
    for service_ in model.backend_services.values():
        assert set(service_.negs) <= set(model.negs)
        if service_.name.startswith("gke/"):
            assert service_.health_check in model.health_checks


@given(PATHS, TYPES)
def test_a_path_is_translated_or_explained(path: str, kind: str) -> None:
    reading = read_path(path, kind)
    assert bool(reading.paths) != bool(reading.error)
    for found in reading.paths:
        match = path_match(found)
        assert "*" not in match.value
        assert match.kind in (PathKind.EXACT, PathKind.TEXT_PREFIX)


def test_empty_and_unknown_kinds_of_paths_have_the_controller_s_words() -> None:
    words = "failed to validate {} path type due to empty path"
    assert read_path("", "Exact").error == words.format("exact")
    assert read_path("", "Prefix").error == words.format("prefix")
    assert read_path("/a", "Regex").error == "unsupported path type: Regex"
    assert read_path("/a", None).paths == ("/a",)


def test_every_annotation_of_the_table_has_a_case() -> None:
    text = "".join((case / "in.yaml").read_text() for case in CASES.iterdir())
    missing = [
        row.name
        for row in ROWS
        if row.effect is not Effect.STATUS
        and row.place is not Place.LOAD_BALANCER
        and row.name not in text
    ]
    assert missing == []
