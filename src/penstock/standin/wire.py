"""What client and process say to each other: one JSON message a line, over a Unix socket.

A connection carries requests one after the other, each with one reply; after
`Watch` the process only sends `Changes`, beginning with all pods.
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from penstock.standin.spec import BindError, PodSpec, PodStatus

LINE_LIMIT = 256 << 20
"""Longest message; a pod is some 300 bytes."""


class Message(msgspec.Struct, frozen=True, tag_field="type", tag=str.lower):
    """Base: the type's name in lower case tells messages apart."""


class Apply(Message, frozen=True):
    """Run exactly these pods."""

    pods: tuple[PodSpec, ...]
    linger: float = 0.0
    """Seconds for which pods that leave still accept connections."""


class List(Message, frozen=True):
    """Tell all pods."""


class Set(Message, frozen=True):
    """Change fields of one pod's state."""

    pod: str
    """NAME or NAMESPACE/NAME."""
    changes: dict[str, Any]
    """Fields of PodState by name."""


class Watch(Message, frozen=True):
    """Tell all pods now, and then every change."""


class Stop(Message, frozen=True):
    """End the process."""


class Applied(Message, frozen=True):
    """Reply to `Apply`."""

    errors: tuple[BindError, ...]


class Pods(Message, frozen=True):
    """Reply to `List`."""

    pods: tuple[PodStatus, ...]


class Done(Message, frozen=True):
    """Reply to `Set`."""

    pod: PodStatus
    errors: tuple[BindError, ...]
    """Ports of a pod that was started and cannot be listened on."""


class Changes(Message, frozen=True):
    """Pods as they are now."""

    pods: tuple[PodStatus, ...]


class Stopping(Message, frozen=True):
    """Reply to `Stop`."""


class Failed(Message, frozen=True):
    """Reply to a request that cannot be done."""

    kind: str
    """``lookup``, ``value`` or ``protocol``."""
    message: str


Request = Apply | List | Set | Watch | Stop
Reply = Applied | Pods | Done | Changes | Stopping | Failed

_encoder = msgspec.json.Encoder()
_requests = msgspec.json.Decoder(Request)
_replies = msgspec.json.Decoder(Reply)


def encode(message: Request | Reply) -> bytes:
    """One line."""
    return _encoder.encode(message) + b"\n"


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """The next request; None at the end.

    Raises:
        msgspec.MsgspecError: the line is no request.
    """
    line = await reader.readline()
    return _requests.decode(line) if line else None


async def read_reply(reader: asyncio.StreamReader) -> Reply | None:
    """The next reply; None at the end.

    Raises:
        msgspec.MsgspecError: the line is no reply.
    """
    line = await reader.readline()
    return _replies.decode(line) if line else None
