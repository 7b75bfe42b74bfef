"""Whatever is left out of resources, or put in its place, is translated without exceptions."""

from __future__ import annotations

import copy
from typing import Any

import yaml
from compute_cases import all_cases
from golden_cases import options, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.dialects import translate
from penstock.objects.world import World

DOCUMENTS = {
    case.path.name: list(yaml.safe_load_all((case.path / "in.yaml").read_text()))
    for case in all_cases()
}
VALUES = st.sampled_from(
    ["", "x", "/", "*", "-", "projects/p/x", "regions/r1/urlMaps/web", "10.0.0.0/32", "::1",
     "0-0", [], {}, None, 0, -1, 65536, True, ["x"], [{}], {"name": "x"}]
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every key and index of nested data."""
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return [p for key, item in items for p in ((*path, key), *places(item, (*path, key)))]


def change(documents: list[Any], path: tuple[Any, ...], value: Any, *, remove: bool) -> None:
    holder: Any = documents
    for step in path[:-1]:
        holder = holder[step]
    if remove:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_change_anywhere_is_translated(data: st.DataObject) -> None:
    documents = copy.deepcopy(DOCUMENTS[data.draw(st.sampled_from(sorted(DOCUMENTS)))])
    for _ in range(data.draw(st.integers(1, 3))):
        where = places(documents)
        if where:
            path = data.draw(st.sampled_from(where))
            change(
                documents, path, copy.deepcopy(data.draw(VALUES)), remove=data.draw(st.booleans())
            )
    parsed = parse(yaml.safe_dump_all(documents))
    model = translate(World(parsed.objects), options())
    assert all(finding.origin.file == "in.yaml" for finding in model.findings)
    for lb in model.load_balancers.values():
        assert all(1 <= rule.port <= 65535 for rule in lb.forwarding_rules)
