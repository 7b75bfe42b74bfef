"""The golden cases' requests through a real Envoy.

One instance per worker watches one directory, and each case replaces its content:
cheaper than an instance per case, and every step from one case to the next is a
change of the whole configuration under way.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.clients import careless, leaf_names
from e2e.harness import Answer, Up, request, until, up
from e2e.manifests import service

CASES = Path(__file__).parents[1] / "dialects" / "ingress" / "cases"
WITH_REQUESTS = sorted(path.parent for path in CASES.glob("*/requests.yaml"))


class Stage:
    """An instance whose only file is the current case."""

    def __init__(self, folder: Path, running: Up) -> None:
        self.folder = folder
        self.running = running
        self.number = 0

    def play(self, text: str) -> list[dict[str, Any]]:
        """Replace the input; the load balancers once it is live."""
        self.number += 1
        marker = f"marker-{self.number}"
        new = self.folder / ".case.yaml"
        new.write_text(f"{text}\n---\n{service(marker)}")
        new.rename(self.folder / "case.yaml")
        self.running.applied(f"+Service default/{marker}")
        status = self.running.cli("status", "-o", "json")
        lbs: list[dict[str, Any]] = status["loadBalancers"]
        return lbs


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    root = tmp_path_factory.mktemp("cases")
    folder = root / "manifests"
    folder.mkdir()
    (folder / "case.yaml").write_text(service("nothing"))
    with up([folder], root / "state") as running:
        yield Stage(folder, running)


@pytest.mark.parametrize("case", WITH_REQUESTS, ids=lambda path: path.name)
def test_requests(stage: Stage, case: Path) -> None:
    lbs = {lb["name"]: lb for lb in stage.play((case / "in.yaml").read_text())}
    for item in yaml.safe_load((case / "requests.yaml").read_text()):
        asked = item["request"]
        lb = lbs[asked["lb"]] if "lb" in asked else next(iter(lbs.values()))
        check(lb, item)


def check(lb: dict[str, Any], item: dict[str, Any]) -> None:
    expected = dict(item["expect"])
    names = expected.pop("certificate_names", ())
    distinct = expected.pop("distinct_pods", 1)
    answers = [ask(lb, item["request"]) for _ in range(item.get("repeat", 1))]
    assert [seen(answer, expected) for answer in answers] == [expected] * len(answers), item
    if distinct > 1:
        assert len({answer.echo["pod"] for answer in answers}) == distinct
    if names:
        server_name = item["request"].get("tls_server_name")
        assert set(names) <= set(leaf_names(lb["addresses"][0], 443, server_name)), item


def ask(lb: dict[str, Any], asked: dict[str, Any]) -> Answer:
    tls = asked.get("scheme") == "https"
    return request(
        lb["addresses"][0],
        asked["path"],
        host=asked.get("host"),
        method=asked.get("method", "GET"),
        headers=asked.get("headers"),
        port=443 if tls else 80,
        tls=careless() if tls else None,
        server_name=asked.get("tls_server_name"),
    )


def seen(answer: Answer, expected: dict[str, Any]) -> dict[str, Any]:
    """What the answer says about all that is expected of it."""
    found: dict[str, Any] = {"status": answer.status}
    for key in expected.keys() - {"status"}:
        if key == "response_headers":
            found[key] = [name for name in expected[key] if name in answer.headers]
        elif key == "path":
            found[key] = answer.echo["path"].partition("?")[0]
        else:
            found[key] = answer.echo[key]
    return found


def test_an_unknown_class_gets_no_address(stage: Stage) -> None:
    """Scenario "ingress class" of the Ingress conformance suite."""
    assert stage.play((CASES / "conformance-ingress-class" / "in.yaml").read_text()) == []


@pytest.mark.parametrize(
    ("method", "host", "path"),
    [
        ("GET", "my-host", "/"),
        ("GET", "my-host", "/sub-path"),
        ("POST", "some-host", "/"),
        ("PUT", None, "/resource"),
        ("DELETE", "some-host", "/resource"),
        ("PATCH", "my-host", "/resource"),
    ],
)
def test_the_default_backend_gets_every_method(
    stage: Stage, method: str, host: str | None, path: str
) -> None:
    """Scenario "default backend" of the Ingress conformance suite, in full."""
    (lb,) = stage.play((CASES / "conformance-default-backend" / "in.yaml").read_text())
    answer = request(
        lb["addresses"][0], path, host=host, method=method, headers={"User-Agent": "conformance"}
    )
    assert answer.status == 200
    assert {"content-length", "content-type", "date", "server"} <= answer.headers.keys()
    echo = answer.echo
    assert (echo["method"], echo["path"], echo["proto"]) == (method, path, "HTTP/1.1")
    assert echo["headers"]["User-Agent"] == ["conformance"]


def test_endpoints_that_come_alive_need_no_other_change(stage: Stage) -> None:
    text = (CASES / "conformance-default-backend" / "in.yaml").read_text()
    (lb,) = stage.play(text)
    (pod,) = stage.running.pods("echo-service")
    stage.running.command(pod, "--ready=false")
    until(lambda: request(lb["addresses"][0], "/").status == 503)
    stage.running.command(pod, "--ready=true")
    until(lambda: request(lb["addresses"][0], "/").status == 200)
