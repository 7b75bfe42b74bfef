"""The golden cases of Compute resources through a real Envoy, each request of each case."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.harness import request, up
from e2e.manifests import service
from e2e.test_cases import Stage, seen

CASES = Path(__file__).parents[1] / "dialects" / "compute" / "cases"
WITH_REQUESTS = sorted(path.parent for path in CASES.glob("*/requests.yaml"))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    root = tmp_path_factory.mktemp("compute-cases")
    folder = root / "manifests"
    folder.mkdir()
    (folder / "case.yaml").write_text(service("nothing"))
    with up([folder], root / "state") as running:
        yield Stage(folder, running)


@pytest.mark.parametrize("case", WITH_REQUESTS, ids=lambda path: path.name)
def test_requests(stage: Stage, case: Path) -> None:
    stage.play(service("nothing"))  # else broken resources would keep the last good ones
    [lb] = stage.play((case / "in.yaml").read_text())
    for item in yaml.safe_load((case / "requests.yaml").read_text()):
        asked: dict[str, Any] = item["request"]
        answer = request(
            lb["addresses"][0],
            asked["path"],
            host=asked.get("host"),
            method=asked.get("method", "GET"),
            headers=asked.get("headers"),
        )
        assert seen(answer, item["expect"]) == item["expect"], item
