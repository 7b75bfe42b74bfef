"""Queries over UDP."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from penstock.dns.answer import Answerer


class UdpProtocol(asyncio.DatagramProtocol):
    """Answers each datagram by itself."""

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer
        self._transport: asyncio.DatagramTransport | None = None
        self._is_full = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is there."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """A query, or whatever somebody sent; dropped while answers pile up, as networks do."""
        if self._transport is None or self._is_full:
            return
        answer = self._answerer.answer(data, addr[0], udp=True)
        if answer is not None:
            self._transport.sendto(answer, addr)

    def pause_writing(self) -> None:
        """The kernel does not take answers as fast as they come."""
        self._is_full = True

    def resume_writing(self) -> None:
        """It does again."""
        self._is_full = False
