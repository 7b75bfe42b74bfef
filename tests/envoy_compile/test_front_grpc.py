"""gRPC from end to end: a TLS front end, and backends that speak HTTP/2 with and without TLS."""

import contextlib
import queue
import types

import grpc
import pytest
from compile_certificates import certificate
from compile_models import (
    forward,
    host,
    https_proxy,
    load_balancer,
    model,
    neg,
    route,
    rule,
    service,
    url_map,
)
from compile_proxy import free_port, running
from front_backends import grpc_server

from penstock.envoy.compile import CompileOptions, Compiler, SocketAddress
from penstock.model import BackendProtocol

VIP = "127.32.0.20"
POD = "127.32.1.20"
FRONT = certificate("front", "grpc.test", "h2.test", "h2c.test")
PROTOCOLS = {"h2": BackendProtocol.HTTP2, "h2c": BackendProtocol.H2C}


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        made = certificate("pod", "pod.test")
        servers = {
            name: stack.enter_context(grpc_server(POD, made if name == "h2" else None))
            for name in PROTOCOLS
        }
        compiled_model = model(
            balancers=[load_balancer(https_proxy(default=("front",)))],
            url_maps=[
                url_map(
                    *(host(f"{n}.test", route("/", forward(n, timeout=0.0))) for n in PROTOCOLS)
                )
            ],
            services=[service(name, protocol=protocol) for name, protocol in PROTOCOLS.items()],
            negs=[neg(name, (POD, port)) for name, (port, _) in servers.items()],
            certificates=[FRONT],
        )
        address = SocketAddress(VIP, free_port(VIP))
        compiled = Compiler(CompileOptions()).compile(compiled_model, {rule("https"): address}, {})
        stack.enter_context(running(compiled.snapshot, tmp_path_factory.mktemp("grpc")))
        handlers = {name: handler for name, (_, handler) in servers.items()}
        yield types.SimpleNamespace(address=address, handlers=handlers)


@pytest.fixture(params=PROTOCOLS)
def echo(proxy, request):
    """Stubs of one backend's methods by name, and what the backend saw."""
    kinds = {"Down": "unary_stream", "Up": "stream_unary", "Both": "stream_stream"}
    credentials = grpc.ssl_channel_credentials(FRONT.chain)
    options = (("grpc.ssl_target_name_override", f"{request.param}.test"),)
    target = f"{proxy.address.address}:{proxy.address.port}"
    with grpc.secure_channel(target, credentials, options) as channel:
        stubs = {
            name: getattr(channel, kinds.get(name, "unary_unary"))(f"/test.Echo/{name}")
            for name in ("Unary", "Wait", "Fail", "Down", "Up", "Both")
        }
        yield types.SimpleNamespace(**stubs, handler=proxy.handlers[request.param])


def test_one_message_each_way_with_trailers(echo):
    answer, call = echo.Unary.with_call(b"hello", timeout=20)
    assert answer == b"hello"
    assert ("x-trailer", "end") in [tuple(item) for item in call.trailing_metadata()]
    assert call.code() is grpc.StatusCode.OK


def test_a_status_comes_as_the_server_gave_it(echo):
    with pytest.raises(grpc.RpcError) as failure:
        echo.Fail(b"", timeout=20)
    assert failure.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert failure.value.details() == "not now"


def test_the_server_streams(echo):
    expected = [str(number).encode() for number in range(500)]
    assert list(echo.Down(b"500", timeout=30)) == expected


def test_the_client_streams(echo):
    assert echo.Up(iter([b"a", b"b", b"c" * 100_000]), timeout=30) == b"a,b," + b"c" * 100_000


def test_both_stream_and_each_message_is_answered_before_the_next(echo):
    asked = queue.SimpleQueue()
    answers = echo.Both(iter(asked.get, None), timeout=30)
    for text in (b"one", b"two", b"three"):
        asked.put(text)
        assert next(answers) == text.upper()
    asked.put(None)
    assert list(answers) == []


def test_a_deadline_reaches_the_server(echo):
    echo.Unary(b"", timeout=40)
    _, remaining = echo.handler.seen[-1]
    assert 30 < remaining < 41  # grpcio rounds what it sends up


def test_a_deadline_that_ends_is_told_and_ends_the_servers_call(echo):
    echo.handler.ended.clear()
    with pytest.raises(grpc.RpcError) as failure:
        echo.Wait(b"", timeout=0.3)
    assert failure.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert echo.handler.ended.wait(20)


def test_a_cancelled_call_ends_at_the_server(echo):
    echo.handler.begun.clear()
    echo.handler.ended.clear()
    waiting = echo.Wait.future(b"", timeout=40)
    assert echo.handler.begun.wait(20)
    assert waiting.cancel()
    assert echo.handler.ended.wait(20)
