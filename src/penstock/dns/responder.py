"""The sockets of a responder: UDP and TCP on one address and port."""

from __future__ import annotations

import asyncio
from typing import Final

from penstock.dns.answer import Answerer
from penstock.dns.tcp import IDLE_SECONDS, TcpConnections, TcpProtocol
from penstock.dns.udp import UdpProtocol

_TRIES: Final = 8
_BACKLOG: Final = 64


class Responder:
    """Listens from `open` to `close`."""

    def __init__(self, answerer: Answerer, idle: float = IDLE_SECONDS) -> None:
        self.answerer = answerer
        self.port = 0
        """Where it listens; 0 while it does not."""
        self._connections = TcpConnections(answerer, idle)
        self._tcp: asyncio.Server | None = None
        self._udp: asyncio.DatagramTransport | None = None

    @property
    def is_open(self) -> bool:
        """Whether it listens."""
        return self._tcp is not None

    async def open(self, address: str, port: int) -> None:
        """Listen; port 0 is any that both protocols have free.

        Raises:
            OSError: the address or the port cannot be had.
        """
        for left in reversed(range(_TRIES if port == 0 else 1)):
            try:
                await self._bind(address, port)
            except OSError:
                if not left:
                    raise
            else:
                return

    async def _bind(self, address: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        tcp = await loop.create_server(
            lambda: TcpProtocol(self._connections), address, port, backlog=_BACKLOG
        )
        try:
            number: int = tcp.sockets[0].getsockname()[1]
            self._udp, _ = await loop.create_datagram_endpoint(
                lambda: UdpProtocol(self.answerer), local_addr=(address, number)
            )
        except OSError:
            tcp.close()
            raise
        self._tcp, self.port = tcp, number

    def close(self) -> None:
        """Stop listening; connections are cut, for a query that was read has been answered."""
        if self._tcp is not None:
            self._tcp.close()
        if self._udp is not None:
            self._udp.close()
        self._connections.close()
        self._tcp = self._udp = None
        self.port = 0
