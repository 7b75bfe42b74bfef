"""Small parts that many Envoy messages are made of."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from envoy.config.core.v3 import address_pb2, config_source_pb2
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from penstock.envoy.preflight import problems

BUFFER_LIMIT: Final = 32 * 1024
"""Bytes a connection may have buffered, at listeners and clusters (Envoy's edge guide)."""
STREAM_WINDOW: Final = 64 * 1024
CONNECTION_WINDOW: Final = 1024 * 1024
"""HTTP/2 flow-control windows (edge guide)."""
STREAM_IDLE_TIMEOUT: Final = 300.0
"""Seconds; routes say otherwise where they have an idle timeout of their own (edge guide)."""
MAX_STREAMS: Final = 100
"""Concurrent streams of an HTTP/2 connection (edge guide)."""

_LONGEST: Final = 10 * 365 * 24 * 3600
# Envoy counts in nanoseconds of 64 bits; ten years are as good as no limit.


def seconds(value: float) -> Duration:
    """A duration in whole milliseconds, which is what Envoy's timers count.

    A positive value never becomes zero, because zero often means no limit.

    Raises:
        ValueError: negative or not a number.
    """
    if not value >= 0:
        raise ValueError(f"{value} is not a duration")
    whole, rest = divmod(math.ceil(min(value, _LONGEST) * 1000 - 1e-6), 1000)
    return Duration(seconds=whole, nanos=rest * 1_000_000)


def serialize(message: Message) -> bytes:
    """The message's bytes, the same for equal messages."""
    return message.SerializeToString(deterministic=True)


def pack(message: Message) -> Any:
    """The message in an `Any`, with deterministic bytes."""
    name = message.DESCRIPTOR.full_name
    return Any(type_url=f"type.googleapis.com/{name}", value=serialize(message))


def ads() -> Message:
    """Take the resource from the aggregated stream.

    The initial fetch timeout stays at Envoy's 15 s: a resource that is named but
    not served holds its cluster or listener back that long, not for ever.
    """
    source: Message = config_source_pb2.ConfigSource(
        ads=config_source_pb2.AggregatedConfigSource(),
        resource_api_version=config_source_pb2.ApiVersion.V3,
    )
    return source


def socket_address(address: str, port: int) -> Message:
    """An address and TCP port."""
    message: Message = address_pb2.Address(
        socket_address=address_pb2.SocketAddress(address=address, port_value=port)
    )
    return message


def frame(number: int, body: bytes) -> bytes:
    """A length-delimited field as it stands in its parent's bytes.

    Serialised messages may be put together from serialised fields in any order
    (protobuf.dev/programming-guides/encoding), which is how one changed host
    does not cost the whole route configuration.
    """
    return _varint(number << 3 | 2) + _varint(len(body)) + body


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def checked(build: Callable[[], Message]) -> tuple[Message | None, tuple[str, ...]]:
    """The message that ``build`` makes, or None and why it cannot be sent.

    That is because protobuf does not take a value (its range, its encoding), or
    because Envoy would not take the message.
    """
    try:
        message = build()
    except (ValueError, OverflowError) as error:
        return None, (str(error),)
    refusals = problems(message)
    return (None if refusals else message), refusals
