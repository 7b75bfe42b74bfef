"""GRPC and GRPC_WITH_TLS: ``grpc.health.v1.Health/Check``.

By HTTP/2 directly, because a channel of grpcio keeps connections, retries, and
hides what went wrong.  The two messages are those of the standard health protocol
(grpc/grpc-proto, grpc/health/v1/health.proto).
"""

from __future__ import annotations

import contextlib
from typing import Any, Final
from urllib.parse import unquote

import h2.events
from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

from penstock.health.probes.ask import USER_AGENT, Ask, FailedError
from penstock.health.probes.connection import Connection, connected
from penstock.health.probes.h2_exchange import exchange, headers_of, status_of

_SERVING: Final = 1
_STATES: Final = {0: "UNKNOWN", _SERVING: "SERVING", 2: "NOT_SERVING", 3: "SERVICE_UNKNOWN"}
_CODES: Final = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
    "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
    "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip
_LONGEST_ANSWER: Final = 64 << 10
_PREFIX: Final = 5
"""Bytes before a message: whether it is compressed, and its length."""


def _messages() -> tuple[Any, Any]:
    """The request and the response, in a pool of their own: others may define them, too."""
    types = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="penstock/health.proto", package="grpc.health.v1", syntax="proto3"
    )
    for name, field, kind in (
        ("HealthCheckRequest", "service", types.TYPE_STRING),
        ("HealthCheckResponse", "status", types.TYPE_INT32),  # an enumeration, to take any number
    ):
        made = file.message_type.add(name=name)
        made.field.add(name=field, number=1, type=kind, label=types.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    names = ("grpc.health.v1.HealthCheckRequest", "grpc.health.v1.HealthCheckResponse")
    request, response = (
        message_factory.GetMessageClass(pool.FindMessageTypeByName(name)) for name in names
    )
    return request, response


_Request, _Response = _messages()


async def ask_clear(ask: Ask) -> str:
    """GRPC."""
    async with connected(ask) as connection:
        return await _check(ask, connection, "http")


async def ask_tls(ask: Ask) -> str:
    """GRPC_WITH_TLS."""
    async with connected(ask, tls=True, protocols=("h2",)) as connection:
        if connection.protocol != "h2":
            raise FailedError("HTTP/2 was not negotiated (ALPN)")
        return await _check(ask, connection, "https")


async def _check(ask: Ask, connection: Connection, scheme: str) -> str:
    fields = [
        (":method", "POST"),
        (":scheme", scheme),
        (":authority", ask.host),
        (":path", "/grpc.health.v1.Health/Check"),
        ("user-agent", USER_AGENT),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ]
    sent = _Request(service=ask.check.grpc_service).SerializeToString()
    body = b"\0" + len(sent).to_bytes(4, "big") + sent
    answer = b""
    status: str | None = None
    text = ""
    async with contextlib.aclosing(exchange(connection, fields, body)) as events:
        async for event in events:
            if isinstance(event, h2.events.ResponseReceived) and status_of(event) != 200:
                raise FailedError(f"HTTP {status_of(event)}")
            if isinstance(event, h2.events.ResponseReceived | h2.events.TrailersReceived):
                headers = headers_of(event)
                status = headers.get("grpc-status", status)
                text = headers.get("grpc-message", text)
            elif isinstance(event, h2.events.DataReceived):
                answer += event.data or b""
                if len(answer) > _LONGEST_ANSWER:
                    raise FailedError("not an answer of grpc.health.v1")
    _judge_call(status, text)
    return _judge_answer(answer)


def _judge_call(status: str | None, text: str) -> None:
    if status is None or not (status.isascii() and status.isdecimal()):
        raise FailedError("not a gRPC answer")
    if int(status):
        name = _CODES[int(status)] if int(status) < len(_CODES) else status
        raise FailedError(f"gRPC {name}{f': {unquote(text)}' if text else ''}")


def _judge_answer(answer: bytes) -> str:
    size = int.from_bytes(answer[1:_PREFIX], "big")
    if len(answer) < _PREFIX or answer[0] or len(answer) < _PREFIX + size:
        raise FailedError("not an answer of grpc.health.v1")
    try:
        state = _Response.FromString(answer[_PREFIX : _PREFIX + size]).status
    except message.DecodeError as error:
        raise FailedError("not an answer of grpc.health.v1") from error
    name = _STATES.get(state, str(state))
    if state != _SERVING:
        raise FailedError(f"gRPC {name}")
    return f"gRPC {name}"
