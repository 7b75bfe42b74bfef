"""Streams that proxies open to us, and how they end: by far most often with the proxy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, TypeVar

import grpc.aio

_Message = TypeVar("_Message")


class StreamEnded(Exception):  # noqa: N818 - an event, not a failure
    """The proxy closed its side, or we stop: ends the stream's other tasks."""


ENDINGS: Final = (StreamEnded, grpc.RpcError, grpc.aio.UsageError)
"""What the tasks of a stream raise when it ends."""

_PATIENCE: Final = 1.0
"""Seconds for gRPC to notice that a proxy is gone."""


async def read(requests: AsyncIterator[_Message], take: Callable[[_Message], None]) -> None:
    """Take all that a proxy says, one after the other.

    A stream whose proxy is gone is cancelled by gRPC as soon as it knows; who ends it
    sooner gets a traceback in the log.

    Raises:
        StreamEnded: the proxy has only closed its side.
    """
    async for request in requests:
        take(request)
    await asyncio.sleep(_PATIENCE)
    raise StreamEnded


async def send(context: grpc.aio.ServicerContext[Any, Any], message: object) -> None:
    """Hand a message over; returns when the proxy has room for the next one.

    What is on its way when the stream ends is let go of first, as gRPC wants it.

    Raises:
        StreamEnded: it cannot be delivered, and gRPC does not know why.
    """
    sending = asyncio.ensure_future(context.write(message))
    try:
        await asyncio.shield(sending)
    except asyncio.CancelledError:
        await asyncio.wait({sending}, timeout=_PATIENCE)
        if not sending.cancel() and not sending.cancelled():
            sending.exception()  # Nobody else looks at it.
        raise
    except grpc.aio.InternalError as error:
        await asyncio.sleep(_PATIENCE)
        raise StreamEnded from error
