"""HTTP and HTTPS: GET by HTTP/1.1, its status, and if the check says so a text in the body."""

from __future__ import annotations

from typing import Final

import h11

from penstock.health.probes.ask import (
    USER_AGENT,
    Ask,
    BodyJudge,
    FailedError,
    judge_status,
)
from penstock.health.probes.connection import Connection, connected

_LONGEST_HEADERS: Final = 64 << 10


async def ask_clear(ask: Ask) -> str:
    """HTTP."""
    async with connected(ask) as connection:
        return await _get(ask, connection)


async def ask_tls(ask: Ask) -> str:
    """HTTPS."""
    async with connected(ask, tls=True, protocols=("http/1.1",)) as connection:
        return await _get(ask, connection)


async def _get(ask: Ask, connection: Connection) -> str:
    http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEADERS)
    try:
        await connection.send(_request(ask, http))
        return await _answer(ask, http, connection)
    except h11.RemoteProtocolError as error:
        raise FailedError(f"not an HTTP answer ({error})") from error


def _request(ask: Ask, http: h11.Connection) -> bytes:
    headers = [
        ("Host", ask.host),
        ("User-Agent", USER_AGENT),
        ("Accept", "*/*"),
        ("Connection", "close"),
    ]
    try:
        request = h11.Request(method="GET", target=ask.check.path.value, headers=headers)
    except (h11.LocalProtocolError, UnicodeError) as error:
        raise FailedError(f"the health check's host or path cannot be asked ({error})") from error
    return (http.send(request) or b"") + (http.send(h11.EndOfMessage()) or b"")


async def _answer(ask: Ask, http: h11.Connection, connection: Connection) -> str:
    reason = ""
    body = BodyJudge(ask.check)
    while not (reason and (body.is_content or body.is_over)):
        event = http.next_event()
        if event is h11.NEED_DATA:
            data = await connection.receive()
            if not data and not reason:
                raise FailedError("connection closed without an answer")
            http.receive_data(data)
        elif isinstance(event, h11.Response):
            reason = judge_status(ask.check, event.status_code)
        elif isinstance(event, h11.Data):
            body.feed(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage):
            break
    body.conclude()
    return reason
