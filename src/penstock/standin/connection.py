"""What all TCP connections of a pod share: registration, back-pressure, closing."""

from __future__ import annotations

import asyncio
from typing import cast

from penstock.standin.hosted import HostedPort
from penstock.standin.request import Tls
from penstock.standin.timers import Timers
from penstock.standin.tls import negotiated


class PodConnection(asyncio.Protocol):
    """Base of the protocols; a connection is in its pod's set as long as it lives."""

    transport: asyncio.Transport

    def __init__(self, port: HostedPort) -> None:
        self.port = port
        self.tls: Tls | None = None
        self.timers = Timers()
        self.is_writable = True
        self.is_draining = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop, or by the protocol that this one takes over from."""
        self.transport = cast("asyncio.Transport", transport)
        self.tls = negotiated(transport)
        if self.port.pod.is_closed:  # accepted, or in its TLS handshake, while the pod went
            self.transport.abort()
        self.port.pod.connections.add(self)

    def read(self, on: bool) -> None:
        """Read from the client, or not, as long as the connection lives."""
        if self.transport.is_closing():
            return
        if on:
            self.transport.resume_reading()
        else:
            self.transport.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """The transport is gone."""
        self.port.pod.connections.discard(self)
        self.timers.cancel()

    def hand_over(self, successor: PodConnection, data: bytes) -> None:
        """Give the transport, and what was read from it, to another protocol."""
        self.port.pod.connections.discard(self)
        self.transport.set_protocol(successor)
        successor.connection_made(self.transport)
        if data:
            successor.data_received(data)
        if self.is_draining:
            successor.drain()

    def pause_writing(self) -> None:
        """The transport's buffer is full."""
        self.is_writable = False

    def resume_writing(self) -> None:
        """The transport's buffer has room again."""
        self.is_writable = True

    def drain(self) -> None:
        """Let what is under way end, then close."""
        self.is_draining = True

    def abort(self) -> None:
        """Close at once."""
        self.transport.abort()
