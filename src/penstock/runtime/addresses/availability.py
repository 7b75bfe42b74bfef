"""Whether this machine could listen on an address and port, and why it could not."""

from __future__ import annotations

import errno
import ipaddress
import socket
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Why an address and port cannot be had."""

    address: str
    port: int
    reason: str
    is_foreign: bool = False
    """The address is not one of this machine's."""


def probe(address: str, port: int) -> Unavailable | None:
    """Whether a TCP listener could bind here; None if so.

    Without SO_REUSEPORT the kernel refuses if anybody listens, reuse or not.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((address, port))
            attempt.listen(1)
        except OSError as error:
            foreign = error.errno == errno.EADDRNOTAVAIL
            return Unavailable(address, port, _reason(error), foreign)
        except OverflowError:
            return Unavailable(address, port, "no such port")
    return None


def not_own(address: str) -> str:
    """Why no listener of this machine can have an address, whatever the port; empty if it can."""
    try:
        value = ipaddress.ip_address(address)
    except ValueError:
        return "that is no IP address"
    if value.is_unspecified or value.is_multicast:
        return "that is no address of one machine"
    family = socket.AF_INET if value.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_STREAM) as attempt:
            attempt.bind((address, 0))
    except OSError as error:
        return _reason(error)
    return ""


def _reason(error: OSError) -> str:
    words = {
        errno.EADDRINUSE: "another program listens there",
        errno.EACCES: "this user may not bind ports below 1024",
        errno.EADDRNOTAVAIL: "the address is not one of this machine's",
    }
    return words.get(error.errno or 0, error.strerror or str(error))
