"""One line of the table of docs/http.md: what a client sends and the one thing that happens."""

from __future__ import annotations

from dataclasses import dataclass

HOST = b"Host: web.example"


@dataclass(frozen=True, slots=True)
class Case:
    """What is sent on a fresh connection, the answer, and the endpoint's bytes."""

    name: str
    sent: bytes
    answer: str
    """Statuses in order, then whether the connection stays `open` or is `closed`:
    ``400, closed``; ``101, tunnel`` for a connection that changed its protocol."""
    endpoint: bytes = b""
    """All that endpoints got, without the lines that every request has (`judge.strip_own`);
    empty if nothing may reach one."""
    partial: bool = False
    """What is wrong shows in the body: the endpoint gets `endpoint`, a beginning of
    it or nothing, depending on how far the proxy had read, and then a closed connection."""
    why: str = ""
    service: str = "web"
    """Which endpoint gets it."""
    shown: str = ""
    """In place of what is sent, where that is too long to print."""


def request(
    target: bytes = b"/", *fields: bytes, method: bytes = b"GET", body: bytes = b""
) -> bytes:
    """A request to web.example; `fields` are whole lines."""
    lines = (method + b" " + target + b" HTTP/1.1", HOST, *fields)
    return b"\r\n".join((*lines, b"", body))


def raw(*lines: bytes, body: bytes = b"") -> bytes:
    """A request of just these lines."""
    return b"\r\n".join((*lines, b"", body))


def got(line: bytes, *fields: bytes, host: bytes = b"web.example", body: bytes = b"") -> bytes:
    """A request as the proxy writes it."""
    return raw(line, b"host: " + host, *fields, body=body)
