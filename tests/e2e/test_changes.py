"""What happens while an instance runs: saves, broken saves, stand-ins, signals."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from e2e.clients import careless, leaf_names, websocket
from e2e.harness import Up, address_of, request, until, up
from e2e.manifests import deployment, ingress, service
from penstock.runtime.state import StateDir


class Site:
    """A directory of manifests with an instance on it."""

    def __init__(self, folder: Path, running: Up) -> None:
        self.folder = folder
        self.running = running
        self.address = address_of(running.events[0])

    def save(self, name: str, text: str, changed: str = "") -> dict[str, object]:
        """Write a file and wait until it is live."""
        (self.folder / name).write_text(text)
        return self.running.applied(changed)

    def service_of(self, path: str, host: str = "web.example") -> str:
        answer = request(self.address, path, host=host)
        return str(answer.echo["service"]) if answer.status == 200 else str(answer.status)

    def pods_seen(self, requests: int) -> set[str]:
        answers = [request(self.address, "/", host="web.example") for _ in range(requests)]
        return {str(answer.echo["pod"]) for answer in answers if answer.status == 200}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    folder = tmp_path / "manifests"
    folder.mkdir()
    (folder / "services.yaml").write_text(
        service("one") + deployment("one") + service("two") + deployment("two")
    )
    (folder / "ingress.yaml").write_text(ingress("web", ("/", "one")))
    # Addresses of its own: one that is given up may be another instance's at once.
    with up([folder], tmp_path / "state", "--address-pool", "127.10.78.0/24") as running:
        yield Site(folder, running)


def test_a_save_is_live_and_told(site: Site) -> None:
    assert site.service_of("/two") == "one"
    event = site.save("ingress.yaml", ingress("web", ("/", "one"), ("/two", "two")))
    assert event["changes"] == ["~Ingress default/web"]
    assert site.service_of("/two") == "two"


def test_files_come_and_go(site: Site) -> None:
    site.save("more.yaml", ingress("more", ("/", "two"), host="more.example"), "more")
    assert site.service_of("/", "more.example") == "two"
    (site.folder / "more.yaml").rename(site.folder / "renamed.yaml")
    (site.folder / "renamed.yaml").unlink()
    site.running.applied("-Ingress default/more")
    assert site.service_of("/", "more.example") == "404"


def test_an_editors_write_and_rename(site: Site) -> None:
    new = site.folder / ".ingress.yaml.swp"
    new.write_text(ingress("web", ("/", "two")))
    new.rename(site.folder / "ingress.yaml")
    site.running.applied("web")
    assert site.service_of("/") == "two"


def test_a_broken_save_keeps_what_served(site: Site) -> None:
    good = (site.folder / "ingress.yaml").read_text()
    (site.folder / "ingress.yaml").write_text(good + "\tbroken: 'yaml\n")
    finding = site.running.wait(lambda e: e["event"] == "finding" and e["severity"] == "error")
    assert finding["file"].endswith("ingress.yaml")
    assert finding["line"]
    assert site.service_of("/") == "one"
    (site.folder / "ingress.yaml").write_text(ingress("web", ("/", "two")))
    site.running.applied("web")
    assert site.service_of("/") == "two"
    assert site.running.cli("status", "-o", "json")["findings"] == []


def test_one_broken_ingress_hurts_no_other(site: Site) -> None:
    bad = ingress("bad", ("/", "missing"), host="bad.example")
    site.save("bad.yaml", bad, "bad")
    assert site.service_of("/", "bad.example") == "503"
    assert site.service_of("/") == "one"


def test_an_unready_pod_gets_nothing(site: Site) -> None:
    pods = [
        p["name"]
        for p in site.running.cli("stand-in", "list", "-o", "json")
        if p["service"] == "one"
    ]
    assert len(pods) == 2
    site.running.command(pods[0], "--ready=false")
    until(lambda: site.pods_seen(8) == {pods[1]})
    site.running.command(pods[1], "--ready=false")
    until(lambda: site.service_of("/") == "503")
    site.running.command(pods[0], "--ready=true")
    until(lambda: site.service_of("/") == "one")


def test_a_pod_can_be_slow_and_failing(site: Site) -> None:
    for pod in site.running.pods():
        site.running.cli("stand-in", "set", pod, "--status", "418", "--delay", "20ms", "-o", "json")
    assert site.service_of("/") == "418"


def test_a_stopped_pod_costs_no_request(site: Site) -> None:
    pods = [
        p["name"]
        for p in site.running.cli("stand-in", "list", "-o", "json")
        if p["service"] == "one"
    ]
    site.running.command(pods[0], "--stop")
    assert {request(site.address, "/", host="web.example").status for _ in range(20)} == {200}
    site.running.command(pods[0], "--start")
    until(lambda: len(site.pods_seen(6)) == 2)


def test_scaling_the_deployment(site: Site) -> None:
    text = service("one") + deployment("one", 5) + service("two") + deployment("two", 0)
    site.save("services.yaml", text, "one")
    until(lambda: len(site.pods_seen(20)) == 5)


def test_repointing_under_load_loses_nothing(site: Site) -> None:
    statuses: list[int] = []
    over = threading.Event()

    def load() -> None:
        while not over.is_set():
            statuses.append(request(site.address, "/", host="web.example").status)

    clients = [threading.Thread(target=load) for _ in range(2)]
    for client in clients:
        client.start()
    for number in range(10):
        answered = len(statuses)
        site.save("ingress.yaml", ingress("web", ("/", "two" if number % 2 == 0 else "one")), "web")
        until(lambda seen=answered: len(statuses) >= seen + 5)  # type: ignore[misc]
    over.set()
    for client in clients:
        client.join()
    assert len(statuses) > 50
    assert set(statuses) == {200}


def test_a_websocket_lives_through_changes(site: Site) -> None:
    with websocket(site.address, 80, "web.example", "/") as ws:
        ws.send("before")
        assert ws.recv() == "before"
        site.save("more.yaml", ingress("more", ("/", "two"), host="more.example"), "more")
        ws.send("after")
        assert ws.recv() == "after"


def test_tls_appears_and_a_changed_secret_is_live(site: Site, tmp_path: Path) -> None:
    site.save("ingress.yaml", ingress("web", ("/", "one"), tls="web-tls"), "web")
    assert leaf_names(site.address, 443, "web.example") == ("web.example",)
    from e2e.certificates import secret

    with websocket(site.address, 443, "web.example", "/", careless(), "web.example") as ws:
        for names in (("web.example", "first.example"), ("web.example", "second.example")):
            site.save("secret.yaml", secret("web-tls", *names), "Secret default/web-tls")
            until(lambda expected=names: leaf_names(site.address, 443, "web.example") == expected)  # type: ignore[misc]
        ws.send("still here")
        assert ws.recv() == "still here"


def test_ctrl_c_lets_requests_end(site: Site) -> None:
    for pod in site.running.pods():
        site.running.command(pod, "--delay", "2s")
    statuses: list[int] = []
    client = threading.Thread(
        target=lambda: statuses.append(request(site.address, "/", host="web.example").status)
    )
    log = site.running.state / "access.log"
    client.start()
    until(lambda: active_requests(site) == 1)
    assert site.running.stop() == 0
    client.join()
    assert statuses == [200]
    assert log.exists()
    with pytest.raises(OSError, match="refused"):
        request(site.address, "/")


def active_requests(site: Site) -> int:
    """Asked from here: a process that asks may take longer to start than a request takes."""
    socket = StateDir(site.running.state.resolve()).control_socket
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket))) as client:
        status = client.get("http://control/status").json()
    return sum(p.get("activeRequests", 0) for p in status["proxies"])


def test_processes_end_with_the_instance(site: Site) -> None:
    status = site.running.cli("status", "-o", "json")
    pids = [status["pid"], *(p["pid"] for p in status["proxies"])]
    assert site.running.stop(signal.SIGTERM) == 0
    for pid in pids:
        until(lambda pid=pid: not Path(f"/proc/{pid}").exists())  # type: ignore[misc]


def test_a_killed_proxy_comes_back(site: Site) -> None:
    (proxy,) = site.running.cli("status", "-o", "json")["proxies"]
    os.kill(proxy["pid"], signal.SIGKILL)

    def serves() -> bool:
        try:
            return site.service_of("/") == "one"
        except OSError:
            return False

    until(lambda: not Path(f"/proc/{proxy['pid']}").exists())
    until(serves)
