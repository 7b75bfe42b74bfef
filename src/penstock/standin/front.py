"""The first protocol of every HTTP connection: looks which HTTP the client speaks.

Over TLS the handshake tells (ALPN); in clear, HTTP/2 begins with a fixed preface
that no HTTP/1 request begins with.
"""

from __future__ import annotations

import asyncio

from penstock.standin.connection import PodConnection
from penstock.standin.http1 import Http1Connection
from penstock.standin.http2 import Http2Connection

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


class FrontConnection(PodConnection):
    """Hands over to HTTP/1.1 or HTTP/2 as soon as it can tell."""

    _read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Decide at once if TLS has negotiated a protocol."""
        super().connection_made(transport)
        if self.tls and self.tls.protocol == "h2":
            self.hand_over(Http2Connection(self.port), b"")
        elif self.tls and self.tls.protocol:
            self.hand_over(Http1Connection(self.port), b"")

    def data_received(self, data: bytes) -> None:
        """Compare with the preface as far as it has come."""
        self._read += data
        if self._read.startswith(PREFACE):
            self.hand_over(Http2Connection(self.port), self._read)
        elif not PREFACE.startswith(self._read):
            self.hand_over(Http1Connection(self.port), self._read)

    def drain(self) -> None:
        """Nothing is under way yet."""
        self.transport.close()
