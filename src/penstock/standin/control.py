"""The process's side of the control socket."""

from __future__ import annotations

import asyncio
import logging

import msgspec

from penstock.standin import wire
from penstock.standin.feed import Subscription
from penstock.standin.fleet import Fleet, PodLookupError

_log = logging.getLogger(__name__)


class ControlServer:
    """Does what clients ask; `stopped` is set when one asks for the end."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self.stopped = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's connection, to its end."""
        try:
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has gone, or the process ends
        except (msgspec.MsgspecError, ValueError) as error:
            _log.warning("event=bad_request error=%r", str(error))
            writer.write(wire.encode(wire.Failed("protocol", str(error))))
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (request := await wire.read_request(reader)) is not None:
            if isinstance(request, wire.Watch):
                await self._watch(reader, writer)
                return
            writer.write(wire.encode(await self._answer(request)))
            await writer.drain()
            if isinstance(request, wire.Stop):
                self.stopped.set()

    async def _answer(self, request: wire.Apply | wire.List | wire.Set | wire.Stop) -> wire.Reply:
        if isinstance(request, wire.Apply):
            errors = await self._fleet.apply(request.pods, request.linger)
            _log.info("event=applied pods=%d errors=%d", len(request.pods), len(errors))
            return wire.Applied(tuple(errors))
        if isinstance(request, wire.List):
            return wire.Pods(tuple(self._fleet.statuses()))
        if isinstance(request, wire.Set):
            return await self._set(request)
        return wire.Stopping()

    async def _set(self, request: wire.Set) -> wire.Reply:
        try:
            status, errors = await self._fleet.change(request.pod, request.changes)
        except PodLookupError as error:
            return wire.Failed("lookup", str(error))
        except ValueError as error:
            return wire.Failed("value", str(error))
        _log.info("event=set pod=%s state=%s", status.spec.key, status.state)
        return wire.Done(status, tuple(errors))

    async def _watch(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        subscription = self._fleet.feed.subscribe()
        try:
            writer.write(wire.encode(wire.Changes(tuple(self._fleet.statuses()))))
            async with asyncio.TaskGroup() as group:
                sending = group.create_task(_send_changes(subscription, writer))
                await reader.read()  # a watcher says no more: this ends when it goes
                sending.cancel()
        except* ConnectionError:
            pass
        finally:
            self._fleet.feed.unsubscribe(subscription)


async def _send_changes(subscription: Subscription, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(wire.encode(wire.Changes(tuple(await subscription.next()))))
        await writer.drain()
