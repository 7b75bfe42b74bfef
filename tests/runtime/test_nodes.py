"""Names of proxies: no two fleets have one in common, whatever regions are called."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from penstock.runtime.nodes import HOME, node_ids, paths_of
from penstock.runtime.state import StateDir

REGIONS = (
    HOME, "us-east", "us-east-1", "us-east-1-1", "us-east-2", "us-east-2-1", "us-east-2-2",
    "us-east-02", "local-1", "local-2", "local-2-2", "us-east1", "-2", "x" * 200, "../x", "a b",
)  # fmt: skip


def test_the_first_has_the_regions_name() -> None:
    assert node_ids(HOME, 2) == ("local", "local-2")
    assert node_ids("us-east1", 3) == ("us-east1", "us-east1-2", "us-east1-3")
    assert node_ids("us-east-2", 2) == ("us-east-2-1", "us-east-2-2")


def test_no_two_proxies_have_one_name() -> None:
    counted = Counter(node for region in REGIONS for node in node_ids(region, 40))
    assert set(counted.values()) == {1}


def test_no_two_proxies_have_one_place(tmp_path: Path) -> None:
    state = StateDir(tmp_path)
    places = [paths.state for r in REGIONS for paths in paths_of(state, r, 3).values()]
    assert len(set(places)) == len(places)
    folders = {place.parent for place in places} - {tmp_path.parent}
    assert folders == {tmp_path / "proxies"}
