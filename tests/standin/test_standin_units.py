"""Small pure parts: durations, sizes, header names."""

from __future__ import annotations

import pytest

from penstock.standin.echo import canonical
from penstock.standin.grpc import Repeater, frame
from penstock.standin.naming import generated, safe_hash
from penstock.standin.units import parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"), [("250ms", 0.25), ("2s", 2), ("1.5", 1.5), ("2m", 120), ("1h", 3600)]
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "size"), [("512", 512), ("1KiB", 1024), ("1.5 MiB", 3 << 19), ("1GB", 10**9)]
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "fast", "-1s", "1d", "ms", "١s"])
def test_what_is_neither(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)
    with pytest.raises(ValueError, match="is not a size"):
        parse_size(text)


@pytest.mark.parametrize(
    ("name", "written"),
    [("x-forwarded-for", "X-Forwarded-For"), ("te", "Te"), ("x--a", "X--A"), ("_a", "_a")],
)
def test_header_names_are_written_as_go_writes_them(name: str, written: str) -> None:
    assert canonical(name) == written


def test_messages_are_repeated_however_they_are_cut() -> None:
    data = frame(b"one") + frame(b"") + frame(b"two")
    whole = Repeater(2).feed(data)
    pieces = Repeater(2)
    assert b"".join(pieces.feed(data[n : n + 1]) for n in range(len(data))) == whole
    assert whole == frame(b"one") * 2 + frame(b"") * 2 + frame(b"two") * 2
    assert Repeater(0).feed(data) == b""


def test_generated_names_fit_a_label() -> None:
    name = generated("x" * 100, "default", 0)
    assert len(name) == 63
    assert 8 <= len(safe_hash(b"x")) <= 10
