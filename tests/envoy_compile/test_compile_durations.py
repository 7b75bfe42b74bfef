"""How long requests may last, and when they are tried again, in a real Envoy.

Endpoints that hang do so until the test ends, so whatever ends is ended by the proxy.
"""

import concurrent.futures
import contextlib
import queue
import socket
import threading
import types

import grpc
import httpx
import pytest
from compile_backends import websocket_echo
from compile_lab import get, lab, logged, path_rule
from compile_models import BackendProtocol, forward, host, neg, service, setting, url_map
from compile_scripted import scripted
from msgspec.structs import replace
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from penstock.model import RetryPolicy

VIP = "127.23.0.22"
POD = "127.23.1.22"
SHORT = 0.4


GRPC_CONDITIONS = {
    grpc.StatusCode.CANCELLED: "cancelled",
    grpc.StatusCode.DEADLINE_EXCEEDED: "deadline-exceeded",
    grpc.StatusCode.INTERNAL: "internal",
    grpc.StatusCode.RESOURCE_EXHAUSTED: "resource-exhausted",
    grpc.StatusCode.UNAVAILABLE: "unavailable",
}


def lasting(*names, **changes):
    """Forward with a maximum duration, and with further settings."""
    settings = {"max_duration": SHORT, "timeout": 0.0, **changes}
    return replace(forward(*names), **{name: setting(v) for name, v in settings.items()})


def tried(*names, **policy):
    settings = {"conditions": ("5xx",), "attempts": 1, **policy}
    return replace(forward(*names), retry=setting(RetryPolicy(**settings)))


def hosts():
    yield host(
        "last.test",
        path_rule("/max", lasting("one")),
        path_rule("/timeout", lasting("one", max_duration=0.0, timeout=SHORT)),
        path_rule("/long", lasting("one", max_duration=60.0)),
        path_rule("/ws-idle", lasting("sockets", idle_timeout=SHORT)),
        path_rule("/ws", lasting("sockets", idle_timeout=60.0)),
        path_rule("/grpc.Test/short", lasting("grpc")),
        path_rule("/grpc.Test", lasting("grpc", max_duration=60.0)),
    )
    yield host(
        "retry.test",
        path_rule("/once", "one"),
        path_rule("/5xx", tried("one")),
        path_rule("/thrice", tried("one", attempts=3)),
        path_rule("/gateway", tried("one", conditions=("gateway-error",))),
        path_rule("/4xx", tried("one", conditions=("retriable-4xx",))),
        path_rule("/get", tried("one", methods=("GET", "HEAD"))),
        path_rule("/try", tried("one", per_try_timeout=SHORT)),
        path_rule("/other", tried("both", attempts=1)),
        path_rule("/refused", tried("half", conditions=("connect-failure",))),
        *(
            path_rule(f"/grpc.Test/{code.name.lower()}", tried("grpc", conditions=(word,)))
            for code, word in GRPC_CONDITIONS.items()
        ),
    )


class Echo(grpc.GenericRpcHandler):
    """Streams back what comes, fails as its method is called, or hangs."""

    def __init__(self, hanging, calls):
        self.hanging, self.calls = hanging, calls

    def service(self, call):
        name = call.method.rpartition("/")[2]
        failing = {code.name.lower(): code for code in GRPC_CONDITIONS}
        if name in failing:
            self.calls.put(name)
            return grpc.unary_unary_rpc_method_handler(
                lambda request, context: context.abort(failing[name], "as asked")
            )
        return grpc.stream_stream_rpc_method_handler(self.hang if name == "hang" else self.echo)

    def echo(self, requests, context):
        context.set_trailing_metadata((("x-trailer", "yes"),))
        yield from requests

    def hang(self, requests, context):
        # Each call has an event of its own: that of an earlier call may be set late.
        over = threading.Event()
        context.add_callback(over.set)
        self.hanging.put(over)
        over.wait()
        yield from ()


@contextlib.contextmanager
def grpc_server(pool, hanging, calls):
    server = grpc.server(pool, handlers=[Echo(hanging, calls)])
    port = server.add_insecure_port(f"{POD}:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(0).wait()


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        one, got = stack.enter_context(scripted("one", POD))
        two, got_two = stack.enter_context(scripted("two", POD))
        pool = stack.enter_context(concurrent.futures.ThreadPoolExecutor(4))
        hanging, calls = queue.SimpleQueue(), queue.SimpleQueue()
        ports = {
            "one": [one],
            "both": [one, two],
            "half": [one, 1],
            "sockets": [stack.enter_context(websocket_echo(POD))],
            "grpc": [stack.enter_context(grpc_server(pool, hanging, calls))],
        }
        made_lab = lab(
            stack,
            tmp_path_factory.mktemp("envoy"),
            VIP,
            url_map(*hosts()),
            services=[
                service(
                    name,
                    protocol=BackendProtocol.H2C if name == "grpc" else BackendProtocol.HTTP,
                )
                for name in ports
            ],
            negs=[neg(name, *((POD, p) for p in listed)) for name, listed in ports.items()],
        )
        yield types.SimpleNamespace(
            **vars(made_lab), got=got, got_two=got_two, calls=calls, hanging=hanging
        )


def test_nothing_was_left_out(proxy):
    assert proxy.findings == ()


@pytest.mark.parametrize("path", ["/max", "/timeout"])
def test_without_an_answer_in_time(proxy, path):
    assert get(proxy, "last.test", f"{path}?hang").status_code == 504


@pytest.mark.parametrize("path", ["/max", "/timeout"])
def test_an_answer_is_cut_off(proxy, path):
    with pytest.raises(httpx.RemoteProtocolError):
        get(proxy, "last.test", f"{path}?partial")


def test_an_upload_that_takes_too_long_gets_408(proxy):
    """The maximum counts from the request's first byte, the timeout from its last."""
    with socket.create_connection(proxy.http, timeout=10) as raw:
        raw.sendall(b"POST /max HTTP/1.1\r\nHost: last.test\r\nContent-Length: 9\r\n\r\n1234")
        assert raw.recv(4_096).startswith(b"HTTP/1.1 408 ")


def websocket(stack, proxy, path):
    raw = stack.enter_context(socket.create_connection(proxy.http))
    return stack.enter_context(connect(f"ws://last.test{path}", sock=raw, proxy=None))


def test_an_active_websocket_outlives_every_limit(proxy):
    with contextlib.ExitStack() as stack:
        living = websocket(stack, proxy, "/ws")
        # A request that begins later is cut off, so the socket is older than the limit by then.
        assert get(proxy, "last.test", "/max?hang").status_code == 504
        assert get(proxy, "last.test", "/timeout?hang").status_code == 504
        living.send("still there")
        assert living.recv(timeout=10) == "still there"


def test_an_idle_websocket_is_closed(proxy):
    with contextlib.ExitStack() as stack:
        idle = websocket(stack, proxy, "/ws-idle")
        idle.send("hello")
        assert idle.recv(timeout=10) == "hello"
        with pytest.raises(ConnectionClosed):
            idle.recv(timeout=10)


def test_the_header_alone_is_no_upgrade(proxy):
    """A request without `Connection: upgrade` keeps its limit."""
    assert get(proxy, "last.test", "/max?hang", upgrade="websocket").status_code == 504


def channel(stack, proxy, name="last.test"):
    options = [("grpc.default_authority", name), ("grpc.enable_retries", 0)]
    target = f"{proxy.http.address}:{proxy.http.port}"
    return stack.enter_context(grpc.insecure_channel(target, options=options))


def test_grpc_streams_both_ways_with_trailers(proxy):
    with contextlib.ExitStack() as stack:
        call = channel(stack, proxy).stream_stream("/grpc.Test/echo")(iter([b"a", b"b"]))
        assert list(call) == [b"a", b"b"]
        assert ("x-trailer", "yes") in [tuple(pair) for pair in call.trailing_metadata()]


def test_grpc_is_cut_off_too(proxy):
    with contextlib.ExitStack() as stack:
        call = channel(stack, proxy).stream_stream("/grpc.Test/short/hang")(iter([]))
        with pytest.raises(grpc.RpcError) as caught:
            list(call)
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert proxy.hanging.get(timeout=10).wait(10)


def test_a_grpc_deadline_is_kept_by_the_proxy(proxy):
    """A client that only sends the header, and waits."""
    url = f"http://{proxy.http.address}:{proxy.http.port}/grpc.Test/hang"
    headers = {"host": "last.test", "content-type": "application/grpc", "te": "trailers"}
    with httpx.Client(http1=False, http2=True, trust_env=False, timeout=30) as client:
        answer = client.post(url, headers={**headers, "grpc-timeout": "300m"})
    assert answer.headers["grpc-status"] == "4"
    assert proxy.hanging.get(timeout=10).wait(10)


def tries(got):
    seen = []
    while not got.empty():
        seen.append(got.get())
    return len(seen)


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("/once?status=503", 1),
        ("/5xx?status=500", 2),
        ("/5xx?status=404", 1),
        ("/thrice?status=503", 4),
        ("/gateway?status=504", 2),
        ("/gateway?status=500", 1),
        ("/4xx?status=409", 2),
        ("/4xx?status=404", 1),
        ("/get?status=503", 2),
        ("/try?hang", 2),
    ],
)
def test_retries(proxy, path, count):
    tries(proxy.got)
    get(proxy, "retry.test", path)
    assert tries(proxy.got) == count


def test_only_the_policy_s_methods_are_tried_again(proxy):
    tries(proxy.got)
    assert get(proxy, "retry.test", "/get?status=503", method="POST").status_code == 503
    assert tries(proxy.got) == 1


def test_a_retry_goes_to_another_endpoint(proxy):
    tries(proxy.got), tries(proxy.got_two)
    for _ in range(5):
        get(proxy, "retry.test", "/other?status=503")
    assert (tries(proxy.got), tries(proxy.got_two)) == (5, 5)


def test_connections_that_fail_are_tried_elsewhere(proxy):
    assert {get(proxy, "retry.test", "/refused").status_code for _ in range(6)} == {200}


@pytest.mark.parametrize("code", GRPC_CONDITIONS)
def test_grpc_retries(proxy, code):
    name = code.name.lower()
    with contextlib.ExitStack() as stack:
        call = channel(stack, proxy, "retry.test").unary_unary(f"/grpc.Test/{name}")
        with pytest.raises(grpc.RpcError) as caught:
            call(b"")
        assert caught.value.code() is code
    assert tries(proxy.calls) == 2


def test_one_log_entry_for_all_tries(proxy):
    get(proxy, "retry.test", "/thrice?status=503", **{"x-request-id": "four-tries"})
    get(proxy, "retry.test", "/once", **{"x-request-id": "after"})
    entries = [e for e in logged(proxy, '"after"') if e["request_id"] == "four-tries"]
    assert [e["status"] for e in entries] == [503]
