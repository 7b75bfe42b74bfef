"""Many connections at once from one process."""

from __future__ import annotations

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

SOURCES = 8


def raise_file_limit() -> int:
    """Lift this process's limit of open files as far as it may be; returns it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


@contextmanager
def crowd(address: str, size: int, first: bytes = b"") -> Iterator[list[socket.socket]]:
    """`size` open connections from several addresses, each having sent `first`."""
    raise_file_limit()
    with ExitStack() as stack:
        members = []
        for number in range(size):
            source = f"127.25.0.{1 + number % SOURCES}"
            member = socket.create_connection((address, 80), 20, source_address=(source, 0))
            members.append(stack.enter_context(member))
            if first:
                member.sendall(first)
        yield members


def closed(member: socket.socket) -> bool:
    """Whether the other side has closed it; what it sent before is read and dropped."""
    member.setblocking(False)
    try:
        while member.recv(65536):
            pass
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
    return True


def swallow(member: socket.socket, data: bytes) -> bool:
    """Send without waiting; False once the other side has closed."""
    member.setblocking(False)
    try:
        member.send(data)
    except BlockingIOError:
        return True
    except ConnectionError:
        return False
    return True
