"""Runs the real `penstock up` as users do, and talks to it as their clients do."""

from __future__ import annotations

import http.client
import json
import os
import queue
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from e2e.sockets import connect

Json = dict[str, Any]
TIMEOUT = 30.0


class Up:
    """One `penstock up --output json` process."""

    def __init__(self, sources: Sequence[str | Path], state: Path, *options: str) -> None:
        arguments = [arg for source in sources for arg in ("-f", str(source))]
        self.state = state
        self.events: list[Json] = []
        self._queue: queue.Queue[Json | None] = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "penstock", "up", *arguments, "-o", "json",
             "--state-dir", str(state), "--drain-time", "5", *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "XDG_STATE_HOME": str(state.parent / "xdg")},
        )  # fmt: skip
        self.stderr: list[str] = []
        self._readers = [
            threading.Thread(target=target, daemon=True)
            for target in (self._read, self._read_errors)
        ]
        for reader in self._readers:
            reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._queue.put(json.loads(line))
        self._queue.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr
        self.stderr.extend(self.process.stderr)

    def wait(self, wanted: Callable[[Json], bool], timeout: float = TIMEOUT) -> Json:
        """The next event that is `wanted`."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                event = self._queue.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(
                    f"no such event; had {self.events}\n{self._errors()}"
                ) from None
            if event is None:
                raise AssertionError(f"ended; had {self.events}\n{self._errors()}")
            self.events.append(event)
            if wanted(event):
                return event

    def _errors(self) -> str:
        return "".join(self.stderr)

    def ready(self) -> Json:
        """The ready event."""
        return self.wait(lambda event: event["event"] == "ready")

    def applied(self, changed: str = "") -> Json:
        """The next applied event that mentions a change of `changed`."""
        return self.wait(
            lambda event: (
                event["event"] == "applied"
                and (not changed or any(changed in change for change in event["changes"]))
            )
        )

    def cli(self, *arguments: str) -> Any:
        """Another `penstock` command against this instance, its JSON answer."""
        done = subprocess.run(
            [sys.executable, "-m", "penstock", *arguments, "--state-dir", str(self.state)],
            capture_output=True, text=True, timeout=TIMEOUT, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def pods(self, service: str | None = None) -> list[str]:
        """Names of stand-in pods, all or a Service's."""
        listed = self.cli("stand-in", "list", "-o", "json")
        return [pod["name"] for pod in listed if service in (None, pod["service"])]

    def command(self, pod: str, *options: str) -> Json:
        """`penstock stand-in set`."""
        changed: Json = self.cli("stand-in", "set", pod, *options, "-o", "json")
        return changed

    def stop(self, number: int = signal.SIGINT) -> int:
        """End it as Ctrl-C does."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(TIMEOUT)
        self.close()
        return code

    def close(self) -> None:
        """Read what is left of the output of a process that has ended."""
        for reader in self._readers:
            reader.join(TIMEOUT)
        assert self.process.stdout
        assert self.process.stderr
        self.process.stdout.close()
        self.process.stderr.close()


@contextmanager
def up(sources: Sequence[str | Path], state: Path, *options: str) -> Iterator[Up]:
    """A running instance, ready."""
    running = Up(sources, state, *options)
    try:
        running.ready()
        yield running
    finally:
        try:
            running.stop()
        finally:
            if running.process.poll() is None:
                running.process.kill()
                running.process.wait()
                running.close()
    assert "Traceback" not in running._errors(), running._errors()


@dataclass(frozen=True)
class Answer:
    """What a client got."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def echo(self) -> Json:
        """The stand-in's JSON."""
        parsed: Json = json.loads(self.body)
        return parsed


def address_of(event: Json, index: int = 0) -> str:
    """The first address of a load balancer of a ready event."""
    return str(event["loadBalancers"][index]["addresses"][0])


def request(
    address: str,
    path: str = "/",
    host: str | None = None,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    port: int = 80,
    tls: ssl.SSLContext | None = None,
    server_name: str | None = None,
) -> Answer:
    """One HTTP/1.1 request, sent as given (no normalisation)."""
    raw = connect((address, port), "127.0.0.1", TIMEOUT)
    try:
        stream = tls.wrap_socket(raw, server_hostname=server_name) if tls else raw
        connection = http.client.HTTPConnection(address, port, timeout=TIMEOUT)
        connection.sock = stream
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", host or address)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        answer = Answer(
            response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
        )
        connection.close()
        return answer
    finally:
        raw.close()


def until(condition: Callable[[], bool], timeout: float = TIMEOUT) -> None:
    """Wait until `condition` holds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("the condition never came true")
        time.sleep(0.005)
