"""Health checks of a running `penstock up`: who gets requests, and what people are told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from e2e.harness import Answer, Up, address_of, request, until, up
from e2e.health_manifests import FRONT, check, group, service, url_map

POOL = ("--address-pool", "127.10.210.0/24")
SLOW = "checkIntervalSec: 300\ntimeoutSec: 1\nunhealthyThreshold: 1\nhealthyThreshold: 1\n"
"""The second probe comes after half a minute at least."""
PATIENT = SLOW.replace("timeoutSec: 1", "timeoutSec: 60")
KINDS = {
    # Backend protocol, the health check's part, and whether it has a port of its own.
    "HTTP": ("HTTP", "{}"),
    "HTTPS": ("HTTPS", "{portSpecification: USE_SERVING_PORT, requestPath: /live}"),
    "HTTP2": ("HTTP2", "{port: 9443, requestPath: /live, response: 'all is \"well\"'}"),
    "TCP": ("HTTP", "{port: 9025}"),
    "SSL": ("HTTPS", "{portSpecification: USE_SERVING_PORT}"),
    "GRPC": ("H2C", "{port: 9000, grpcServiceName: shop.v1.Cart}"),
    "GRPC_WITH_TLS": ("HTTP2", "{portSpecification: USE_SERVING_PORT}"),
}


def name_of(kind: str) -> str:
    return kind.lower().replace("_", "-")


def endpoints_of(running: Up, service: str) -> list[dict[str, Any]]:
    """As `penstock status` has them."""
    status = running.cli("status", "-o", "json")
    [found] = [
        backend["endpoints"]
        for lb in status["loadBalancers"]
        for backend in lb["backends"]
        if backend["name"].endswith(f"/{service}")
    ]
    return list(found)


def pods_that_answer(address: str, path: str = "/", count: int = 20) -> set[str]:
    answers = [request(address, path) for _ in range(count)]
    assert {answer.status for answer in answers} <= {200, 503}
    return {a.headers["x-penstock-pod"] for a in answers if a.status == 200}


@pytest.fixture(scope="module")
def every_kind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    root = tmp_path_factory.mktemp("kinds")
    text = FRONT + url_map([name_of(kind) for kind in KINDS])
    for number, (kind, (protocol, part)) in enumerate(KINDS.items()):
        name = name_of(kind)
        text += service(name, name, protocol)
        text += group(name, [f"10.9.{number}.1:8080"])
        text += check(name, kind, part)
    (root / "in.yaml").write_text(text.removesuffix("---\n"))
    with up([root / "in.yaml"], root / "state", *POOL) as running:
        yield running


@pytest.mark.parametrize("kind", KINDS)
def test_stand_ins_are_healthy_by_every_kind_as_soon_as_the_load_balancer_is_ready(
    every_kind: Up, kind: str
) -> None:
    assert request(address_of(every_kind.events[0]), f"/{name_of(kind)}").status == 200
    [endpoint] = endpoints_of(every_kind, name_of(kind))
    assert endpoint["health"] == "healthy"
    assert endpoint["probe"]["healthy"] is True


def test_nobody_was_unhealthy_on_the_way(every_kind: Up) -> None:
    assert [event["event"] for event in every_kind.events] == ["ready"]


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Up, str]]:
    """Two machines behind one address."""
    text = FRONT + url_map(["web"]) + service("web") + group("web", ["10.9.0.1:80", "10.9.0.2:80"])
    logged = check().replace("httpHealth", "logConfig: {enable: true}\nhttpHealth")
    (tmp_path / "in.yaml").write_text(text + logged)
    with up([tmp_path / "in.yaml"], tmp_path / "state", *POOL) as running:
        yield running, address_of(running.events[0])


def health_event(running: Up, healthy: bool) -> dict[str, Any]:
    return running.wait(lambda e: e["event"] == "health" and e["healthy"] is healthy)


def test_an_unhealthy_endpoint_gets_nothing_until_it_is_healthy_again(two: tuple[Up, str]) -> None:
    running, address = two
    both = {"r1-a/10-9-0-1", "r1-a/10-9-0-2"}
    until(lambda: pods_that_answer(address) == both)
    running.command("r1-a/10-9-0-1", "--status", "503")
    event = health_event(running, healthy=False)
    assert event["reason"] == "HTTP 503"
    assert event["backendServices"] == ["backendService r1/web"]
    running.applied("health of backendService r1/web")
    assert pods_that_answer(address) == {"r1-a/10-9-0-2"}
    bad, good = endpoints_of(running, "web")
    assert (bad["health"], bad["probe"]["reason"]) == ("unhealthy", "HTTP 503")
    assert (good["health"], good["probe"]["reason"]) == ("healthy", "HTTP 200")
    assert bad["probe"]["since"] > good["probe"]["since"]
    running.command("r1-a/10-9-0-1", "--status", "0")
    assert health_event(running, healthy=True)["reason"] == "HTTP 200"
    running.applied("health of backendService r1/web")
    until(lambda: pods_that_answer(address) == both)
    lines = [line for line in running.stderr if "event=health-changed" in line]
    assert ["health=UNHEALTHY before=HEALTHY" in line for line in lines] == [True, False]


def test_readiness_of_stand_ins_is_what_probes_find_out(two: tuple[Up, str]) -> None:
    running, _ = two
    running.command("r1-a/10-9-0-1", "--ready=false")
    assert health_event(running, healthy=False)["reason"] == "HTTP 503"


def test_without_a_healthy_endpoint_the_answer_is_503_at_once(two: tuple[Up, str]) -> None:
    running, address = two
    for pod in ("r1-a/10-9-0-1", "r1-a/10-9-0-2"):
        running.command(pod, "--stop")
    reasons = {health_event(running, healthy=False)["reason"] for _ in range(2)}
    assert reasons == {"connection refused"}
    until(lambda: endpoints_of(running, "web")[1]["health"] == "unhealthy")
    until(lambda: request(address).body == b"no healthy upstream")
    assert request(address).status == 503
    for pod in ("r1-a/10-9-0-1", "r1-a/10-9-0-2"):
        running.command(pod, "--start")
    until(lambda: request(address).status == 200)


class Backend:
    """A real endpoint that counts its probes and answers what it is told."""

    def __init__(self, address: str) -> None:
        self.probes: list[tuple[str, str]] = []
        """Source address and path."""
        self.bad_paths: set[str] = set()
        self.hold = threading.Event()
        self.hold.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                is_probe = self.headers.get("User-Agent", "").startswith("GoogleHC/")
                if is_probe:
                    outer.probes.append((self.client_address[0], self.path))
                    outer.hold.wait(30)
                self.send_response(503 if is_probe and self.path in outer.bad_paths else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer((address, 0), Handler)
        self.place = f"{address}:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.hold.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def backend() -> Iterator[Backend]:
    made = Backend("127.0.210.1")
    yield made
    made.close()


def serving(checked: str | None, backend: Backend, checks: str, services: int = 1) -> str:
    names = [f"web{i}" for i in range(services)]
    text = FRONT + url_map(names) + group("web", [backend.place])
    return text + "".join(service(name, checked, group="web") for name in names) + checks


SERVING = "{portSpecification: USE_SERVING_PORT, requestPath: /a}"


def test_an_endpoint_is_probed_once_whoever_uses_it(tmp_path: Path, backend: Backend) -> None:
    (tmp_path / "in.yaml").write_text(
        serving("check", backend, check(part=SERVING, times=SLOW), services=3)
    )
    with up([tmp_path / "in.yaml"], tmp_path / "state", *POOL) as running:
        address = address_of(running.events[0])
        assert [request(address, f"/web{i}").status for i in range(3)] == [200] * 3
        assert backend.probes == [("127.30.1.1", "/a")]


def answers_while_saving(
    tmp_path: Path, running: Up, text: str, backend: Backend
) -> tuple[set[int], Answer]:
    """Statuses of requests from before a save until a probe is under way, and one after it."""
    address, statuses, done = address_of(running.events[0]), set(), threading.Event()

    def ask() -> None:
        while not done.is_set():
            statuses.add(request(address).status)

    asking = threading.Thread(target=ask)
    asking.start()
    before = len(backend.probes)
    backend.hold.clear()
    try:
        (tmp_path / "in.yaml").write_text(text)
        running.applied("backendService")
        until(lambda: len(backend.probes) > before)
        answer = request(address)
    finally:
        done.set()
        asking.join()
        backend.hold.set()
    return statuses, answer


@pytest.mark.parametrize("before", [None, "check"])
def test_an_endpoint_serves_on_while_another_health_check_has_its_first_probe(
    tmp_path: Path, backend: Backend, before: str | None
) -> None:
    other = check("other", part=SERVING.replace("/a", "/b"), times=PATIENT)
    both = check(part=SERVING, times=SLOW) + other
    (tmp_path / "in.yaml").write_text(serving(before, backend, both))
    backend.bad_paths.add("/b")
    with up([tmp_path / "in.yaml"], tmp_path / "state", *POOL) as running:
        statuses, answer = answers_while_saving(
            tmp_path, running, serving("other", backend, both), backend
        )
        assert (statuses, answer.status) == ({200}, 200)
        # The probe's answer then counts.
        assert health_event(running, healthy=False)["reason"] == "HTTP 503"
        until(lambda: request(address_of(running.events[0])).status == 503)


def test_a_new_endpoint_gets_nothing_before_it_is_known_to_be_healthy(
    tmp_path: Path, backend: Backend
) -> None:
    new = Backend("127.0.210.2")
    try:
        text = serving("check", backend, check(part=SERVING, times=PATIENT))
        (tmp_path / "in.yaml").write_text(text)
        with up([tmp_path / "in.yaml"], tmp_path / "state", *POOL) as running:
            new.hold.clear()
            place = f"- {{ipAddress: 127.0.210.2, port: {new.server.server_port}}}\n"
            (tmp_path / "in.yaml").write_text(
                text.replace("networkEndpoints:\n", f"networkEndpoints:\n{place}")
            )
            running.applied("networkEndpointGroup")
            until(lambda: len(new.probes) == 1)
            known = {e["address"]: e["health"] for e in endpoints_of(running, "web0")}
            assert known["127.0.210.1"] == "healthy"
            assert known["127.0.210.2"] != "healthy"
            new.hold.set()
            running.applied("health of backendService r1/web0")
            assert {e["health"] for e in endpoints_of(running, "web0")} == {"healthy"}
    finally:
        new.close()


def test_the_only_endpoint_gets_nothing_before_a_slow_probe_s_answer(
    tmp_path: Path, backend: Backend
) -> None:
    backend.hold.clear()
    (tmp_path / "in.yaml").write_text(serving("check", backend, check(part=SERVING, times=PATIENT)))
    with up([tmp_path / "in.yaml"], tmp_path / "state", *POOL) as running:
        address = address_of(running.events[0])
        assert request(address).status == 503
        backend.hold.set()
        until(lambda: request(address).status == 200)


def test_nor_does_the_first_one_that_has_a_health_check(tmp_path: Path, backend: Backend) -> None:
    other = Backend("127.0.210.3")
    try:
        checks = check(part=SERVING, times=PATIENT)
        text = serving(None, other, checks)
        (tmp_path / "in.yaml").write_text(text)
        with up([tmp_path / "in.yaml"], tmp_path / "state", *POOL) as running:
            address = address_of(running.events[0])
            assert request(address).status == 200
            backend.hold.clear()
            new = service("new", group="new") + group("new", [backend.place])
            led = text.replace(url_map(["web0"]), url_map(["web0", "new"]))
            (tmp_path / "in.yaml").write_text(led + "---\n" + new.removesuffix("---\n"))
            running.applied("+backendService")
            until(lambda: len(backend.probes) == 1)
            assert request(address, "/new").status == 503
            assert request(address).status == 200
            backend.hold.set()
            until(lambda: request(address, "/new").status == 200)
    finally:
        other.close()


def test_an_endpoint_that_is_unhealthy_from_the_start_is_said_after_ready(
    tmp_path: Path, backend: Backend
) -> None:
    backend.bad_paths.add("/a")
    (tmp_path / "in.yaml").write_text(serving("check", backend, check(part=SERVING, times=SLOW)))
    with up([tmp_path / "in.yaml"], tmp_path / "state", *POOL) as running:
        event = health_event(running, healthy=False)
        assert (event["wasHealthy"], event["reason"]) == (None, "HTTP 503")
        assert request(address_of(running.events[0])).status == 503


@contextmanager
def asked_all_the_while(address: str) -> Iterator[set[int]]:
    """The statuses that a client gets who asks without a pause until the end of the block."""
    statuses: set[int] = set()
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            statuses.add(request(address).status)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield statuses
    finally:
        done.set()
        asking.join()


def killed(running: Up) -> None:
    """End the control plane as a crash does; its proxies go on."""
    running.process.kill()
    running.process.wait()
    running.close()


def test_a_control_plane_that_is_killed_and_started_again_cuts_nobody_off(
    tmp_path: Path, backend: Backend
) -> None:
    text = serving("check", backend, check(part=SERVING, times=SLOW))
    (tmp_path / "in.yaml").write_text(text)
    first = Up([tmp_path / "in.yaml"], tmp_path / "state", *POOL)
    address = address_of(first.ready())
    with ExitStack() as asking:
        statuses = asking.enter_context(asked_all_the_while(address))
        killed(first)
        with up([tmp_path / "in.yaml"], tmp_path / "state", *POOL) as second:
            assert address_of(second.events[0]) == address
            assert request(address).status == 200
            asking.close()
    assert statuses == {200}
    assert len(backend.probes) == 2


def test_nor_does_one_whose_endpoints_take_long_to_answer_a_probe(
    tmp_path: Path, backend: Backend
) -> None:
    """Longer than a start waits; what the running proxy uses goes on until there is an answer."""
    text = serving("check", backend, check(part=SERVING, times=PATIENT))
    (tmp_path / "in.yaml").write_text(text)
    first = Up([tmp_path / "in.yaml"], tmp_path / "state", *POOL)
    address = address_of(first.ready())
    until(lambda: request(address).status == 200)
    backend.hold.clear()
    with ExitStack() as asking:
        statuses = asking.enter_context(asked_all_the_while(address))
        killed(first)
        with up([tmp_path / "in.yaml"], tmp_path / "state", *POOL) as second:
            assert request(address).status == 200
            asking.close()
            (known,) = endpoints_of(second, "web0")
            assert known["health"] == "healthy"
            # The probe's answer then counts.
            backend.bad_paths.add("/a")
            backend.hold.set()
            until(lambda: request(address).status == 503)
    assert statuses == {200}


def test_metrics_say_who_is_healthy(
    tmp_path_factory: pytest.TempPathFactory, backend: Backend
) -> None:
    tmp_path = tmp_path_factory.mktemp("metrics")  # Short enough for a socket in it.
    (tmp_path / "in.yaml").write_text(serving("check", backend, check(part=SERVING, times=SLOW)))
    with (
        up([tmp_path / "in.yaml"], tmp_path / "state", *POOL) as running,
        socket.socket(socket.AF_UNIX) as client,
    ):
        client.connect(str(next(running.state.rglob("control.sock"))))
        client.sendall(b"GET /metrics HTTP/1.0\r\nHost: x\r\n\r\n")
        text = b"".join(iter(lambda: client.recv(65536), b"")).decode()
    lines = text.splitlines()
    labels = f'endpoint="{backend.place}",health_check="compute/local/r1/check"'
    assert f"penstock_endpoint_healthy{{{labels}}} 1.0" in lines
    assert "penstock_health_probes_total 1.0" in lines
    assert "penstock_health_probe_failures_total 0.0" in lines
