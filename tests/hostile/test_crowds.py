"""Many clients, and slow ones: others are served, memory is bounded."""

from __future__ import annotations

import pytest

from e2e.harness import until
from hostile.case import request
from hostile.crowd import closed, crowd, raise_file_limit, swallow
from hostile.memory import bounded
from hostile.neighbour import neighbour
from hostile.site import Site
from penstock.envoy.bootstrap import max_downstream_connections

MANY = 10_000
_BATCH = 500


def test_ten_thousand_open_connections(attacked: Site) -> None:
    if max_downstream_connections(raise_file_limit()) <= MANY:
        pytest.skip("this machine does not let Envoy open so many files")
    attacked.web.recording = False
    with bounded(attacked, envoy=500), neighbour(attacked) as other:
        with crowd(attacked.address, MANY) as members:
            other.served_more()
            for start in range(0, MANY, _BATCH):
                batch = members[start : start + _BATCH]
                for member in batch:
                    member.sendall(request(b"/crowd"))
                for member in batch:
                    assert member.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n")
            other.served_more()
        other.served_more()


def test_slow_headers_slow_bodies_and_those_who_do_not_read(attacked: Site) -> None:
    attacked.web.recording = False
    body = request(b"/slow", b"Content-Length: 1000000", method=b"POST")
    address = attacked.address
    with (
        bounded(attacked, envoy=150),
        neighbour(attacked) as other,
        crowd(address, 300, b"GET / HTTP/1.1\r\n") as slow_headers,
        crowd(address, 300, body) as slow_bodies,
        crowd(address, 100, request(b"/download/104857600")) as deaf,
    ):
        gone = 0
        while gone < len(slow_headers):  # Each drip is a sign of life, and yet not enough.
            slow_headers = [each for each in slow_headers if swallow(each, b"X")]
            until(lambda: all(swallow(each, b"x") for each in slow_bodies))
            other.served_more()
            gone = sum(closed(each) for each in slow_headers)
        assert all(swallow(each, b"x") for each in slow_bodies)
        assert all(each.fileno() >= 0 for each in deaf)
        other.served_more()
