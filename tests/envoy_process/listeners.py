"""Processes that listen, and clients whose connection takes its time."""

from __future__ import annotations

import ctypes
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_HOLD = """
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
listener = socket.socket(family)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
listener.bind((sys.argv[1], int(sys.argv[2])))
listener.listen(64)
other = socket.socketpair()
print("listening", flush=True)
sys.stdin.read()
"""


@contextmanager
def never_accepts(address: str, port: int) -> Iterator[subprocess.Popen[str]]:
    """Another process that listens, accepts nothing, and ends when its input does."""
    command = [sys.executable, "-c", _HOLD, address, str(port)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "listening\n"
        try:
            yield process
        finally:
            process.kill()


_DROP_ALL = b"\x06\x00\x00\x00\x00\x00\x00\x00"
_ATTACH = 26


def begin(family: int, *peer: str | int) -> socket.socket:
    """A client whose handshake is half done: what the server answers is lost."""
    client = socket.socket(family)
    code = ctypes.create_string_buffer(_DROP_ALL, len(_DROP_ALL))
    program = struct.pack("@HP", 1, ctypes.addressof(code))
    client.setsockopt(socket.SOL_SOCKET, _ATTACH, program)
    client.setblocking(False)
    client.connect_ex(peer)
    return client
