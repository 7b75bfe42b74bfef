"""Settings of GKE Ingresses that a client or an endpoint can see, by their golden cases."""

from __future__ import annotations

import contextlib
import json
import re
import ssl
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.clients import careless
from e2e.harness import Answer, request, until, up
from e2e.manifests import service
from e2e.sockets import http_connection
from e2e.test_cases import Stage
from e2e.test_internal_alb import requests_to

CASES = Path(__file__).parents[1] / "dialects" / "gke" / "cases"
HOST = "web.example.com"
OLD, NEW = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_3
RSA = "AES128-GCM-SHA256"
"""A suite without forward secrecy, which COMPATIBLE alone has."""
CBC = "ECDHE-ECDSA-AES128-SHA"
"""One with CBC, which RESTRICTED does not have."""
GCM = "ECDHE-ECDSA-AES128-GCM-SHA256"


WORKLOAD = """
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 5
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]}
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    root = tmp_path_factory.mktemp("gke-settings")
    folder = root / "manifests"
    folder.mkdir()
    (folder / "case.yaml").write_text(service("nothing"))
    with up([folder], root / "state", "--address-pool", "127.10.185.0/24") as running:
        yield Stage(folder, running)


def play(stage: Stage, case: str, old: str = "", new: str = "") -> str:
    """The address of a case's load balancer."""
    text = (CASES / case / "in.yaml").read_text()
    assert old in text
    (lb,) = stage.play(text.replace(old, new) if old else text)
    return str(lb["addresses"][0])


def speaking(
    oldest: ssl.TLSVersion, newest: ssl.TLSVersion, ciphers: str = "ALL"
) -> ssl.SSLContext:
    context = careless()
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = oldest, newest
    return context


def secure(address: str, context: ssl.SSLContext) -> Answer:
    return request(address, "/", host=HOST, port=443, tls=context, server_name=HOST)


def is_refused(address: str, context: ssl.SSLContext) -> bool:
    try:
        return secure(address, context).status == 0
    except OSError as error:
        return "alert" in str(error).lower()


def test_variables_over_plain_http(stage: Stage) -> None:
    address = play(stage, "backend-config-variables")
    sent = {"Origin": "https://a.example", "X-Address": "forged", "X-Place": "forged"}
    answer = request(address, "/", headers=sent)
    seen = {name.lower(): values for name, values in answer.echo["headers"].items()}
    assert seen["x-address"] == ["127.0.0.1"]
    assert seen["x-port"][0].isdecimal()
    assert seen["x-protocol"] == ["HTTP/1.1"]
    assert seen["x-encrypted"] == ["false"]
    assert re.fullmatch(r"\d*", seen["x-round-trip"][0])
    assert seen["x-server"] == [f"{address}:80"]
    assert [seen[name] for name in ("x-sni", "x-tls", "x-ja3", "x-ja4")] == [[""]] * 4
    assert seen["x-origin"] == ["https://a.example"]
    assert seen["x-place"] == seen["x-device"] == ["<>"]
    assert seen["x-certificate"] == ["false"]
    assert seen["x-percent"] == ["100% %PROTOCOL% {not a variable}"]
    assert answer.headers["x-cache"] == "<>"
    assert answer.headers["x-from"] == "https://a.example"
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_variables_over_tls(stage: Stage) -> None:
    address = play(stage, "backend-config-variables")
    answer = secure(address, speaking(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2, GCM))
    seen = {name.lower(): values for name, values in answer.echo["headers"].items()}
    assert seen["x-encrypted"] == ["true"]
    assert seen["x-server"] == [f"{address}:443"]
    assert seen["x-sni"] == [HOST]
    assert seen["x-tls"] == [f"TLSv1.2 {GCM}"]
    assert re.fullmatch(r"[0-9a-f]{32}", seen["x-ja3"][0])
    assert re.fullmatch(r"t12d\d{4}\w\w_[0-9a-f]{12}_[0-9a-f]{12}", seen["x-ja4"][0])
    assert seen["x-origin"] == [""]


def test_without_an_ssl_policy_old_versions_and_ciphers_are_spoken(stage: Stage) -> None:
    address = play(stage, "ssl-policy-detached")
    assert secure(address, speaking(OLD, OLD)).status == 200
    assert secure(address, speaking(OLD, ssl.TLSVersion.TLSv1_2, CBC)).status == 200


def test_the_ssl_policy_decides_versions(stage: Stage) -> None:
    address = play(stage, "ssl-policy")
    assert is_refused(address, speaking(OLD, ssl.TLSVersion.TLSv1_1))
    assert secure(address, speaking(OLD, ssl.TLSVersion.TLSv1_2)).status == 200
    assert secure(address, speaking(NEW, NEW)).status == 200


def test_the_ssl_policy_decides_ciphers(stage: Stage) -> None:
    two = ssl.TLSVersion.TLSv1_2
    address = play(stage, "ssl-policy")
    assert secure(address, speaking(two, two, CBC)).status == 200
    address = play(stage, "ssl-policy-restricted")
    assert is_refused(address, speaking(two, two, CBC))
    assert secure(address, speaking(two, two, GCM)).status == 200


def test_an_edited_ssl_policy_is_live(stage: Stage) -> None:
    address = play(stage, "ssl-policy", "minTlsVersion: TLS_1_2", "minTlsVersion: TLS_1_1")
    until(lambda: not is_refused(address, speaking(OLD, ssl.TLSVersion.TLSv1_1)))
    play(stage, "ssl-policy")
    until(lambda: is_refused(address, speaking(OLD, ssl.TLSVersion.TLSv1_1)))


@pytest.mark.parametrize(
    ("case", "cookie"),
    [("backend-config-external", "GCLB"), ("backend-config-affinity-internal", "GCILB")],
)
def test_generated_cookies_keep_clients_at_their_pod(stage: Stage, case: str, cookie: str) -> None:
    (lb,) = stage.play((CASES / case / "in.yaml").read_text() + WORKLOAD)
    address = lb["addresses"][0]
    first = [request(address, "/") for _ in range(20)]
    pods = {answer.headers["set-cookie"]: answer.echo["pod"] for answer in first}
    assert len(set(pods.values())) > 1
    for written, pod in pods.items():
        pair, *attributes = [part.strip() for part in written.split(";")]
        assert pair.startswith(f"{cookie}=")
        assert "Max-Age=50" in attributes
        again = [request(address, "/", headers={"Cookie": pair}) for _ in range(3)]
        assert {answer.echo["pod"] for answer in again} == {pod}
        assert not any("set-cookie" in answer.headers for answer in again)


def test_logging_is_on_unless_its_block_says_otherwise(stage: Stage) -> None:
    address = play(stage, "backend-config-logging")
    log = stage.running.state / "access.log"

    def logged(path: str) -> int:
        return log.read_text().count(f'"{path}?here"') if log.exists() else 0

    for path in ("/off", "/rate", "/on", "/unset"):
        for _ in range(5):
            assert request(address, f"{path}?here").status == 200
    until(lambda: logged("/on") == logged("/unset") == 5)
    assert (logged("/off"), logged("/rate")) == (0, 0)


def test_clients_stay_at_their_pod_by_address(stage: Stage) -> None:
    text = (CASES / "backend-config-client-ip" / "in.yaml").read_text()
    (lb,) = stage.play(text + WORKLOAD)
    address = lb["addresses"][0]

    def pod(source: str) -> str:
        connection = http_connection((address, 80), source, 30)
        with contextlib.closing(connection):
            connection.request("GET", "/")
            return str(json.loads(connection.getresponse().read())["pod"])

    pods = {source: pod(source) for source in (f"127.10.186.{n}" for n in range(1, 31))}
    assert len(set(pods.values())) > 1
    assert {source: pod(source) for source in pods} == pods


def test_a_request_that_takes_longer_than_its_timeout_gets_504(stage: Stage) -> None:
    address = play(stage, "backend-config-affinity-internal", "timeoutSec: 40", "timeoutSec: 1")
    assert request(address, "/", headers={"X-Penstock-Delay": "30s"}).status == 504
    assert request(address, "/").status == 200


def test_only_requests_without_a_body_are_tried_again_and_once(stage: Stage) -> None:
    address = play(stage, "class-external")
    sent = {"X-Penstock-Status": "503"}

    def tried(method: str, body: bytes | None) -> float:
        before = requests_to(stage.running, "gce/default/web_80")
        assert request(address, "/", method=method, headers=sent, body=body).status == 503
        return requests_to(stage.running, "gce/default/web_80") - before

    assert tried("GET", None) == 2
    assert tried("POST", b"a") == 1
