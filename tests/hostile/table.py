"""The cases as the Markdown tables of docs/http.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hostile import cases_fields, cases_framing, cases_http2, cases_paths, cases_trust
from hostile.case import Case
from hostile.cases_http2 import Http2Case

Section = tuple[str, Sequence[Case | Http2Case]]

SECTIONS: Final[tuple[Section, ...]] = (
    *cases_framing.TABLES,
    *cases_fields.TABLES,
    *cases_paths.TABLES,
    *cases_trust.TABLES,
    *cases_http2.TABLES,
)
START: Final = "<!-- The tables below are written by tests/hostile (pytest --update-golden). -->\n"
_HOST: Final = b"Host: web.example"
_LONGEST: Final = 300


def markdown() -> str:
    """All sections."""
    return "\n".join(_section(title, cases) for title, cases in SECTIONS)


def _section(title: str, cases: Sequence[Case | Http2Case]) -> str:
    rows = "".join(_row(case) for case in cases)
    head = "| case | a client sends | answer | an endpoint gets |\n|---|---|---|---|\n"
    return f"## {title}\n\n{head}{rows}"


def _row(case: Case | Http2Case) -> str:
    sent = case.shown or (_fields(case) if isinstance(case, Http2Case) else _code(case.sent))
    name = case.name + (f" ({case.why})" if case.why else "")
    return f"| {name} | {sent} | {case.answer} | {_endpoint(case)} |\n"


def _endpoint(case: Case | Http2Case) -> str:
    if not case.endpoint:
        return "nothing"
    if len(case.endpoint) > _LONGEST:
        return "the same"
    to = "`public`: " if isinstance(case, Case) and case.service == "public" else ""
    return to + ("at most " if case.partial else "") + _code(case.endpoint)


def _fields(case: Http2Case) -> str:
    parts = [_fields_code(case.fields)]
    if case.body is not None:
        parts.append(f"body {_quoted(case.body)}")
    if case.trailers:
        parts.append(f"trailers {_fields_code(case.trailers)}")
    return ", ".join(parts)


_USUAL: Final = {b":scheme: http", b":authority: web.example", b":method: GET", b":path: /"}


def _fields_code(fields: Sequence[tuple[bytes, bytes]]) -> str:
    lines = [name + b": " + value for name, value in fields]
    missing = [f"no `{n.decode()}`" for n in _left_out(fields)]
    unusual = [_quoted(line) for line in lines if line not in _USUAL]
    return " ".join([*unusual, *missing]) or "`GET /`"


def _left_out(fields: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
    names = {name for name, _ in fields}
    pseudo = (b":method", b":scheme", b":authority", b":path")
    return [name for name in pseudo if name not in names] if names & set(pseudo) else []


def _code(message: bytes) -> str:
    """A message by lines, without the usual Host and the end of the head."""
    head, _, body = message.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    kept = [line for line in lines if line.lower() != _HOST.lower() or lines.count(line) > 1]
    told = " ".join(_quoted(line) for line in kept)
    return f"{told} body {_quoted(body)}" if body else told


def _quoted(text: bytes) -> str:
    r"""As code: `\r\n` and the like escaped, pipes so that the table survives."""
    shown = repr(text.decode("latin-1").encode("latin-1"))[2:-1].replace("\\'", "'")
    shown = shown.replace("|", "\\|") or " "
    return f"`` {shown} ``" if "`" in shown else f"`{shown}`"
