"""The golden cases' requests of the dialect `gke` through a real Envoy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from e2e.harness import request, until, up
from e2e.manifests import service
from e2e.test_cases import Stage, check

CASES = Path(__file__).parents[1] / "dialects" / "gke" / "cases"
WITH_REQUESTS = sorted(path.parent for path in CASES.glob("*/requests.yaml"))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    root = tmp_path_factory.mktemp("gke-cases")
    folder = root / "manifests"
    folder.mkdir()
    (folder / "case.yaml").write_text(service("nothing"))
    pool = ("--address-pool", "127.10.180.0/24")
    with up([folder], root / "state", *pool) as running:
        yield Stage(folder, running)


@pytest.mark.parametrize("case", WITH_REQUESTS, ids=lambda path: path.name)
def test_requests(stage: Stage, case: Path) -> None:
    lbs = {lb["name"]: lb for lb in stage.play((case / "in.yaml").read_text())}
    for item in yaml.safe_load((case / "requests.yaml").read_text()):
        asked = item["request"]
        lb = lbs[asked["lb"]] if "lb" in asked else next(iter(lbs.values()))
        check(lb, item)


def play(stage: Stage, case: str) -> str:
    """The address of a case's load balancer."""
    (lb,) = stage.play((CASES / case / "in.yaml").read_text())
    return str(lb["addresses"][0])


def test_forwarded_for_has_client_and_address(stage: Stage) -> None:
    address = play(stage, "class-internal")
    answer = request(address, "/", headers={"X-Forwarded-For": "192.0.2.1"})
    headers = answer.echo["headers"]
    assert headers["X-Forwarded-For"] == [f"192.0.2.1,127.0.0.1,{address}"]
    assert headers["Via"] == ["1.1 google"]
    assert answer.headers["via"] == "1.1 google"


def test_the_default_backend_s_words(stage: Stage) -> None:
    answer = request(play(stage, "default-system"), "/b")
    text = b"response 404 (backend NotFound), service rules for the path non-existent"
    assert (answer.status, answer.body.strip()) == (404, text)


def test_redirects_keep_host_path_and_query(stage: Stage) -> None:
    answer = request(play(stage, "redirect-301"), "/x?y=1", host="web.example.com")
    assert answer.headers["location"] == "https://web.example.com/x?y=1"


def test_custom_headers_with_variables(stage: Stage) -> None:
    answer = request(play(stage, "backend-config-external"), "/")
    headers = answer.echo["headers"]
    assert headers["X-Static"] == ["a b"]
    assert headers["X-Client-Port"][0].isdecimal()
    assert answer.headers["x-served-by"] == "penstock"
    assert answer.headers.get("x-odd", "") == ""


def test_no_custom_headers_on_internal_load_balancers(stage: Stage) -> None:
    answer = request(play(stage, "backend-config-internal"), "/")
    assert "X-Static" not in answer.echo["headers"]
    assert "x-served-by" not in answer.headers


def test_internal_http_beside_https_is_not_served(stage: Stage) -> None:
    address = play(stage, "internal-http-and-https")
    with pytest.raises(ConnectionRefusedError):
        request(address, "/")


@pytest.mark.parametrize("case", ["redirect-internal", "both-disabled", "static-both"])
def test_without_a_front_end_there_is_no_load_balancer(stage: Stage, case: str) -> None:
    assert stage.play((CASES / case / "in.yaml").read_text()) == []


def test_a_plain_text_backend_config_edit_is_live(stage: Stage) -> None:
    text = (CASES / "backend-config-external" / "in.yaml").read_text()
    (lb,) = stage.play(text)
    stage.play(text.replace("X-Served-By: penstock", "X-Served-By: edited"))
    until(lambda: request(lb["addresses"][0], "/").headers.get("x-served-by") == "edited")
