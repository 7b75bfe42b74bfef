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


TRANSLATE = "Translation failed: invalid ingress spec: "
SYNC = "Error syncing to GCP: "
BOTH = "gce-internal Ingress class does not currently support both HTTP and HTTPS"
EVENTS = {
    "path-invalid": [("Ingress default/web", "Translate", TRANSLATE)],
    "default-system-broken": [
        ("Ingress default/web", "Translate", f"{TRANSLATE}failed to retrieve the system default")
    ],
    "internal-http-and-https": [
        ("Ingress default/web", "WillNotConfigureFrontend", BOTH),
        ("Ingress default/web", "Sync", f"{SYNC}error invalid internal ingress https config"),
    ],
    "redirect-internal": [
        ("Ingress default/web", "Sync", f"{SYNC}error: cannot enable HTTPS Redirects with L7 ILB")
    ],
    "both-disabled": [("Ingress default/web", "Sync", f"{SYNC}invalid configuration: both HTTP")],
    "static-both": [("Ingress default/web", "Sync", f"{SYNC}Error: both global-static-ip and")],
    "frontend-config-missing": [
        ("Ingress default/web", "Sync", "Error: no FrontendConfig for Ingress exists.")
    ],
    "neg-ipv6-only": [
        ("Ingress default/web", "Sync", f"{SYNC}NEG is not supported for ipv6 only service"),
        (
            "Service default/six",
            "ProcessServiceFailed",
            'error processing service "default/six": NEG',
        ),
    ],
    "transparent-health-checks": [
        ("Service default/config", "BackendConfigOverridesTHC", "Both THC and BackendConfig "),
        ("Service default/flag", "THCAnnotationWithoutFlag", "THC annotation present, but the "),
        ("Service default/groups", "THCAnnotationWithoutNEG", "THC annotation present, but NEG "),
    ],
    "path-exact": [],
    "static-unknown": [],
}
"""Case → object, reason and beginning of the warnings that GKE would write."""


@pytest.mark.parametrize("case", EVENTS)
def test_status_has_the_events_that_gke_would_write(stage: Stage, case: str) -> None:
    stage.play((CASES / case / "in.yaml").read_text())
    found = [
        (item["object"], event["reason"], event["message"])
        for item in stage.running.cli("status", "-o", "json")["objects"]
        for event in item["events"]
        if event["type"] == "Warning"
    ]
    assert [(ref, reason) for ref, reason, _ in found] == [
        (ref, reason) for ref, reason, _ in EVENTS[case]
    ]
    for (_, _, message), (_, _, beginning) in zip(found, EVENTS[case], strict=True):
        assert message.startswith(beginning)


def test_a_standalone_group_follows_its_service(stage: Stage) -> None:
    text = (CASES / "exposed-ports-compute" / "in.yaml").read_text()
    (lb,) = stage.play(text)
    assert request(lb["addresses"][0], "/").echo["service"] == "web"
    (lb,) = stage.play(text.replace("name: web-group", "name: x").replace('"web-group"', '"other"'))
    assert request(lb["addresses"][0], "/").status == 503
