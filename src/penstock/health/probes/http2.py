"""HTTP2: GET by HTTP/2 over TLS."""

from __future__ import annotations

import contextlib

import h2.events

from penstock.health.probes.ask import (
    USER_AGENT,
    Ask,
    BodyJudge,
    FailedError,
    judge_status,
)
from penstock.health.probes.connection import connected
from penstock.health.probes.h2_exchange import exchange, status_of


async def ask(ask: Ask) -> str:
    """HTTP2."""
    async with connected(ask, tls=True, protocols=("h2",)) as connection:
        if connection.protocol != "h2":
            raise FailedError("HTTP/2 was not negotiated (ALPN)")
        fields = [
            (":method", "GET"),
            (":scheme", "https"),
            (":authority", ask.host),
            (":path", ask.check.path.value),
            ("user-agent", USER_AGENT),
            ("accept", "*/*"),
        ]
        reason = ""
        body = BodyJudge(ask.check)
        async with contextlib.aclosing(exchange(connection, fields)) as events:
            async for event in events:
                if isinstance(event, h2.events.ResponseReceived):
                    reason = judge_status(ask.check, status_of(event))
                elif isinstance(event, h2.events.DataReceived):
                    body.feed(event.data or b"")
                if reason and (body.is_content or body.is_over):
                    break
        body.conclude()
        return reason
