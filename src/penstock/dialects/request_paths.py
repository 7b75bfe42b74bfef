"""Paths that people write, as the proxy has them in requests: only like is like.

Before any rule sees a request, Envoy gives its path the canonical form of the URL standard:
some characters are percent-encoded, unreserved ones never are, slashes and dot segments are
plain.  A rule in another spelling would be there and never match.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

_KEPT: Final = "".join(c for c in map(chr, range(0x21, 0x7F)) if c not in '"<>^`{|}')
"""What needs no percent-encoding."""
_PLAIN: Final = re.compile(r"[!#-$&-;=?-\]_a-z~]*")
_UNRESERVED: Final = re.compile("%(?:2[dDeE]|3[0-9]|[46][1-9a-fA-F]|[57][0-9aA]|5[fF]|7[eE])")
"""RFC 3986, section 2.3."""
_NEVER: Final = re.compile(r"//|\\|%00|%2f|%5c|/\.{1,2}(?=[/;]|$)", re.IGNORECASE)


def as_requested(path: str) -> str:
    """The path as it stands in requests when rules are compared with it."""
    if _PLAIN.fullmatch(path):
        return path
    sent = quote(path, safe=_KEPT, errors="surrogatepass")
    return _UNRESERVED.sub(lambda found: chr(int(found[0][1:], 16)), sent)


def never_requested(path: str) -> str:
    """The part that no request's path has when rules are compared with it; empty if there is none.

    Dot segments, doubled and escaped slashes are resolved before.
    """
    found = _NEVER.search(path)
    return found[0] if found else ""
