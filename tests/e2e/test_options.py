"""Every option of `penstock up`, through what a client or a script sees."""

from __future__ import annotations

import http.server
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from e2e.harness import address_of, request, until, up
from e2e.manifests import deployment, ingress, service

PENSTOCK = (sys.executable, "-m", "penstock")
WEB = service("one") + deployment("one") + ingress("web", ("/", "one"))


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "web.yaml").write_text(WEB)
    return tmp_path


@contextmanager
def backend(answer: bytes) -> Iterator[str]:
    """A small server of the user's own, ``HOST:PORT``."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def run(*arguments: str, stdin: str = "", state: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PENSTOCK, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "XDG_STATE_HOME": str(state), "COLUMNS": "200"},
    )


def test_two_instances_side_by_side(site: Path) -> None:
    with (
        up([site / "web.yaml"], site / "a") as first,
        up([site / "web.yaml"], site / "b") as second,
    ):
        addresses = {address_of(first.events[0]), address_of(second.events[0])}
        assert len(addresses) == 2
        for address in addresses:
            assert request(address, "/", host="web.example").status == 200


def test_the_address_is_the_same_next_time(site: Path) -> None:
    with up([site / "web.yaml"], site / "state", "--address-pool", "127.10.77.0/24") as first:
        before = address_of(first.events[0])
    with up([site / "web.yaml"], site / "state", "--address-pool", "127.10.77.0/24") as second:
        assert address_of(second.events[0]) == before == "127.10.77.1"


def test_port_offset_moves_all_listeners(site: Path) -> None:
    with up([site / "web.yaml"], site / "state", "--port-offset", "8000") as running:
        (lb,) = running.events[0]["loadBalancers"]
        assert [x["port"] for x in lb["listeners"]] == [8080]
        answer = request(lb["addresses"][0], "/", host="web.example:8080", port=8080)
        assert answer.echo["host"] == "web.example:8080"


def test_endpoints_of_ones_own_take_the_stand_ins_place(site: Path) -> None:
    with (
        backend(b"mine") as target,
        up([site / "web.yaml"], site / "state", "--endpoints", f"default/one={target}") as running,
    ):
        address = address_of(running.events[0])
        assert request(address, "/", host="web.example").body == b"mine"
        assert running.pods() == []


def test_endpoints_for_an_unknown_service_are_told(site: Path) -> None:
    given = "default/nobody=127.0.0.1:9"
    with up([site / "web.yaml"], site / "state", "--endpoints", given) as running:
        (finding,) = running.events[0]["findings"]
        assert finding["code"] == "runtime/endpoints-unknown-service"
        assert "one" in finding["hint"]


@pytest.mark.parametrize(
    "given", ["one", "default/one=", "default/one=127.0.0.1", "default/one=127.0.0.1:99999", "=:1"]
)
def test_bad_endpoints_are_refused_with_the_form(site: Path, given: str) -> None:
    done = run("up", "-f", str(site), "--endpoints", given, state=site)
    assert done.returncode == 2
    assert "HOST:PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_stand_ins_services_answer_503(site: Path) -> None:
    with up([site / "web.yaml"], site / "state", "--stand-ins", "off") as running:
        assert request(address_of(running.events[0]), "/", host="web.example").status == 503


def test_stand_ins_for_workloads_only(site: Path) -> None:
    lonely = service("lonely") + ingress("lonely", ("/", "lonely"), host="lonely.example")
    (site / "lonely.yaml").write_text(lonely)
    options = ("--stand-ins", "workloads")
    with up([site / "web.yaml", site / "lonely.yaml"], site / "state", *options) as running:
        address = address_of(running.events[0])
        assert request(address, "/", host="web.example").status == 200
        assert request(address, "/", host="lonely.example").status == 503


def test_no_watch_keeps_the_first_state(site: Path) -> None:
    with up([site / "web.yaml"], site / "state", "--no-watch") as running:
        revision = running.cli("status", "-o", "json")["revision"]
        (site / "web.yaml").write_text(service("one") + ingress("web", ("/other", "one")))
        (pod, _) = running.pods("one")
        running.command(pod, "--ready=false")
        until(lambda: running.cli("status", "-o", "json")["revision"] != revision)
        assert request(address_of(running.events[0]), "/", host="web.example").status == 200


def test_strict_does_not_start_on_errors(site: Path) -> None:
    (site / "bad.yaml").write_text(ingress("bad", ("/", "missing"), host="bad.example"))
    files = ("-f", str(site / "web.yaml"), "-f", str(site / "bad.yaml"))
    done = run("up", *files, "--strict", state=site)
    assert done.returncode == 2
    assert "missing" in done.stdout


def test_strict_says_that_nothing_was_started_and_why(site: Path) -> None:
    (site / "bad.yaml").write_text("a: b: c\n")
    done = run("up", "-f", str(site / "bad.yaml"), "--strict", state=site)
    assert done.returncode == 2
    *_, last = done.stdout.strip().splitlines()
    assert last == "Nothing was started: with --strict the input must have no errors."


def test_strict_starts_on_clean_input(site: Path) -> None:
    with up([site / "web.yaml"], site / "state", "--strict") as running:
        assert running.events[0]["findings"] == []


def test_a_busy_state_directory_is_refused(site: Path) -> None:
    with up([site / "web.yaml"], site / "state"):
        state = str(site / "state")
        done = run("up", "-f", str(site / "web.yaml"), "--state-dir", state, state=site)
    assert done.returncode == 2
    assert "another instance runs on" in done.stderr


def test_a_directory_that_is_not_for_state_is_refused(site: Path) -> None:
    mode = site.stat().st_mode
    done = run("up", "-f", str(site / "web.yaml"), "--state-dir", str(site), state=site)
    assert done.returncode == 2
    assert done.stderr.strip().endswith("is no state directory: there is something else in it")
    assert site.stat().st_mode == mode


def test_input_from_stdin(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*PENSTOCK, "up", "-f", "-", "-o", "json", "--state-dir", str(tmp_path / "s")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    with process:
        process.stdin.write(WEB)
        process.stdin.close()
        ready = json.loads(process.stdout.readline())
        assert request(address_of(ready), "/", host="web.example").status == 200
        process.terminate()
        assert json.loads(process.stdout.readlines()[-1]) == {"event": "stopped"}


def test_metrics_over_tcp_and_nothing_but_metrics(site: Path) -> None:
    with up([site / "web.yaml"], site / "state", "--metrics-address", "127.10.88.1:19090") as _:
        assert request("127.10.88.1", "/ready", port=19090).status == 200
        assert b"penstock_objects" in request("127.10.88.1", "/metrics", port=19090).body
        for path in ("/status", "/model", "/stand-ins", "/envoy"):
            assert request("127.10.88.1", path, port=19090).status == 404


def test_the_access_log_goes_where_asked(site: Path) -> None:
    log = site / "log.json"
    with up([site / "web.yaml"], site / "state", "--access-log", str(log)) as running:
        request(address_of(running.events[0]), "/logged", host="web.example")
        until(lambda: log.exists() and "/logged" in log.read_text())


def test_a_deep_state_directory_works(site: Path) -> None:
    deep = site / ("d" * 100) / "state"
    with up([site / "web.yaml"], deep) as running:
        assert request(address_of(running.events[0]), "/", host="web.example").status == 200
        assert running.cli("status", "-o", "json")["ready"] is True


def test_empty_input_starts_and_waits_for_more(tmp_path: Path) -> None:
    folder = tmp_path / "manifests"
    folder.mkdir()
    with up([folder], tmp_path / "state") as running:
        assert running.events[0]["loadBalancers"] == []
        (folder / "web.yaml").write_text(WEB)
        event = running.applied("+Ingress default/web")
        assert request(address_of(event), "/", host="web.example").status == 200


def test_broken_input_at_the_start_serves_the_rest(site: Path) -> None:
    (site / "broken.yaml").write_text("kind: [unclosed\n")
    files: Sequence[Path] = [site / "broken.yaml", site / "web.yaml"]
    with up(files, site / "state") as running:
        codes = {f["severity"] for f in running.events[0]["findings"]}
        assert "error" in codes
        assert request(address_of(running.events[0]), "/", host="web.example").status == 200


NOBODY = 65534
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
NESTED = "import penstock, subprocess, sys; subprocess.run([sys.executable, '-c', ''], check=True)"


def python_for_everybody(environment: dict[str, str]) -> str:
    """A Python that other users may run; the one of the tests may be in a private home."""
    for python in (sys.executable, "/usr/bin/python3"):
        tried = subprocess.run(
            [*AS_NOBODY, python, "-c", NESTED], env=environment, capture_output=True, check=False
        )
        if tried.returncode == 0:
            return python
    pytest.skip("no Python 3.11 and checkout that other users may read")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another user")
def test_a_user_without_privileges_gets_moved_ports() -> None:
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        (home / "web.yaml").write_text(WEB)
        os.chown(home, NOBODY, NOBODY)
        environment = {
            "HOME": name,
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        python = python_for_everybody(environment)
        process = subprocess.Popen(
            [
                *AS_NOBODY,
                python,
                "-m",
                "penstock",
                "up",
                "-f",
                str(home / "web.yaml"),
                "-o",
                "json",
            ],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert process.stdout
        with process:
            ready = json.loads(process.stdout.readline())
            process.terminate()
            process.stdout.read()
    start = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    expected = 80 if start <= 80 else 8080
    assert [x["port"] for x in ready["loadBalancers"][0]["listeners"]] == [expected]


def test_status_without_an_instance_says_how_to_start_one(tmp_path: Path) -> None:
    done = run("status", state=tmp_path)
    assert done.returncode == 1
    assert "penstock up" in done.stderr


def test_status_finds_the_instance_by_itself(site: Path) -> None:
    with up([site / "web.yaml"], site / "state") as running:
        done = run("status", "-o", "json", state=running.state.parent / "xdg")
        assert json.loads(done.stdout)["pid"] == running.process.pid


def test_a_new_pod_set_with_an_unknown_name_is_refused(site: Path) -> None:
    with up([site / "web.yaml"], site / "state") as running:
        state = str(running.state)
        done = run("stand-in", "set", "onne", "--stop", "--state-dir", state, state=site)
        assert done.returncode == 2
        assert "no pod 'onne'" in done.stderr


def test_a_port_that_is_taken_is_a_finding_and_comes_when_free(site: Path) -> None:
    options = ("--address-pool", "127.10.99.0/30", "--port-offset", "18000")
    other = socket.create_server(("0.0.0.0", 18080))
    with other, up([site / "web.yaml"], site / "state", *options) as running:
        ready = running.events[0]
        assert {f["code"] for f in ready["findings"]} == {"runtime/no-address"}
        assert ready["loadBalancers"][0]["addresses"] == []
        other.close()
        event = running.wait(lambda e: e["event"] == "applied" and "loadBalancers" in e)
        assert request(address_of(event), "/", host="web.example", port=18080).status == 200
