"""Tiny backends in one process: every address answers with its own name.

`python backend.py 127.40.1.1:8080 127.40.1.2:8080` prints `listening` once all are bound
and runs until its standard input ends, so that it never outlives who started it.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import uvloop


class Named(asyncio.Protocol):
    """Answers every request head (bodies are not expected) with the name."""

    def __init__(self, name: str) -> None:
        body = name.encode()
        self._answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        """One answer for each complete head."""
        *heads, self._rest = (self._rest + data).split(b"\r\n\r\n")
        if heads:
            self._transport.write(self._answer * len(heads))


async def serve(addresses: Sequence[str]) -> None:
    """Listen until standard input ends."""
    loop = asyncio.get_running_loop()
    for text in addresses:
        host, _, port = text.rpartition(":")
        await loop.create_server(lambda name=text: Named(name), host, int(port))  # type: ignore[misc]
    print("listening", flush=True)
    ended = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), lambda: ended.set() if not sys.stdin.read(1) else None)
    await ended.wait()


@contextmanager
def backends(*addresses: str) -> Iterator[None]:
    """Backends on these addresses, as a process of their own."""
    command = [sys.executable, str(Path(__file__).resolve()), *addresses]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        if process.stdout.readline().strip() != b"listening":
            raise OSError(f"the backends cannot listen on {', '.join(addresses)}")
        yield
        process.stdin.close()


def main() -> None:
    """Run the backends that the command line names."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", maxsplit=1)[0])
    parser.add_argument("addresses", nargs="+", metavar="ADDRESS:PORT")
    uvloop.run(serve(parser.parse_args().addresses))


if __name__ == "__main__":
    main()
