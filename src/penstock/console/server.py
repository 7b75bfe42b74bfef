"""Serves the control API with uvicorn, embedded in the instance's event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from penstock.console.api import control_app, metrics_app
from penstock.runtime.instance import Instance


class _Embedded(uvicorn.Server):
    """uvicorn without its signal handlers: the instance owns the signals."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


@contextlib.asynccontextmanager
async def serving(
    instance: Instance, control_socket: Path, metrics_address: tuple[str, int] | None
) -> AsyncIterator[None]:
    """Serve while the block runs.

    Raises:
        OSError: an address cannot be bound.
    """
    listeners = [(control_app(instance), _unix_listener(control_socket))]
    if metrics_address is not None:
        listeners.append((metrics_app(instance), _tcp_listener(metrics_address)))
    servers = [(_server(app), listener) for app, listener in listeners]
    async with asyncio.TaskGroup() as tasks:
        for server, listener in servers:
            tasks.create_task(server.serve(sockets=[listener]), name="control-api")
        try:
            yield
        finally:
            control_socket.unlink(missing_ok=True)  # noqa: ASYNC240 - one quick system call
            for server, _ in servers:
                server.should_exit = True
                server.force_exit = True


def _server(app: Starlette) -> _Embedded:
    return _Embedded(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=1,
        )
    )


def _unix_listener(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen(64)
    return listener


def _tcp_listener(address: tuple[str, int]) -> socket.socket:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(64)
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        raise OSError(
            f"metrics cannot be served on {address[0]} port {address[1]}: {reason}"
        ) from error
    return listener
