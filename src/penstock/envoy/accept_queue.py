"""Connections that no worker has taken yet move on when their listening socket closes.

Several processes may listen on one address (`SO_REUSEPORT`).  The kernel finishes a
client's handshake for one of them, and resets the connection if that one stops
listening before it has accepted: whoever connects while a front end moves from fleet to
fleet would lose a request now and then.  Linux can hand such connections to another
listener of the address (`tcp_migrate_req` of ip-sysctl.rst), for a whole network
namespace, or for one address by a BPF program of type `SK_REUSEPORT` that is attached
as `SELECT_OR_MIGRATE`.  We do the latter, so that no other program's sockets change.

It takes the capabilities BPF and NET_ADMIN.  The sockets are Envoy's: we borrow each
one just long enough to attach the program, which then belongs to all sockets of the
address.
"""

from __future__ import annotations

import ctypes
import os
import platform
import socket
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from penstock.envoy.borrowed import listening_sockets, system_call

_SYSCTL: Final = Path("/proc/sys/net/ipv4/tcp_migrate_req")

# Linux's uapi/linux/bpf.h and asm-generic/socket.h.
_PROG_LOAD: Final = 5
_SK_REUSEPORT: Final = 21
_SELECT_OR_MIGRATE: Final = 40
_SO_ATTACH_REUSEPORT_EBPF: Final = 52
_BPF_SYSCALL: Final = {"x86_64": 321, "aarch64": 280}
_PROGRAM: Final = struct.pack(
    "=BBhi BBhi",
    *(0xB7, 0, 0, 1),  # r0 = SK_PASS: the kernel chooses by hash, as it does without us.
    *(0x95, 0, 0, 0),  # exit
)


def obstacle() -> str:
    """Why waiting connections cannot move on here; empty when they can."""
    if _is_on():
        return ""
    try:
        with _loaded():
            return ""
    except OSError as error:
        return (
            f"the kernel takes no BPF program ({error.strerror or error}): "
            "it needs the capabilities BPF and NET_ADMIN, or net.ipv4.tcp_migrate_req=1"
        )


def let_move(pid: int) -> int:
    """Let what waits at a process's listening sockets move to others of the same address.

    Returns at how many sockets; none if the kernel does so for all programs anyway.

    Raises:
        OSError: it is not permitted, or the process has ended.
    """
    if _is_on():
        return 0
    count = 0
    with _loaded() as program, closing(listening_sockets(pid)) as sockets:
        for found in sockets:
            if found.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT):
                found.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_REUSEPORT_EBPF, program)
                count += 1
    return count


def _is_on() -> bool:
    with suppress(OSError):
        return _SYSCTL.read_text().strip() == "1"
    return False


@contextmanager
def _loaded() -> Iterator[int]:
    """The program; raises OSError when the kernel or our rights do not allow it."""
    number = _BPF_SYSCALL.get(platform.machine())
    if number is None:
        raise OSError(f"unknown processor {platform.machine()}")
    instructions = ctypes.create_string_buffer(_PROGRAM, len(_PROGRAM))
    licence = ctypes.create_string_buffer(b"Apache-2.0")
    attributes = struct.pack(
        "=IIQQ IIQ II 16s II",
        *(_SK_REUSEPORT, len(_PROGRAM) // 8),
        *(ctypes.addressof(instructions), ctypes.addressof(licence)),
        *(0, 0, 0),  # No log.
        *(0, 0),  # Any kernel, no flags.
        b"penstock_move",
        *(0, _SELECT_OR_MIGRATE),
    )
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    program = system_call(number, _PROG_LOAD, ctypes.addressof(buffer), len(attributes))
    try:
        yield program
    finally:
        os.close(program)
