"""Equal input, equal bytes, no push: whatever the order of files and documents."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from e2e.harness import up
from e2e.manifests import deployment, ingress, service
from penstock.cli import offline
from penstock.envoy.resources import Snapshot
from penstock.runtime.settings import Settings

SHOP = Path(__file__).parents[2] / "examples" / "shop"
CASES = Path(__file__).parents[1] / "dialects" / "ingress" / "cases"


def snapshot(folder: Path) -> Snapshot:
    return offline.revision(Settings(sources=(str(folder),))).snapshot


def bodies(snapshot: Snapshot) -> dict[tuple[str, str], bytes]:
    return {
        (url, name): resource.body
        for url, table in snapshot.resources.items()
        for name, resource in table.items()
        if "Secret" not in url  # generated keys are random
    }


def documents(text: str) -> list[str]:
    return [part for part in text.split("\n---\n") if part.strip()]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("source", ["shop", "hosts", "path-kinds", "endpoints", "tls-sni"])
def test_order_of_input_changes_no_byte(tmp_path: Path, source: str, seed: int) -> None:
    files = sorted(SHOP.glob("*.yaml")) if source == "shop" else [CASES / source / "in.yaml"]
    parts = [part for file in files for part in documents(file.read_text())]
    straight, shuffled = tmp_path / "a", tmp_path / "b"
    straight.mkdir()
    shuffled.mkdir()
    (straight / "all.yaml").write_text("\n---\n".join(parts))
    order = random.Random(seed)
    order.shuffle(parts)
    cut = order.randrange(len(parts))
    (shuffled / "0.yaml").write_text("\n---\n".join(parts[cut:]))
    (shuffled / "1.yaml").write_text("\n---\n".join(parts[:cut]))
    assert bodies(snapshot(straight)) == bodies(snapshot(shuffled))


def test_the_same_input_gives_the_same_revision(tmp_path: Path) -> None:
    source = CASES / "hosts"
    assert snapshot(source / "in.yaml").revision == snapshot(source / "in.yaml").revision


def test_a_save_that_changes_nothing_pushes_nothing(tmp_path: Path) -> None:
    text = service("one") + deployment("one") + ingress("web", ("/", "one"))
    (tmp_path / "web.yaml").write_text(text)
    with up([tmp_path / "web.yaml"], tmp_path / "state") as running:
        before = running.cli("status", "-o", "json")
        (tmp_path / "web.yaml").write_text(f"# a comment\n{text}")
        (tmp_path / "web.yaml").write_text(text.replace("replicas: 2", "replicas:  2"))
        (tmp_path / "web.yaml").write_text(text + service("other"))
        event = running.applied("+Service default/other")
        after = running.cli("status", "-o", "json")
    assert event["revision"] == before["revision"] == after["revision"]
    assert after["xds"]["resourcesSent"] == before["xds"]["resourcesSent"]
