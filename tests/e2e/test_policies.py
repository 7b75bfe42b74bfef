"""Session affinity and logging of Compute backend services, from the file to the client."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.farm import Farm, ask, farm, pair, upgrade
from e2e.harness import Up, address_of, until, up

FRONT = """\
kind: compute#forwardingRule
name: web
region: r1
loadBalancingScheme: INTERNAL_MANAGED
portRange: "80"
target: regions/r1/targetHttpProxies/web
---
kind: compute#targetHttpProxy
name: web
region: r1
urlMap: regions/r1/urlMaps/web
---
kind: compute#urlMap
name: web
region: r1
defaultService: plain
hostRules:
- {hosts: [cookie.example], pathMatcher: cookie}
- {hosts: [seat.example], pathMatcher: seat}
- {hosts: [silent.example], pathMatcher: silent}
pathMatchers:
- {name: cookie, defaultService: cookie}
- {name: seat, defaultService: seat}
- {name: silent, defaultService: silent}
"""
COOKIE = "sessionAffinity: GENERATED_COOKIE\naffinityCookieTtlSec: 3600\n"
SEAT = """\
sessionAffinity: STRONG_COOKIE_AFFINITY
localityLbPolicy: RANDOM
strongSessionAffinityCookie: {name: seat, ttl: {seconds: 90}}
"""
SILENT = "logConfig: {enable: false}\n"


def service(name: str, settings: str = "") -> str:
    return f"""\
---
kind: compute#backendService
name: {name}
region: r1
loadBalancingScheme: INTERNAL_MANAGED
protocol: HTTP
backends: [{{group: zones/r1-a/networkEndpointGroups/web}}]
{settings}"""


def manifest(endpoints: list[tuple[str, int]], silent: str = SILENT) -> str:
    services = (("plain", ""), ("cookie", COOKIE), ("seat", SEAT), ("silent", silent))
    listed = "".join(f"- {{ipAddress: {address}, port: {port}}}\n" for address, port in endpoints)
    group = (
        "---\nkind: compute#networkEndpointGroup\nname: web\nzone: r1-a\n"
        f"networkEndpointType: GCE_VM_IP_PORT\nnetworkEndpoints:\n{listed}"
    )
    return FRONT + "".join(service(*each) for each in services) + group


@pytest.fixture(scope="module")
def pods() -> Iterator[Farm]:
    with farm(f"127.200.61.{i}" for i in range(1, 6)) as made:
        yield made


@pytest.fixture
def running(tmp_path: Path, pods: Farm) -> Iterator[Up]:
    file = tmp_path / "web.yaml"
    file.write_text(manifest(pods.endpoints))
    log = str(tmp_path / "access.log")
    options = ("--address-pool", "127.10.200.0/24", "--access-log", log)
    with up([file], tmp_path / "state", *options) as made:
        yield made


def test_only_sessions_of_the_endpoint_that_left_move(
    tmp_path: Path, pods: Farm, running: Up
) -> None:
    target = (address_of(running.events[0]), 80)
    assert running.events[0]["findings"] == []
    seats = [ask(target, "seat.example") for _ in range(30)]
    sessions = [ask(target, "cookie.example") for _ in range(30)]
    assert sessions[0].cookie.endswith("; Max-Age=3600; Path=/; HttpOnly")
    assert seats[0].cookie.endswith("; Max-Age=90; Path=/; HttpOnly")
    gone = pods.addresses[0]
    (tmp_path / "web.yaml").write_text(manifest(pods.endpoints[1:]))
    running.applied("networkEndpointGroup")
    for seat in seats:
        answer = ask(target, "seat.example", cookie=pair(seat.cookie))
        assert (answer.backend == seat.backend) is (seat.backend != gone)
        assert upgrade(target, "seat.example", pair(seat.cookie)).backend != gone
    after = [ask(target, "cookie.example", cookie=pair(s.cookie)) for s in sessions]
    assert {answer.cookie for answer in after} == {None}
    assert gone not in {answer.backend for answer in after}
    stayed = [a.backend == s.backend for a, s in zip(after, sessions, strict=True)]
    assert sum(stayed) >= 30 - sum(s.backend == gone for s in sessions) - 5


def test_a_changed_log_config_is_live_on_save(tmp_path: Path, pods: Farm, running: Up) -> None:
    target = (address_of(running.events[0]), 80)
    log = tmp_path / "access.log"

    def logged(mark: str) -> Counter[str]:
        """Hosts of the entries, once one for `mark` is there."""
        ask(target, "plain.example", f"/{mark}")
        until(lambda: f'"/{mark}"' in log.read_text())
        return Counter(json.loads(line)["authority"] for line in log.read_text().splitlines())

    ask(target, "silent.example")
    assert logged("first")["silent.example"] == 0
    headers = "logConfig: {enable: true, loggingHttpRequestHeaders: [{headerName: X-User}]}\n"
    (tmp_path / "web.yaml").write_text(manifest(pods.endpoints, headers))
    running.applied("backendService")
    ask(target, "silent.example", **{"x-user": "me"})
    assert logged("second")["silent.example"] == 1
    entry = next(line for line in log.read_text().splitlines() if "silent.example" in line)
    assert json.loads(entry)["request_headers"] == {"x-user": "me"}


def test_explain_tells_where_a_session_goes(running: Up) -> None:
    target = (address_of(running.events[0]), 80)
    seat = ask(target, "seat.example")
    told = running.cli(
        "explain", "http://seat.example/", "-H", f"Cookie: {pair(seat.cookie)}", "-o", "json"
    )
    affinity = told["action"]["backends"][0]["affinity"]
    assert affinity["why"].startswith(f"names {seat.backend}:")
    assert affinity["origin"]["field"] == "sessionAffinity"
