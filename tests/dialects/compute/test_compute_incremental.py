"""What did not change stays the same object, and history leaves no trace."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from compute_cases import CASES, all_cases
from golden_cases import Case, options, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.dialects import Translator, translate
from penstock.model import Model
from penstock.objects.meta import Object
from penstock.objects.parse import Parser
from penstock.objects.world import World

TEXT = (
    (CASES / "path-rules" / "in.yaml").read_text()
    + """
---
kind: compute#forwardingRule
name: other
region: r1
loadBalancingScheme: INTERNAL_MANAGED
portRange: "80"
target: other
---
kind: compute#targetHttpProxy
name: other
region: r1
urlMap: other
---
kind: compute#urlMap
name: other
region: r1
defaultService: web
"""
)


def tables(model: Model) -> dict[tuple[str, str], object]:
    """Every value of a model by its table and name."""
    names = ("load_balancers", "url_maps", "backend_services", "negs", "certificates")
    found: dict[tuple[str, str], object] = {}
    for table in names:
        values: Mapping[str, object] = getattr(model, table)
        found.update({(table, name): value for name, value in values.items()})
    return found


def changed(old: Model, new: Model) -> set[tuple[str, str]]:
    """Names whose value is another object."""
    before, after = tables(old), tables(new)
    return {key for key in before.keys() | after.keys() if before.get(key) is not after.get(key)}


def edit(old: str, new: str) -> set[tuple[str, str]]:
    """What changes in the model if some text does."""
    assert old in TEXT
    parser, translator = Parser("in.yaml"), Translator(options())
    first = translator.translate(World(parser.parse(TEXT).objects))
    second = translator.translate(World(parser.parse(TEXT.replace(old, new, 1)).objects))
    assert second == translate(World(parse(TEXT.replace(old, new, 1)).objects), options())
    return changed(first, second)


def test_an_endpoint_touches_its_group_only():
    assert edit("10.1.0.2", "10.1.9.2") == {("negs", "compute/local/r1-a/root")}


def test_a_url_map_touches_itself_and_its_load_balancer_only():
    assert edit("paths: [/a, /a/*]", "paths: [/a, /z/*]") == {
        ("url_maps", "compute/local/r1/web"),
        ("load_balancers", "compute/local/r1/web"),
    }


def test_a_port_touches_its_load_balancer_only():
    assert edit('portRange: "80"', 'portRange: "81"') == {
        ("load_balancers", "compute/local/r1/web")
    }


def test_a_backend_service_touches_itself_and_the_url_maps_that_name_it():
    service = "name: root\nregion: r1\n"
    assert edit(f"{service}loadBalancingScheme: INTERNAL_MANAGED", f"{service}protocol: HTTPS") == {
        ("backend_services", "compute/local/r1/root"),
        ("url_maps", "compute/local/r1/web"),
    }


def test_where_clients_are_written_is_known_after_the_text_has_moved():
    text = (CASES / "client-access" / "in.yaml").read_text()
    parser, translator = Parser("in.yaml"), Translator(options())
    lines = []
    for moved in (text, f"# one line more\n{text}"):
        model = translator.translate(World(parser.parse(moved).objects))
        [rule] = [r for lb in model.load_balancers.values() for r in lb.forwarding_rules
                  if r.name.endswith("/of-its-region")]  # fmt: skip
        assert rule.access is not None
        lines.append([r.origin.describe() for r in rule.access.value.ranges])
    number = int(lines[0][0].split(":")[1].split()[0])
    assert lines[1][0] == lines[0][0].replace(f":{number} ", f":{number + 1} ")


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.path.name)
def test_order_of_input_does_not_matter(case: Case):
    objects: list[Object[Any]] = list(case.parsed().objects)
    expected = translate(World(objects), options(**case.options))
    for seed in range(5):
        random.Random(seed).shuffle(objects)
        assert translate(World(objects), options(**case.options)) == expected


CHANGING = {
    *("hosts", "weights", "groups", "addresses", "certificates", "client-tls", "capacities"),
    *("managed-services", "lb-policies", "cross-region", "regions"),
}
DOCUMENTS = [
    document
    for case in all_cases()
    if case.path.name in CHANGING
    for document in yaml.safe_load_all((case.path / "in.yaml").read_text())
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(range(len(DOCUMENTS))), min_size=2, max_size=40))
def test_history_leaves_no_trace(steps: list[int]) -> None:
    """Documents come, and go when they come again."""
    present: set[int] = set()
    parser, old = Parser("in.yaml"), Translator(options())
    world = World()
    for step in steps:
        present ^= {step}
        text = yaml.safe_dump_all(DOCUMENTS[i] for i in sorted(present))
        world = World(parser.parse(text).objects, world)
        kept, fresh = old.translate(world), Translator(options()).translate(World(world))
        assert kept == fresh
        assert [f.as_dict() for f in kept.findings] == [f.as_dict() for f in fresh.findings]


CONFIG = """\
apiVersion: penstock.dev/v1alpha1
kind: PenstockConfig
metadata: {name: lab}
spec:
  services:
  - {name: web, address: 127.0.0.1, protocol: H2C}
---
"""
RUN = """\
{kind: compute#forwardingRule, name: web, region: r1, loadBalancingScheme: INTERNAL_MANAGED,
 portRange: "80", target: web}
---
{kind: compute#targetHttpProxy, name: web, region: r1, urlMap: web}
---
{kind: compute#urlMap, name: web, region: r1, defaultService: web}
---
{kind: compute#backendService, name: web, region: r1, loadBalancingScheme: INTERNAL_MANAGED,
 backends: [{group: web}]}
---
{kind: compute#networkEndpointGroup, name: web, region: r1, networkEndpointType: SERVERLESS}
"""


def test_a_protocol_that_moved_in_its_file_is_found_where_it_is() -> None:
    translator = Translator(options())
    lines = []
    for text in (CONFIG + RUN, "# One line more.\n" + CONFIG + RUN):
        model = translator.translate(World(parse(text).objects))
        [service] = model.backend_services.values()
        position = service.protocol.origin.position
        assert position is not None
        lines.append(position.line)
    assert lines == [6, 7]
