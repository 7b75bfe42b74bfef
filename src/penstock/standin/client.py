"""The control plane's and the command line's side of the stand-in process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any, TypeVar

from penstock.standin import StandInError, wire
from penstock.standin.spec import BindError, PodSpec, PodStatus

LINGER = 5.0
"""Seconds for which what leaves still accepts: longer than any proxy takes to be told."""

R = TypeVar("R", bound=wire.Message)


class UnknownPodError(StandInError):
    """A name that means no pod, or several; the text names near ones."""


class StandInClient:
    """Talks to the process at `socket`; every call makes a connection of its own.

    Every method raises ConnectionError or FileNotFoundError if no process is there.
    """

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    async def apply(
        self, specs: Iterable[PodSpec], linger: float = LINGER
    ) -> tuple[BindError, ...]:
        """Run exactly these pods; returns the ports that could not be bound.

        Pods that stay keep sockets, connections and state.  Pods and ports that leave
        accept connections for `linger` more seconds, then let requests end.
        """
        reply = await self._ask(wire.Apply(tuple(specs), linger), wire.Applied)
        return reply.errors

    async def list(self) -> tuple[PodStatus, ...]:
        """All pods, by namespace and name."""
        return (await self._ask(wire.List(), wire.Pods)).pods

    async def set(self, pod_pattern: str, **changes: Any) -> PodStatus:
        """Change fields of `PodState` of the pod ``NAME`` or ``NAMESPACE/NAME``.

        Raises:
            UnknownPodError: the name means no pod, or several.
            StandInError: the state is impossible, or a started pod cannot listen.
        """
        reply = await self._ask(wire.Set(pod_pattern, changes), wire.Done)
        if reply.errors:
            texts = (f"port {e.port} on {e.address}: {e.message}" for e in reply.errors)
            raise StandInError("; ".join(texts))
        return reply.pod

    async def changes(self) -> AsyncIterator[tuple[PodStatus, ...]]:
        """All pods first, then those whose state changed, as soon as it does.

        Raises:
            ConnectionError: the process has ended.
        """
        async with self._connection() as (reader, writer):
            writer.write(wire.encode(wire.Watch()))
            while True:
                yield (await _reply(reader, wire.Changes)).pods

    async def stop(self) -> None:
        """End the process; returns when it no longer listens."""
        async with self._connection() as (reader, writer):
            writer.write(wire.encode(wire.Stop()))
            await _reply(reader, wire.Stopping)
            await reader.read()

    async def wait_ready(self, within: float = 10.0) -> None:
        """Wait until a process just started answers.

        Raises:
            TimeoutError: none does within `within` seconds.
        """
        async with asyncio.timeout(within):
            while True:
                with contextlib.suppress(ConnectionError, FileNotFoundError):
                    await self.list()
                    return
                await asyncio.sleep(0.005)

    async def _ask(self, request: wire.Request, kind: type[R]) -> R:
        async with self._connection() as (reader, writer):
            writer.write(wire.encode(request))
            await writer.drain()
            return await _reply(reader, kind)

    @contextlib.asynccontextmanager
    async def _connection(
        self,
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_unix_connection(self._socket, limit=wire.LINE_LIMIT)
        try:
            yield reader, writer
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


async def _reply(reader: asyncio.StreamReader, kind: type[R]) -> R:
    reply = await wire.read_reply(reader)
    if reply is None:
        raise ConnectionError("the stand-in process has ended")
    if isinstance(reply, wire.Failed):
        error = UnknownPodError if reply.kind == "lookup" else StandInError
        raise error(reply.message)
    if not isinstance(reply, kind):
        raise StandInError(f"unexpected reply {type(reply).__name__}")
    return reply
