"""`python -m penstock.standin --socket PATH`: the process that runs stand-in pods.

It outlives whoever started it, and ends on SIGTERM, SIGINT or when told so over
the socket.  One process a socket: a lock beside it says who is there.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import gc
import logging
import os
import resource
import signal
import stat
import sys
from pathlib import Path

import uvloop

from penstock.standin import wire
from penstock.standin.control import ControlServer
from penstock.standin.fleet import Fleet

_log = logging.getLogger("penstock.standin")
_MAX_SOCKET_PATH = 107


class StartError(Exception):
    """The process cannot start; the text says why."""


def main() -> int:
    """Run until told to end; 0, or 1 if it could not start."""
    parser = argparse.ArgumentParser(prog="python -m penstock.standin", description=__doc__)
    parser.add_argument("--socket", type=Path, required=True, help="path of the control socket")
    path: Path = parser.parse_args().socket
    logging.basicConfig(
        level=logging.INFO, format="time=%(asctime)s level=%(levelname)s %(message)s"
    )
    _raise_file_limit()
    try:
        lock = _lock(path)
    except StartError as error:
        print(f"penstock stand-in: {error}", file=sys.stderr)
        return 1
    gc.freeze()
    try:
        uvloop.run(_run(path))
    finally:
        path.unlink(missing_ok=True)
        os.close(lock)
    return 0


async def _run(path: Path) -> None:
    fleet = Fleet()
    control = ControlServer(fleet)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, control.stopped.set)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    server = await _listen(path, control)
    _log.info("event=ready socket=%s pid=%d", path, os.getpid())
    try:
        await control.stopped.wait()
    finally:
        server.close()
        fleet.close()
        await asyncio.sleep(0)  # lets the transports close
    _log.info("event=stopped")


async def _listen(path: Path, control: ControlServer) -> asyncio.AbstractServer:
    """The socket appears under its name when it accepts, and only its owner may use it."""
    starting = path.with_name(f".{path.name}.new")
    starting.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(control.serve, starting, limit=wire.LINE_LIMIT)
    finally:
        os.umask(before)
    starting.replace(path)
    return server


def _lock(path: Path) -> int:
    """Hold the lock beside the socket; returns its file descriptor.

    Raises:
        StartError: another process has it, or the path is no place for a socket.
    """
    if len(os.fsencode(path)) > _MAX_SOCKET_PATH - 5:
        raise StartError(f"the socket's path is longer than {_MAX_SOCKET_PATH - 5} bytes: {path}")
    try:
        if path.exists() and not stat.S_ISSOCK(path.stat().st_mode):
            raise StartError(f"{path} exists and is no socket")
        lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StartError(f"cannot use {path}: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise StartError(f"another process already serves {path}") from error
    return lock


def _raise_file_limit() -> None:
    """A pod takes a file descriptor a port and one a connection; take what is allowed."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    sys.exit(main())
