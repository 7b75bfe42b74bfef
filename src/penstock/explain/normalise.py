"""What the proxy makes of a path before any rule sees it.

Envoy does this in a fixed order (`ConnectionManagerUtility::maybeNormalizePath`):
escaped slashes, parameters of dot segments, the canonical form of the URL
standard (Chromium's code), doubled slashes.  Every step is modelled byte for
byte, odd corners included, and held against a real Envoy by the tests.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_ESCAPED_SLASH: Final = re.compile("%2f", re.IGNORECASE)
_ESCAPED_BACKSLASH: Final = re.compile("%5c", re.IGNORECASE)
_ESCAPE: Final = re.compile("%[0-9A-Fa-f]{2}")
_UNESCAPED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
"""Unreserved characters (RFC 3986, 2.3): never left percent-encoded."""
_ALWAYS_ESCAPED: Final = frozenset('"<>^`{|}')
_SLASHES: Final = "/\\"


class Step(NamedTuple):
    """One change."""

    what: str
    before: str
    after: str


class Normalised(NamedTuple):
    """A path as rules see it."""

    path: str
    steps: tuple[Step, ...]
    is_redirected: bool = False
    """It had escaped slashes: the client is sent to the plain form."""
    problem: str = ""
    """Why the proxy refuses it; `path` means nothing then."""


def normalise(path: str) -> Normalised:
    """Normalise a path without its query, which begins with ``/``."""
    steps: list[Step] = []
    unescaped = _noted(steps, "escaped slashes are unescaped", path, _unescape_slashes(path))
    is_redirected = unescaped != path
    plain = _noted(
        steps, "parameters of dot segments are dropped", unescaped, _plain_dots(unescaped)
    )
    canonical = _canonical(plain)
    if canonical is None:
        return Normalised(path, (), problem="the path has %00")
    _noted(steps, _canonical_words(plain), plain, canonical)
    merged = _noted(steps, "doubled slashes are merged", canonical, _merge_slashes(canonical))
    return Normalised(merged, tuple(steps), is_redirected)


def _noted(steps: list[Step], what: str, before: str, after: str) -> str:
    if before != after:
        steps.append(Step(what, before, after))
    return after


def _unescape_slashes(path: str) -> str:
    return _ESCAPED_BACKSLASH.sub(lambda _: "\\", _ESCAPED_SLASH.sub("/", path))


def _plain_dots(path: str) -> str:
    """``..;x`` is ``..`` to many servers, so it is to Envoy; only if the dots are plain."""
    segments = path.split("/")
    return "/".join(
        dots if (dots := segment.partition(";")[0]) in (".", "..") else segment
        for segment in segments
    )


def _canonical(path: str) -> str | None:
    """The canonical path of the URL standard, as Chromium has it; None if it is invalid."""
    out: list[str] = []
    i = 0
    while i < len(path):
        char = path[i]
        dot = _dot(path, i)
        if dot:
            i += _take_dot(path, i, dot, out)
        elif char == "%":
            escape = path[i : i + 3]
            if not _ESCAPE.fullmatch(escape):
                out.append("%")
                i += 1
                continue
            meant = chr(int(escape[1:], 16))
            if meant == "\0":
                return None
            out.extend(meant if meant in _UNESCAPED else escape)
            i += 3
        else:
            out.extend(_written(char))
            i += 1
    return "".join(out)


def _written(char: str) -> str:
    if char == "\\":
        return "/"
    return f"%{ord(char):02X}" if char in _ALWAYS_ESCAPED else char


def _dot(path: str, at: int) -> int:
    """How many characters write a dot there, plain or escaped; 0 if there is none."""
    if path[at : at + 1] == ".":
        return 1
    return 3 if path[at : at + 3].lower() == "%2e" else 0


def _take_dot(path: str, at: int, length: int, out: list[str]) -> int:
    """Handle a dot; how many characters were used up."""
    if not (out and out[-1] == "/"):
        out.append(".")
        return length
    after = at + length
    if after == len(path):
        return length
    if path[after] in _SLASHES:
        return length + 1
    second = _dot(path, after)
    end = after + second
    if second and (end == len(path) or path[end] in _SLASHES):
        _up(out)
        return length + second + (end < len(path))
    out.append(".")
    return length


def _up(out: list[str]) -> None:
    """Drop the last segment, but never the first slash."""
    if len(out) == 1:
        return
    out.pop()
    while len(out) > 1 and out[-1] != "/":
        out.pop()


def _merge_slashes(path: str) -> str:
    """Envoy's own way, by which a path of slashes only becomes ``//``."""
    if "//" not in path:
        return path
    inner = "/".join(part for part in path.split("/") if part)
    return f"/{inner}{'/' if path.endswith('/') else ''}"


def _canonical_words(path: str) -> str:
    """What makes the path other than canonical."""
    words = []
    if re.search(r"(?i)[/\\](\.|%2e){1,2}([/\\]|$)", path):
        words.append("dot segments are resolved")
    if "\\" in path:
        words.append("backslashes are slashes")
    if any(chr(int(code[1:], 16)) in _UNESCAPED for code in _ESCAPE.findall(path)):
        words.append("needless percent-encodings are undone")
    if not _ALWAYS_ESCAPED.isdisjoint(path):
        words.append("characters that URLs do not have are percent-encoded")
    return ", ".join(words) or "the path is made canonical"
