"""What shells and terminals do to a command: closed streams, full disks, signals at any time."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from e2e.harness import Up, address_of, request, until, up
from e2e.manifests import deployment, ingress, service

PENSTOCK = (sys.executable, "-m", "penstock")
WEB = service("one") + deployment("one") + ingress("web", ("/", "one"))
HOSTILE = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: "\\e]0;pwn\\a"}
spec: {rules: [{host: "\\e[31mred\\nerror: forged"}]}
---
apiVersion: v1
kind: "\\e[2JNothing"
metadata: {name: x}
"""


@pytest.fixture
def web(tmp_path: Path) -> Path:
    path = tmp_path / "web.yaml"
    path.write_text(WEB)
    return path


def test_a_full_disk_is_one_line(web: Path) -> None:
    (web.parent / "bad.yaml").write_text("kind: x\n")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*PENSTOCK, "check", "-f", str(web.parent / "bad.yaml")],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 74
    assert done.stderr == "penstock: [Errno 28] No space left on device\n"


def test_closed_standard_input_is_empty_input() -> None:
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m penstock check -f - 0<&-"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert "is empty" in done.stdout


def test_text_that_the_terminal_cannot_show_is_escaped(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(ingress("web", ("/", "one"), host="münchen.example"))
    done = subprocess.run(
        [*PENSTOCK, "check", "-f", str(tmp_path)],
        capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert done.returncode == 2
    assert "m\\xfcnchen" in done.stdout


def test_input_cannot_command_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(HOSTILE)
    done = subprocess.run(
        [*PENSTOCK, "check", "-f", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert "\\x1b[31mred\\n" in done.stdout
    for line in done.stdout.splitlines():
        assert line.isprintable()
        assert not line.startswith("error: forged")


def test_a_reader_that_leaves_is_no_error_to_talk_about(web: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m penstock show -f {web} | head -1"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("seed", range(8))
def test_a_signal_at_any_time_ends_it(web: Path, tmp_path: Path, seed: int) -> None:
    """Ctrl-C while it imports, starts its processes, or publishes: never a hang, nothing left."""
    state = tmp_path / "state"
    process = subprocess.Popen(
        [*PENSTOCK, "up", "-f", str(web), "-o", "json", "--state-dir", str(state)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    # Before, the interpreter itself is being started, and what it says is Python's.
    until(lambda: b"site-packages" in Path(f"/proc/{process.pid}/maps").read_bytes())
    # Not a synchronisation: the moment is meant to be arbitrary.
    time.sleep(random.Random(seed).uniform(0, 0.9))
    process.send_signal(signal.SIGINT)
    try:
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode in (0, 130, -signal.SIGINT), errors
    assert "Traceback" not in errors
    until(lambda: not processes_of(state))


def processes_of(state: Path) -> list[str]:
    """Command lines that mention a state directory."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(state) in line:
            found.append(line)
    return found


def test_a_closed_terminal_ends_it(web: Path, tmp_path: Path) -> None:
    with up([web], tmp_path / "state") as running:
        assert running.stop(signal.SIGHUP) == 0
        until(lambda: not processes_of(running.state))


def test_a_second_signal_does_not_wait(web: Path, tmp_path: Path) -> None:
    with up([web], tmp_path / "state", "--drain-time", "60") as running:
        address = address_of(running.events[0])
        for pod in running.pods():
            running.command(pod, "--delay", "60s")
        slow = threading.Thread(target=give_up_quietly, args=(address,))
        slow.start()
        until(lambda: active(running) == 1)
        running.process.send_signal(signal.SIGINT)
        until(lambda: refuses(address))
        assert running.process.poll() is None
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(15) == 0
        slow.join()


def give_up_quietly(address: str) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        request(address, "/", host="web.example")


def active(running: Up) -> int:
    (proxy,) = running.cli("status", "-o", "json")["proxies"]
    return int(proxy["activeRequests"])


def refuses(address: str) -> bool:

    try:
        with socket.create_connection((address, 80), timeout=1):
            return False
    except OSError:
        return True


def test_the_access_log_on_standard_output(web: Path, tmp_path: Path) -> None:
    with up([web], tmp_path / "state", "--access-log", "-") as running:
        request(address_of(running.events[0]), "/logged", host="web.example")
        line = running.wait(lambda event: event.get("path") == "/logged")
    assert line["status"] == 200
    assert json.dumps(line)


def test_an_access_log_that_cannot_be_written_is_refused(web: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [*PENSTOCK, "up", "-f", str(web), "--state-dir", str(tmp_path / "s"),
         "--access-log", "/nonexistent/x.log"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "--access-log /nonexistent/x.log: No such file" in done.stderr


def test_a_slow_half_written_file_takes_nothing_down(web: Path, tmp_path: Path) -> None:
    """A writer that pauses in the middle of an object, with others behind it."""
    with up([web], tmp_path / "state") as running:
        address = address_of(running.events[0])
        text = ingress("web", ("/", "one"), ("/two", "one")) + service("one") + deployment("one")
        web.write_text(text)
        running.applied("Ingress default/web")
        for cut in (len(text) // 4, len(text) // 2, len(text) * 3 // 4):
            with web.open("w") as file:
                file.write(text[:cut])
                file.flush()
                until(lambda: bool(running.cli("status", "-o", "json")["findings"]))
                assert request(address, "/two", host="web.example").status == 200
                file.write(text[cut:])
            until(lambda: not running.cli("status", "-o", "json")["findings"])
            assert request(address, "/two", host="web.example").status == 200
