"""Lets a case happen and says what became of it."""

from __future__ import annotations

import re
from contextlib import suppress

from e2e.harness import until
from hostile.case import Case, request
from hostile.cases_http2 import GET, Http2Case
from hostile.conversation import ClosedError, Conversation, Response
from hostile.http2 import Connection, GoneAwayError, Stream, headers
from hostile.recorder import READY, Recorder
from hostile.site import Site

_AFTER = request(b"/after")
_AFTER_SEEN = re.compile(rb"GET /after HTTP/1\.1\r\nhost: web\.example\r\n\r\n")
_OWN = (
    re.compile(rb"x-forwarded-for: 127\.0\.0\.1\r\n"),
    re.compile(rb"x-forwarded-proto: http\r\n"),
    re.compile(rb"x-request-id: [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\r\n"),
)
"""What the proxy adds to every request; a line that differs in any way is not taken off."""


def strip_own(seen: bytes) -> bytes:
    """What an endpoint saw, without what the proxy adds to every request."""
    for line in _OWN:
        seen = line.sub(b"", seen)
    return seen


def happen(site: Site, case: Case) -> str:
    """Run a case; returns the answer as `Case.answer` writes it.

    A connection is open if one more request on it is answered as itself, and
    closed if that one gets no answer and never reaches an endpoint.
    """
    _clear(site)
    statuses, _, end = case.answer.rpartition(", ")
    wanted = statuses.count(" + ") + 1 if statuses else 0
    told: list[str] = []
    with Conversation(site.address) as client:
        client.send(case.sent)
        with suppress(ClosedError):
            for _ in range(wanted):
                told.append(_told(client.response(head=case.sent.startswith(b"HEAD"))))
        ended = _end(site, client, end)
    return ", ".join([*([" + ".join(told)] if told else []), ended])


def happen_http2(site: Site, case: Http2Case) -> str:
    """The same for HTTP/2, where the connection is open if another stream is served."""
    _clear(site)
    told: list[str] = []
    with Connection(site.address) as client:
        client.send(case.frames())
        try:
            told.append(_told_http2(client.stream(1)))
            after = tuple((name, b"/after" if name == b":path" else at) for name, at in GET)
            client.send(headers(3, after, "END_STREAM"))
            assert client.stream(3).fields[":status"] == "200"
            told.append("open")
        except GoneAwayError as error:
            told.append(f"closed {error}".strip())
    return ", ".join(told)


def seen(endpoint: Recorder) -> bytes:
    """What an endpoint got, without what every request has and the tests of connections."""
    return _AFTER_SEEN.sub(b"", strip_own(endpoint.seen()))


def settle(site: Site, case: Case | Http2Case) -> bytes:
    """What the case's endpoint has once everything that will come has come.

    Raises AssertionError if the other one got anything.
    """
    to_public = isinstance(case, Case) and case.service == "public"
    mine, other = (site.public, site.web) if to_public else (site.web, site.public)
    if case.endpoint and not case.partial:
        with suppress(AssertionError):
            until(lambda: seen(mine) == case.endpoint, timeout=5)
    else:
        with Conversation(site.address) as later:  # What was before it, is before it there too.
            later.send(_AFTER)
            assert later.response().status == 200
    assert not seen(other)
    return seen(mine)


def _clear(site: Site) -> None:
    site.web.clear()
    site.public.clear()


def _told(response: Response) -> str:
    place = response.fields.get("location")
    return f"{response.status}" + (f" to {place}" if place else "")


def _told_http2(stream: Stream) -> str:
    return f"reset {stream.reset}" if stream.reset else stream.fields[":status"]


def _end(site: Site, client: Conversation, expected: str) -> str:
    if expected == "tunnel":
        return "tunnel" if client.exactly(len(READY)) == READY else "no tunnel"
    client.send(_AFTER)
    if expected == "closed":
        client.finish()
    try:
        answer = client.response()
    except ClosedError:
        return "closed" if b"GET /after" not in site.web.seen() else "closed late"
    return "open" if answer.body == b"web: GET /after HTTP/1.1" else f"desynchronised: {answer}"
