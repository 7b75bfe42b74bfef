"""Connections from a chosen address, however many there were a moment ago."""

from __future__ import annotations

import http.client
import socket
from typing import Final

_BIND_ADDRESS_NO_PORT: Final = 24
"""`IP_BIND_ADDRESS_NO_PORT` of ip(7): the port is chosen by `connect`, which takes one that is
free towards the peer; `bind` would want one that nobody had for a minute."""


def connect(place: tuple[str, int], source: str, timeout: float) -> socket.socket:
    """A TCP connection over IPv4 from `source`."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.settimeout(timeout)
        made.setsockopt(socket.IPPROTO_IP, _BIND_ADDRESS_NO_PORT, 1)
        made.bind((source, 0))
        made.connect(place)
    except BaseException:
        made.close()
        raise
    return made


def http_connection(
    place: tuple[str, int], source: str, timeout: float
) -> http.client.HTTPConnection:
    """An HTTP client's connection from `source`, open."""
    connection = http.client.HTTPConnection(*place, timeout=timeout)
    connection.sock = connect(place, source, timeout)
    return connection
