"""One HTTP request over a Unix socket, without an HTTP library.

Envoy's admin interface is our own peer on a socket that only we can open, so a
request a connection and a body read to its end are all that is needed; a
general client would cost a tenth of a second at start.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path


class AdminError(Exception):
    """The admin interface cannot be reached, or answered what is not HTTP or not success."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Status and whole body."""

    status: int
    body: bytes


async def request(socket: Path, method: str, target: str, *, within: float) -> Reply:
    """Ask and read to the end; raises AdminError when there is no full answer in time (seconds)."""
    try:
        async with asyncio.timeout(within):
            raw = await _exchange(socket, method, target)
    except (OSError, TimeoutError) as error:
        raise AdminError(f"{method} {target}: {error or type(error).__name__}") from error
    return _parse(raw)


async def _exchange(socket: Path, method: str, target: str) -> bytes:
    reader, writer = await asyncio.open_unix_connection(str(socket))
    try:
        writer.write(
            f"{method} {target} HTTP/1.1\r\nhost: admin\r\n"
            "content-length: 0\r\nconnection: close\r\n\r\n".encode()
        )
        return await reader.read()
    finally:
        writer.close()


def _parse(raw: bytes) -> Reply:
    head, separator, body = raw.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    parts = lines[0].split(b" ", 2)
    if not separator or len(parts) < 2 or not parts[1].isdigit():
        raise AdminError("the answer is not HTTP")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(b":") for line in lines[1:])
    }
    if headers.get(b"transfer-encoding", b"").lower() == b"chunked":
        body = _join_chunks(body)
    elif len(body) < int(headers.get(b"content-length", b"0")):
        raise AdminError("the answer was cut short")
    return Reply(int(parts[1]), body)


def _join_chunks(body: bytes) -> bytes:
    chunks: list[bytes] = []
    position = 0
    while True:
        end = body.find(b"\r\n", position)
        if end < 0:
            raise AdminError("the answer was cut short")
        size = int(body[position:end].split(b";")[0], 16)
        if size == 0:
            return b"".join(chunks)
        chunks.append(body[end + 2 : end + 2 + size])
        position = end + 2 + size + 2
