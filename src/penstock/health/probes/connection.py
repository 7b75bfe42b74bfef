"""A fresh connection for one probe: source address, PROXY line, TLS without verification.

Connections are never kept: a pooled one would say that an old connection works,
not that new ones do.  Certificates are not checked and no server name is sent, as
Google documents for its probes.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import functools
import os
import socket
import ssl
from collections.abc import AsyncIterator
from typing import Final

from penstock.health.probes.ask import Ask

_IP_BIND_ADDRESS_NO_PORT: Final = 24
"""Linux: take the port when connecting, so that as many are to be had as there are endpoints
times ports, not ports only."""
_GOODBYE_SECONDS: Final = 0.2
"""How long an endpoint may take to end TLS in good order before it is cut."""
_WORDS: Final = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.EHOSTUNREACH: "no route to the host",
    errno.ENETUNREACH: "network unreachable",
    errno.EPIPE: "connection reset",
    errno.ETIMEDOUT: "connection timed out",
    errno.EMFILE: "the prober has no file descriptors left",
}


class Connection:
    """Bytes to and from an endpoint."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def protocol(self) -> str | None:
        """What TLS negotiated (ALPN)."""
        tls: ssl.SSLObject | None = self._writer.get_extra_info("ssl_object")
        return tls.selected_alpn_protocol() if tls else None

    async def send(self, data: bytes) -> None:
        """Send all of it."""
        self._writer.write(data)
        await self._writer.drain()

    async def receive(self, most: int = 16 << 10) -> bytes:
        """What has come, at least a byte; nothing when the endpoint has ended."""
        return await self._reader.read(most)


@contextlib.asynccontextmanager
async def connected(
    ask: Ask, tls: bool = False, protocols: tuple[str, ...] = ()
) -> AsyncIterator[Connection]:
    """A connection while the block runs; raises OSError if there is none."""
    reader, writer = await _open(ask)
    try:
        if ask.check.proxy_header:
            writer.write(proxy_line(writer))
        if tls:
            await writer.start_tls(_context(protocols))
        yield Connection(reader, writer)
        writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await writer.wait_closed()
    finally:
        # Python before 3.11.4 raises where TLS has ended properly.
        with contextlib.suppress(AttributeError):
            writer.transport.abort()


async def _open(ask: Ask) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    family = socket.AF_INET6 if ":" in ask.address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        if ask.source is not None:
            sock.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
            sock.bind((ask.source, 0))
        await asyncio.get_running_loop().sock_connect(sock, (ask.address, ask.port))
        return await asyncio.open_connection(sock=sock)
    except BaseException:
        sock.close()
        raise


def proxy_line(writer: asyncio.StreamWriter) -> bytes:
    """The PROXY protocol's header of version 1 (haproxy.org, proxy-protocol.txt, 2.1)."""
    here, there = writer.get_extra_info("sockname"), writer.get_extra_info("peername")
    family = "TCP6" if ":" in there[0] else "TCP4"
    return f"PROXY {family} {here[0]} {there[0]} {here[1]} {there[1]}\r\n".encode()


@functools.cache
def _context(protocols: tuple[str, ...]) -> ssl.SSLContext:
    """Any certificate, and whatever TLS the endpoint speaks: proxies do the same."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


def describe(error: BaseException) -> str:
    """Why there is no connection, in words for people."""
    if isinstance(error, ssl.SSLError):
        return f"TLS: {(error.reason or str(error)).lower().replace('_', ' ')}"
    if isinstance(error, EOFError):
        return "connection closed"
    number = error.errno if isinstance(error, OSError) else None
    if number is None:
        return str(error) or "connection lost"
    return _WORDS.get(number) or os.strerror(number)
