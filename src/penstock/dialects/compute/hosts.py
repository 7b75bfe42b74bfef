"""Hosts of host rules: exact, ``*`` in front of ``.`` or ``-``, or ``*``; each maybe with a port.

https://docs.cloud.google.com/load-balancing/docs/url-map-concepts
"""

from __future__ import annotations

import re
from typing import Final

from penstock.model import HostKind, HostPattern

_HOST: Final = re.compile(
    r"(?P<star>\*)?(?P<name>(?:[.-]?[a-z0-9_](?:[a-z0-9_.-]*)|\[[0-9a-f:.]+\])?)(?::(?P<port>\d{1,5}))?"
)


def read_host(text: str) -> HostPattern | None:
    """The pattern of a host; None if it is none."""
    found = _HOST.fullmatch(text.strip().lower())
    if found is None:
        return None
    name, port = found["name"], int(found["port"] or 0)
    if port > 65535 or (found["port"] and port == 0):
        return None
    if found["star"]:
        if not name:
            return HostPattern(HostKind.ANY, "", port)
        return HostPattern(HostKind.SUFFIX, name, port) if name[0] in ".-" else None
    if not name or name[0] in ".-":
        return None
    return HostPattern(HostKind.EXACT, name, port)
