"""One request and its answer by HTTP/2, event by event."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

import h2.config
import h2.connection
import h2.events
import h2.exceptions

from penstock.health.probes.ask import FailedError
from penstock.health.probes.connection import Connection

Fields = Sequence[tuple[str, str]]


async def exchange(
    connection: Connection, fields: Fields, body: bytes | None = None
) -> AsyncGenerator[h2.events.Event, None]:
    """Send a request; its answer's events until its end.

    Raises:
        FailedError: the answer is none, or it ends too early.
    """
    http = h2.connection.H2Connection(h2.config.H2Configuration())
    http.initiate_connection()
    stream = http.get_next_available_stream_id()
    try:
        http.send_headers(stream, fields, end_stream=body is None)
        if body is not None:
            http.send_data(stream, body, end_stream=True)
        await connection.send(http.data_to_send())
        while True:
            data = await connection.receive()
            if not data:
                raise FailedError("connection closed without an answer")
            for event in http.receive_data(data):
                _refuse(event)
                if isinstance(event, h2.events.DataReceived):
                    http.acknowledge_received_data(event.flow_controlled_length, stream)
                yield event
                if isinstance(event, h2.events.StreamEnded):
                    return
            await connection.send(http.data_to_send())
    except h2.exceptions.H2Error as error:
        raise FailedError("not an HTTP/2 answer") from error


def _refuse(event: h2.events.Event) -> None:
    if isinstance(event, h2.events.StreamReset):
        raise FailedError(f"stream reset (HTTP/2 error {int(event.error_code or 0)})")
    if isinstance(event, h2.events.ConnectionTerminated) and event.error_code:
        raise FailedError(f"connection ended (HTTP/2 error {int(event.error_code)})")


def headers_of(event: h2.events.ResponseReceived | h2.events.TrailersReceived) -> dict[str, str]:
    """The last value of each header."""
    pairs = event.headers or ()
    return {bytes(name).decode("latin-1"): bytes(value).decode("latin-1") for name, value in pairs}


def status_of(event: h2.events.ResponseReceived) -> int:
    """The status of an answer."""
    text = headers_of(event).get(":status", "")
    if not (text.isascii() and text.isdecimal()):
        raise FailedError("not an HTTP/2 answer")
    return int(text)
