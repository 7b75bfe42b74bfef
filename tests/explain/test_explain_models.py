"""`explain` says what a real Envoy does with URL maps that use all of the model.

One Envoy serves many random URL maps, each on a port of its own, so that thousands
of pairs of URL map and request cost one start.  PENSTOCK_EXPLAIN_SEED chooses others.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
from compile_models import http_proxy, load_balancer, neg, rule, service
from compile_models import model as model_of
from compile_proxy import running
from explain_lab import Seen, Wire, raw
from random_models import BACKENDS, EDITED, Maker
from test_explain_agrees import routes_logged

from penstock.envoy.compile import CompileOptions, Compiler, SocketAddress
from penstock.explain import Context, Explanation, Listener, Request, explain
from penstock.model import ForwardingRule, ForwardingRuleName, Model, UrlMapName

MAPS = int(os.environ.get("PENSTOCK_EXPLAIN_MAPS", "120"))
REQUESTS = int(os.environ.get("PENSTOCK_EXPLAIN_REQUESTS", "60"))
"""For each URL map."""
SEED = int(os.environ.get("PENSTOCK_EXPLAIN_SEED", "1"))
VIP = "127.23.7.1"
POD = "127.23.7.2"
COMPARED = frozenset(name.lower() for name in EDITED) | {"x-back"}
"""Headers of answers."""


class _Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Whatever is asked: say what was."""
        self.rfile.read(int(self.headers.get("content-length", 0)))
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            before = headers.get(name.lower())
            headers[name.lower()] = value if before is None else f"{before},{value}"
        server: Any = self.server
        path = self.requestline.split(" ")[1]  # As it was sent.
        body = json.dumps({"service": server.label, "path": path, "headers": headers}).encode()
        self.send_response(200)
        self.send_header("X-Back", "b")
        self.send_header("X-A", "of backend")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_OPTIONS = do_GET  # noqa: N815

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def echo(label: str) -> Iterator[int]:
    server: Any = ThreadingHTTPServer((POD, 0), _Echo)
    server.daemon_threads, server.label = True, label
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for sock in sockets:
            sock.bind((VIP, 0))
        return [sock.getsockname()[1] for sock in sockets]


def build(maker: Maker, ports: dict[str, int]) -> Model:
    names = [f"map-{i}" for i in range(MAPS)]
    return model_of(
        balancers=[
            load_balancer(
                http_proxy(f"{name}/http", name),
                name=name,
                rules=[ForwardingRule(rule(name), 80, http_proxy(f"{name}/http", name).name)],
            )
            for name in names
        ],
        url_maps=[maker.url_map(name) for name in names],
        services=[service(name) for name in BACKENDS],
        negs=[neg(name, (POD, ports[name])) for name in BACKENDS],
    )


@pytest.mark.timeout(300)
def test_explain_says_what_envoy_does_with_any_url_map(tmp_path: Path) -> None:
    maker, log = Maker(SEED), tmp_path / "access.log"
    with contextlib.ExitStack() as stack:
        model = build(maker, {name: stack.enter_context(echo(name)) for name in BACKENDS})
        bindings = {
            ForwardingRuleName(name): SocketAddress(VIP, port)
            for name, port in zip(model.load_balancers, free_ports(MAPS), strict=True)
        }
        compiled = Compiler(CompileOptions(access_log=str(log))).compile(model, bindings, {})
        assert not compiled.findings, compiled.findings[:5]
        context = Context({name: Listener(*bound) for name, bound in bindings.items()})
        stack.enter_context(running(compiled.snapshot, tmp_path))
        told = ask_all(maker, model, context)
    expected = {key: route for key, route in told.items() if route}
    logged = routes_logged(log)
    assert {key: logged.get(key) for key in expected} == expected
    assert len(expected) > MAPS * REQUESTS // 2


def ask_all(maker: Maker, model: Model, context: Context) -> dict[str, str]:
    """Request id → route that should have been taken; every answer is compared."""
    routes: dict[str, str] = {}
    problems = []
    for name, listener in context.listeners.items():
        wire = Wire(listener.address, listener.port)
        for _ in range(REQUESTS):
            request_id = f"case-{len(routes)}"
            request = maker.request(len(routes))
            request = replaced(request, listener.port, name)
            told = explain(model, request, context)
            problem = difference(request, told, wire.ask(request))
            if problem:
                problems.append(describe(problem, request, told, model))
            routes[request_id] = told.route_rule.name if told.route_rule else ""
        wire.close()
    assert not problems, f"{len(problems)} of {len(routes)}:\n" + "\n\n".join(problems[:8])
    return routes


def replaced(request: Request, port: int, name: str) -> Request:
    return msgspec.structs.replace(request, port=port, load_balancer=name)


def describe(problem: str, request: Request, told: Explanation, model: Model) -> str:
    """What to look at: the problem, the request, what was told, and the rules of the host."""
    rule = told.route_rule
    route = f"{rule.name}: {rule.path_type} {rule.path}, {rule.conditions}" if rule else ""
    rules = model.url_maps[UrlMapName(request.load_balancer or "")].host_rules
    wanted = told.host_rule.host if told.host_rule else None
    near = [(r.name, r.match) for h in rules if str(h.host) == wanted for r in h.routes]
    hosts = [str(h.host) for h in rules]
    edits = [
        f"{c.name}: {c.change} {c.value!r} {c.level} {c.backend}"
        for c in (*told.request_headers, *told.response_headers)
        if c.level
    ]
    lines = (problem, raw(request), told.answer, route, hosts, *near, edits, told.action)
    return "\n".join(map(str, lines))


def difference(request: Request, told: Explanation, seen: Seen) -> str:
    """In what an answer differs from the explanation; empty if in nothing."""
    answer = told.answer
    if answer.by != "backend":
        if seen.status != answer.status:
            return f"status {seen.status}, not {answer.status}: {seen.headers}"
        if seen.headers.get("location") != answer.location:
            return f"sent to {seen.headers.get('location')}, not {answer.location}"
        services = [b.name for b in told.action.backends] if told.action else []
        found = [response_difference(told, seen, {}, name) for name in services or [""]]
        return "" if "" in found else found[0]
    if seen.status != 200 or "service" not in seen.echo:
        return f"status {seen.status}, not a backend's answer"
    service = seen.echo["service"]
    if service not in answer.backends or seen.echo["path"] != answer.path:
        return f"{service} for {seen.echo['path']}"
    own = {"x-back": "b", "x-a": "of backend"}
    return request_difference(request, told, seen, service) or response_difference(
        told, seen, own, service
    )


def request_difference(request: Request, told: Explanation, seen: Seen, service: str) -> str:
    expected: dict[str, str] = {}
    for name, value in request.headers:
        before = expected.get(name.lower())
        expected[name.lower()] = value if before is None else f"{before},{value}"
    assert told.action is not None
    rewrite = told.action.host_rewrite
    expected["host"] = rewrite.after if rewrite else (request.host or "").replace(".:", ":")
    for change in told.request_headers:
        if change.backend in (None, service):
            if change.value is None:
                expected.pop(change.name.lower(), None)
            else:
                expected[change.name.lower()] = change.value
    reached = seen.echo["headers"]
    reached.pop("content-length", None)
    reached, expected = listed(reached), listed(expected)
    return "" if reached == expected else f"headers differ: {diff(reached, expected)}"


def response_difference(told: Explanation, seen: Seen, own: dict[str, str], service: str) -> str:
    expected = dict(own)
    for change in told.response_headers:
        name = change.name.lower()
        if change.backend not in (None, service):
            continue
        if change.value is None:
            expected.pop(name, None)
        elif change.change == "set" or name not in expected:
            expected[name] = change.value
        else:
            expected[name] = f"{expected[name]},{change.value}"
    wanted = listed({k: v for k, v in expected.items() if is_compared(k)})
    got = listed({k: v for k, v in seen.headers.items() if is_compared(k)})
    return "" if got == wanted else f"answer's headers differ: {diff(got, wanted)}"


def listed(headers: dict[str, str]) -> dict[str, str]:
    """Without empty elements of lists, which mean nothing (RFC 9110, 5.6.1)."""
    return {k: ",".join(filter(None, v.split(","))) for k, v in headers.items()}


def is_compared(name: str) -> bool:
    return name in COMPARED or name.startswith("access-control-")


def diff(got: dict[str, str], wanted: dict[str, str]) -> str:
    names = sorted({*got, *wanted})
    return ", ".join(
        f"{name}: got {got.get(name)!r}, not {wanted.get(name)!r}"
        for name in names
        if got.get(name) != wanted.get(name)
    )
