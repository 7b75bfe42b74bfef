"""Fields in findings and in the model are counted as they were written, whatever was left out."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from golden_cases import options, parse

from penstock.dialects import translate
from penstock.explain.related import Place, concerns
from penstock.model import Model, Origin
from penstock.objects.world import World

INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: i, annotations: {kubernetes.io/ingress.class: %s}}
spec:
  tls:
  - {hosts: [UPPER.example], secretName: lost}
  - {hosts: [c.example], secretName: missing}
  rules:
  - host: Upper.example
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: s, port: {number: 80}}}}]}
  - host: b.example
  - host: c.example
    http:
      paths:
      - {path: /bad, backend: {service: {name: s, port: {number: 80}}}}
      - {path: /a, pathType: Exact, backend: {service: {name: nobody, port: {number: 80}}}}
      - {path: "", pathType: Prefix, backend: {service: {name: s, port: {number: 80}}}}
      - {path: /a, pathType: Exact, backend: {service: {name: s, port: {number: 81}}}}
      - {path: "/x*y", pathType: ImplementationSpecific,
         backend: {service: {name: s, port: {number: 80}}}}
---
apiVersion: v1
kind: Service
metadata: {name: s}
spec: {selector: {app: s}, ports: [{port: 80}]}
"""
COMPUTE = """\
kind: compute#urlMap
name: web
region: r1
defaultService: nobody
hostRules:
- {hosts: ["a..b"], pathMatcher: m}
- {hosts: [a.example, "b b", c.example], pathMatcher: m}
- {hosts: [d.example], pathMatcher: absent}
pathMatchers:
- {name: "Not A Name", defaultService: x}
- name: m
  defaultService: nobody
  pathRules:
  - {paths: [bad], service: nobody}
  - {paths: [bad, /a], service: nobody}
  - {paths: [/a, /b], service: nobody}
---
kind: compute#targetHttpProxy
name: p
region: r1
urlMap: web
"""
CASES = {
    "ingress": (INGRESS % "penstock", r"^Ingress default/i$", {"spec.rules[2].http.paths[1]"}),
    "gke": (INGRESS % "gce", r"^Ingress default/i$", {"spec.rules[1]"}),
    "compute": (COMPUTE, r"urlMap", {"hostRules[2].pathMatcher"}),
}


def origins(model: Model) -> Iterator[Origin]:
    yield from (finding.origin for finding in model.findings)
    for url_map in model.url_maps.values():
        for rule in url_map.host_rules:
            yield from (route.origin for route in rule.routes)


def written_at(document: Any, field: str) -> Any:
    """What stands at a field path; raises if nothing does."""
    for name, quoted, number in re.findall(r"([\w-]+)|\[\"([^\"]+)\"\]|\[(\d+)\]", field):
        document = document[int(number)] if number else document[name or quoted]
    return document


def lines_of(text: str) -> dict[tuple[str | int, ...], int]:
    """The line of every value and key of the first document."""
    found: dict[tuple[str | int, ...], int] = {}

    def walk(node: Any, path: tuple[str | int, ...]) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                found[(*path, key.value)] = key.start_mark.line + 1
                walk(value, (*path, key.value))
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                found[(*path, index)] = item.start_mark.line + 1
                walk(item, (*path, index))

    walk(next(iter(yaml.compose_all(text))), ())
    return found


@pytest.mark.parametrize("dialect", CASES)
def test_fields_lead_to_the_lines_that_findings_name(dialect: str) -> None:
    text, objects, must_be_there = CASES[dialect]
    parsed = parse(text)
    assert len({f.origin.position for f in parsed.findings}) >= 3, "several items are left out"
    model = translate(World(parsed.objects), options())
    about = [origin for origin in origins(model) if re.search(objects, origin.object)]
    lines = lines_of(text)
    checked = {origin.field for origin in about if origin.written in lines}
    assert must_be_there <= checked
    for origin in about:
        if origin.written in lines:
            assert origin.position is not None
            assert lines[origin.written] == origin.position.line, origin.describe()
        if origin.written and isinstance(origin.written[-1], int):
            written_at(next(iter(yaml.safe_load_all(text))), origin.field)
    assert any(origin.written != origin.path for origin in about), "the case shifts something"


@pytest.mark.parametrize("dialect", ["ingress", "gke"])
def test_rules_are_called_by_their_written_places(dialect: str) -> None:
    model = translate(World(parse(CASES[dialect][0]).objects), options())
    names = {
        route.name
        for url_map in model.url_maps.values()
        for rule in url_map.host_rules
        for route in rule.routes
    }
    assert "default/i rules[2].paths[4]" in names


def test_findings_of_the_reader_and_of_a_dialect_meet_at_the_same_rule() -> None:
    """The reader counts as written, the dialect counts what is left: related findings need both."""
    text, _, _ = CASES["ingress"]
    parsed = parse(text)
    [ingress] = [obj for obj in parsed.objects if obj.kind == "Ingress"]
    place = Place(ingress.origin("spec", "rules", 1, "http", "paths"))  # Written: rules[2].
    near = [finding for finding in parsed.findings if concerns(finding, place)]
    assert sorted(f.origin.field for f in near) == [
        "spec.rules[2].http.paths[0]",
        "spec.rules[2].http.paths[2]",
    ]
