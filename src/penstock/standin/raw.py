"""TCP and UDP echo."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from penstock.standin.connection import PodConnection
from penstock.standin.hosted import HostedPort
from penstock.standin.timers import Timers

MAX_DELAYED = 10_000


class TcpEcho(PodConnection):
    """Every byte goes back; the client's end of sending ends the connection."""

    def __init__(self, port: HostedPort) -> None:
        super().__init__(port)
        self._waiting: bytes = b""
        self._at_end = False

    def data_received(self, data: bytes) -> None:
        """Echo, after the pod's delay; nothing more is read meanwhile."""
        delay = self.port.pod.state.delay
        if delay <= 0 and not self._waiting:
            self.transport.write(data)
            return
        self._waiting += data
        if len(self._waiting) == len(data):
            self.read(False)
            self.timers.after(delay or 1e-6, self._release)

    def _release(self) -> None:
        data, self._waiting = self._waiting, b""
        self.transport.write(data)
        if self._at_end:
            self.transport.close()
        elif self.is_writable:
            self.read(True)

    def eof_received(self) -> bool:
        """Close when everything is echoed."""
        self._at_end = True
        return bool(self._waiting)

    def pause_writing(self) -> None:
        """A client that does not read is read no further."""
        super().pause_writing()
        self.read(False)

    def resume_writing(self) -> None:
        """Read on."""
        super().resume_writing()
        if not self._waiting:
            self.read(True)


class UdpEcho(asyncio.DatagramProtocol):
    """Every datagram goes back to where it came from."""

    transport: asyncio.DatagramTransport

    def __init__(self, port: HostedPort) -> None:
        self._port = port
        self._timers = Timers()
        self._delayed = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """Echo, after the pod's delay; with too many waiting, datagrams are dropped."""
        delay = self._port.pod.state.delay
        if delay <= 0:
            self.transport.sendto(data, addr)
        elif self._delayed < MAX_DELAYED:
            self._delayed += 1
            self._timers.after(delay, lambda: self._late(data, addr))

    def _late(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self._delayed -= 1
        self.transport.sendto(data, addr)

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed."""
        self._timers.cancel()
