"""A running instance whose input is replaced again and again, and a client that says anything."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from e2e.harness import TIMEOUT, Up, up
from e2e.manifests import other_hosts, service
from penstock.cli import offline
from penstock.explain import Context, Explanation, Listener, Request, explain
from penstock.model import Model
from penstock.runtime.settings import Settings

CLIENT = "127.0.0.1"
STEADY = (
    service("one")
    + service("two")
    + service("three")
    + """\
apiVersion: v1
kind: Service
metadata: {name: empty}
spec: {ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: empty, labels: {kubernetes.io/service-name: empty}}
addressType: IPv4
endpoints: [{addresses: [192.0.2.1], conditions: {ready: false}}]
ports: [{name: http, port: 8080}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: zz-steady}
spec:
  rules:
    - host: steady.invalid
      http:
        paths:
          - {path: /, pathType: Prefix, backend: {service: {name: one, port: {number: 80}}}}
"""
)


@dataclass
class Seen:
    """What a client got."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def echo(self) -> dict[str, Any]:
        """The stand-in's JSON."""
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed


class Wire:
    """A keep-alive connection that sends requests as they are, byte for byte."""

    def __init__(self, address: str, port: int = 80) -> None:
        self._place = (address, port)
        self._socket: socket.socket | None = None
        self._buffer = b""

    def ask(self, request: Request) -> Seen:
        """Send a request and read the answer."""
        if self._socket is None:
            self._socket = socket.create_connection(
                self._place, timeout=TIMEOUT, source_address=(CLIENT, 0)
            )
            self._buffer = b""
        self._socket.sendall(raw(request))
        seen = self._answer()
        if seen.headers.get("connection") == "close":
            self.close()
        return seen

    def _answer(self) -> Seen:
        while b"\r\n\r\n" not in self._buffer:
            self._receive()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers: dict[str, str] = {}
        for name, _, value in (line.partition(":") for line in lines):
            before = headers.get(name.lower())
            headers[name.lower()] = f"{before},{value.strip()}" if before else value.strip()
        length = int(headers.get("content-length", 0))
        while len(self._buffer) < length:
            self._receive()
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        return Seen(int(first.split(" ")[1]), headers, body)

    def _receive(self) -> None:
        assert self._socket is not None
        data = self._socket.recv(65536)
        assert data, f"closed after {self._buffer!r}"
        self._buffer += data

    def close(self) -> None:
        """Begin anew with the next request."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def raw(request: Request) -> bytes:
    """The request's bytes."""
    lines = [f"{request.method} {request.target} HTTP/1.1"]
    if request.host is not None:
        lines.append(f"Host: {request.host}")
    lines += [f"{name}: {value}" for name, value in request.headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


@dataclass
class Lab:
    """The instance with its input."""

    running: Up
    folder: Path
    address: str
    wire: Wire
    saves: int = 0
    asked: int = 0
    expected_routes: dict[str, str] = field(default_factory=dict)
    """Request id → name of the route that should have taken it."""

    def save(self, text: str) -> Model:
        """Replace the input; the model once it is live."""
        self.saves += 1
        marker = f"marker-{self.saves}"
        new = self.folder / ".case"
        new.write_text(f"{text}\n---\n{service(marker)}")
        new.rename(self.folder / "case.yaml")
        self.running.applied(f"+Service default/{marker}")
        return offline.revision(Settings(sources=(str(self.folder),))).model

    def context(self, model: Model, port: int = 80) -> Context:
        """Everything listens on the instance's only address."""
        return Context(
            listeners={
                rule.name: Listener(self.address, rule.port)
                for lb in model.load_balancers.values()
                for rule in lb.forwarding_rules
            },
            findings=model.findings,
        )

    def compare(self, model: Model, request: Request) -> None:
        """The answer is what the explanation says."""
        self.asked += 1
        request_id = f"case-{self.asked}"
        headers = (*request.headers, ("X-Request-Id", request_id))
        request = msgspec.structs.replace(request, headers=headers, client=CLIENT)
        told = explain(model, request, self.context(model))
        seen = self.wire.ask(request)
        problem = difference(told, seen) or header_difference(request, told, seen)
        assert not problem, (
            f"{problem}\n{raw(request)!r}\ntold: {told.answer}\n"
            f"route: {told.route_rule}\nhost rule: {told.host_rule}\nsteps: {told.normalisation}\n"
            f"seen: {seen}\n{(self.folder / 'case.yaml').read_text()}"
        )
        if told.route_rule is not None:
            self.expected_routes[request_id] = told.route_rule.name


def difference(told: Explanation, seen: Seen) -> str:
    """In what the answer differs from the explanation; empty if in nothing."""
    answer = told.answer
    if answer.by == "backend":
        if seen.status != 200:
            return f"status {seen.status}, not a backend's answer"
        name = re.fullmatch(r"ingress/default/(\w+):80", answer.backends[0])
        assert name
        wanted = (name[1], answer.path)
        got = (seen.echo["service"], seen.echo["path"])
        return "" if got == wanted else f"{got}, not {wanted}"
    if seen.status != answer.status:
        return f"status {seen.status}, not {answer.status}"
    if answer.location != seen.headers.get("location"):
        return f"redirected to {seen.headers.get('location')}, not {answer.location}"
    body = told.action.body if told.action else None
    return "" if body is None or seen.body == body.encode() else f"body {seen.body!r}"


def header_difference(request: Request, told: Explanation, seen: Seen) -> str:
    """In what the headers that reached the backend differ from what was told."""
    if told.answer.by != "backend":
        return ""
    reached = {name.lower(): ",".join(values) for name, values in seen.echo["headers"].items()}
    # Framing: Envoy adds it where a method usually has a body.
    reached.pop("content-length", None)
    expected: dict[str, str] = {}
    for name, value in request.headers:
        before = expected.get(name.lower())
        expected[name.lower()] = value if before is None else f"{before},{value}"
    for change in told.request_headers:
        name = change.name.lower()
        if change.value is None:
            expected.pop(name)
        else:
            expected[name] = change.value
    return "" if reached == expected else f"headers {reached}, not {expected}"


@contextmanager
def lab(root: Path, others: int = 0) -> Iterator[Lab]:
    """A lab; afterwards the access log is complete.  There may be hosts nobody asks for."""
    folder = root / "manifests"
    folder.mkdir()
    (folder / "steady.yaml").write_text(STEADY + other_hosts(others, "one"))
    log = root / "access.log"
    with up([folder], root / "state", "--access-log", str(log)) as running:
        address = running.events[-1]["loadBalancers"][0]["addresses"][0]
        wire = Wire(address)
        try:
            yield Lab(running, folder, address, wire)
        finally:
            wire.close()
