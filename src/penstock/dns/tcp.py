"""Queries over TCP (RFC 7766): each with its length in two bytes, one after the other."""

from __future__ import annotations

import asyncio
from typing import Final, cast

from penstock.dns.answer import Answerer

IDLE_SECONDS: Final = 10.0
"""How long a connection may be without a whole query."""
MOST_CONNECTIONS: Final = 64
"""Of all clients together; further ones are closed at once."""
_LONGEST_QUERY: Final = 4096
_LENGTH: Final = 2
_MOST_AT_ONCE: Final = 32
"""Queries of one connection in one turn of the event loop, which others need, too."""
MOST_UNREAD: Final = 256 * 1024
"""Bytes of answers that wait for a client; its further queries wait, too.  More than the
transport's own mark, so that it says when they are gone."""


class TcpConnections:
    """All connections of a responder."""

    def __init__(self, answerer: Answerer, idle: float = IDLE_SECONDS) -> None:
        self.answerer = answerer
        self.idle = idle
        self._open: set[TcpProtocol] = set()

    def admit(self, connection: TcpProtocol) -> bool:
        """Whether there is room for one more; then it counts."""
        if len(self._open) >= MOST_CONNECTIONS:
            return False
        self._open.add(connection)
        return True

    def forget(self, connection: TcpProtocol) -> None:
        """It is closed."""
        self._open.discard(connection)

    def close(self) -> None:
        """End all."""
        for connection in list(self._open):
            connection.abort()


class TcpProtocol(asyncio.Protocol):
    """One connection."""

    def __init__(self, connections: TcpConnections) -> None:
        self._connections = connections
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.TimerHandle | None = None
        self._client = ""
        self._buffer = bytearray()
        self._is_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody connected."""
        self._transport = cast("asyncio.Transport", transport)
        if not self._connections.admit(self):
            self._transport.abort()
            return
        self._client = transport.get_extra_info("peername")[0]
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Answer every query that is whole."""
        self._buffer += data
        self._go_on()

    def _go_on(self) -> None:
        for _ in range(_MOST_AT_ONCE):
            if self._is_full() or not self._next():
                break
        else:
            self._pause()
        if self._is_full():
            self._pause()

    def _next(self) -> bool:
        """Answer one query; whether there was one."""
        length = int.from_bytes(self._buffer[:_LENGTH])
        if length > _LONGEST_QUERY:
            self.abort()
            return False
        end = _LENGTH + length
        if len(self._buffer) < max(end, _LENGTH):
            return False
        query = bytes(self._buffer[_LENGTH:end])
        del self._buffer[:end]
        return self._answer(query)

    def _answer(self, query: bytes) -> bool:
        """Whether the connection goes on."""
        answer = self._connections.answerer.answer(query, self._client, udp=False)
        if answer is None or self._transport is None:
            self.abort()
            return False
        self._transport.write(len(answer).to_bytes(_LENGTH) + answer)
        self._wait()
        return True

    def _is_full(self) -> bool:
        """Whether too much waits for the client."""
        size = self._transport.get_write_buffer_size() if self._transport is not None else 0
        return size > MOST_UNREAD

    def _pause(self) -> None:
        """Let others have a turn, and read no more until this client has read its answers."""
        if self._transport is None or self._transport.is_closing():
            return
        if not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()
        # Event loops that write in batches have not offered it to the kernel yet, and
        # say nothing of a buffer that never was full after that.
        asyncio.get_running_loop().call_soon(self._look_again)

    def _look_again(self) -> None:
        if not self._is_full():
            self.resume_writing()

    def resume_writing(self) -> None:
        """The client has read nearly all, or has its next turn."""
        if self._is_paused and self._transport is not None and not self._transport.is_closing():
            self._is_paused = False
            self._transport.resume_reading()
            self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._stop_waiting()
        self._connections.forget(self)

    def abort(self) -> None:
        """End it now."""
        self._stop_waiting()
        if self._transport is not None:
            self._transport.abort()

    def _wait(self) -> None:
        self._stop_waiting()
        loop = asyncio.get_running_loop()
        self._waiting = loop.call_later(self._connections.idle, self.abort)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
