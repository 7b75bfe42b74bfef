"""Floods of header fields over HTTP/1.1: 431 or the end, others are served."""

from __future__ import annotations

from hostile.crowd import closed, crowd, swallow
from hostile.memory import bounded
from hostile.neighbour import neighbour
from hostile.site import Site

_PIECE = b"X-Flood: " + b"y" * 16_000 + b"\r\n"
_SHORT = b"A: b\r\n" * 2_000


def test_fields_without_end(attacked: Site) -> None:
    for piece in (_PIECE, _SHORT, b"y" * 16_000):
        with (
            bounded(attacked, envoy=100),
            neighbour(attacked) as other,
            crowd(attacked.address, 200, b"GET / HTTP/1.1\r\nHost: web.example\r\n") as members,
        ):
            while members:
                members = [each for each in members if swallow(each, piece) and not closed(each)]
            other.served_more()


def test_pipelined_requests_without_reading(attacked: Site) -> None:
    attacked.web.recording = False
    many = b"GET / HTTP/1.1\r\nHost: web.example\r\n\r\n" * 400
    with (
        bounded(attacked, envoy=100),
        neighbour(attacked) as other,
        crowd(attacked.address, 20) as members,
    ):
        for _ in range(50):
            assert all(swallow(each, many) for each in members)
        other.served_more()
