"""Path templates: ``/users/{id}/*/{rest=**}``.

A segment is literal, ``*`` (one segment), ``**`` (any number, the last operator)
or a variable: ``{name}`` and ``{name=*}`` stand for one segment, ``{name=**}`` for
any number, ``{name=videos/*}`` for a part with operators of its own.  At most five
operators, wildcards and variables together; after the last one a literal may
follow (``/**.mpd``).  This is what both the API's reference and Envoy's URI
templates say.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

MOST_OPERATORS = 5
LONGEST = 1024
_LONGEST_NAME = 16
_LITERAL = re.compile(r"[a-zA-Z0-9\-._~%!$&'()+,;:@]+", re.ASCII)
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*", re.ASCII)
_PIECE = re.compile(r"(?P<variable>\{[^{}]*\})|(?P<glob>\*\*?)|(?P<text>[^{}*]+)")
_REWRITE = re.compile(r"[a-zA-Z0-9\-._~%!$&'()+,;:@/]*", re.ASCII)


class _BadTemplateError(ValueError):
    """A reason, as a whole sentence."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template as understood."""

    variables: tuple[str, ...] = ()
    error: str = ""
    """Why it is none, as a whole sentence; empty for a good one."""


@functools.lru_cache(maxsize=4096)
def parse_template(text: str) -> Template:
    """Understand the template of a match."""
    try:
        return Template(_variables(text))
    except _BadTemplateError as error:
        return Template((), str(error))


def _variables(text: str) -> tuple[str, ...]:
    if not 1 <= len(text) <= LONGEST:
        raise _BadTemplateError(f"Must be from 1 to {LONGEST} characters.")
    if not text.startswith("/"):
        raise _BadTemplateError("Must start with a slash.")
    pieces = list(_pieces(text))
    operators = [piece for piece in pieces if not piece.group("text")]
    if len(operators) > MOST_OPERATORS:
        raise _BadTemplateError(f"At most {MOST_OPERATORS} operators (variables or wildcards).")
    names = [_variable(piece.group()) for piece in operators if piece.group("variable")]
    _segments(pieces)
    for piece in operators[:-1]:
        if "**" in piece.group():
            raise _BadTemplateError("`**` must be the last operator.")
    for name in names:
        if names.count(name) > 1:
            raise _BadTemplateError(f"The variable `{name}` is there twice.")
    return tuple(names)


def _pieces(text: str) -> list[re.Match[str]]:
    pieces, at = [], 0
    while at < len(text):
        piece = _PIECE.match(text, at)
        if piece is None:
            raise _BadTemplateError("A brace is never closed, or never opened.")
        pieces.append(piece)
        at = piece.end()
    return pieces


def _segments(pieces: list[re.Match[str]]) -> None:
    """Operators stand between slashes; only the last one may be followed by a literal."""
    last = max((i for i, piece in enumerate(pieces) if not piece.group("text")), default=-1)
    for index, piece in enumerate(pieces):
        if piece.group("text"):
            _literals(piece.group(), index == last + 1 and index > 0)
            continue
        before = pieces[index - 1].group() if index else ""
        if not before.endswith("/"):
            raise _BadTemplateError("A wildcard or variable must follow a slash.")
        after = pieces[index + 1].group() if index + 1 < len(pieces) else "/"
        if index != last and not after.startswith("/"):
            raise _BadTemplateError("A slash must follow a wildcard or variable but the last.")


def _literals(text: str, after_last: bool) -> None:
    if not text.startswith("/"):
        if not after_last:
            raise _BadTemplateError("A literal must follow a slash.")
        if "/" in text:
            raise _BadTemplateError("A literal that follows a wildcard at once must end the path.")
    segments = text.removeprefix("/").split("/")
    if not all(segments[:-1]):
        raise _BadTemplateError("A segment must not be empty.")
    for segment in segments:
        if segment and not _LITERAL.fullmatch(segment):
            raise _BadTemplateError(f"`{segment[:40]}` has a character that no path may have.")


def _variable(text: str) -> str:
    name, equals, pattern = text[1:-1].partition("=")
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise _BadTemplateError(
            f"`{name[:40]}` is no name of a variable: a letter, then letters, digits and "
            f"underscores, at most {_LONGEST_NAME} characters."
        )
    if equals:
        segments = pattern.split("/")
        for index, segment in enumerate(segments):
            wild = segment == "*" or (segment == "**" and index == len(segments) - 1)
            if not wild and not _LITERAL.fullmatch(segment):
                raise _BadTemplateError(f"`{text[:40]}` has a bad pattern after `=`.")
    return name


def bad_rewrite(text: str, variables: tuple[str, ...]) -> str | None:
    """Why a text cannot rewrite what a template with these variables matched."""
    if not 1 <= len(text) <= LONGEST:
        return f"Must be from 1 to {LONGEST} characters."
    if not text.startswith("/"):
        return "Must start with a slash."
    for piece in re.split(r"(\{[^{}]*\})", text):
        if piece.startswith("{") and piece.endswith("}"):
            if piece[1:-1] not in variables:
                return f"The variable {piece[:40]} is not in pathTemplateMatch."
        elif not _REWRITE.fullmatch(piece):
            return "It has a character that no path may have."
    return None
