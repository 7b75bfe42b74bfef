"""Bodies of 100 MiB stream through: nobody keeps them."""

from __future__ import annotations

import threading

from e2e.clients import careless
from hostile.case import request
from hostile.conversation import Conversation
from hostile.http2 import Connection, Fields
from hostile.memory import MIB, bounded
from hostile.neighbour import neighbour
from hostile.site import Site

SIZE = 100 * MIB
_PIECE = b"u" * MIB


def test_http1_upload_and_download_at_once(attacked: Site) -> None:
    attacked.web.recording = False
    attacked.web.received = 0
    got: list[int] = []
    with bounded(attacked, envoy=64), neighbour(attacked):
        download = threading.Thread(target=lambda: got.append(_download(attacked)))
        download.start()
        with Conversation(attacked.address) as client:
            client.send(request(b"/up", b"Content-Length: %d" % SIZE, method=b"POST"))
            for _ in range(SIZE // MIB):
                client.send(_PIECE)
            assert client.response().status == 200
        download.join(60)
    assert attacked.web.received == SIZE
    assert got == [SIZE]


def _download(site: Site) -> int:
    with Conversation(site.address) as client:
        client.send(request(b"/download/%d" % SIZE))
        return client.drain()


def test_http2_upload_over_tls(attacked: Site) -> None:
    attacked.web.recording = False
    attacked.web.received = 0
    fields = request_fields(b"POST", b"/up")
    with (
        bounded(attacked, envoy=64),
        neighbour(attacked),
        Connection(attacked.address, careless("h2")) as client,
    ):
        assert client.upload(fields, SIZE).fields[":status"] == "200"
    assert attacked.web.received == SIZE


def test_http2_download_over_tls(attacked: Site) -> None:
    fields = request_fields(b"GET", b"/download/%d" % SIZE)
    with (
        bounded(attacked, envoy=64),
        neighbour(attacked),
        Connection(attacked.address, careless("h2")) as client,
    ):
        assert sum(map(len, client.download(fields, SIZE).pieces)) == SIZE


def request_fields(method: bytes, path: bytes) -> Fields:
    """The pseudo-headers of a request over TLS."""
    return (
        (b":method", method),
        (b":scheme", b"https"),
        (b":authority", b"web.example"),
        (b":path", path),
    )
